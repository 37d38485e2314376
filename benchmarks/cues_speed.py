"""How long the cues take beside an earlier version of theirs, and how far their figures lie apart.

    python benchmarks/cues_speed.py PHOTOGRAPHS [--before REVISION] [--photographs 24] [--rounds 8]

The earlier cues are taken out of this repository's history and run in the same process, photograph by photograph in
turn, on one thread. Processor time is told beside the wall's: on a busy machine only the first says something.
"""

from __future__ import annotations

import argparse
import importlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from causes.cases import flat

from fundusgate.runtime.cues import measure_cues
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.field_cut import visible_field
from fundusgate.runtime.photograph import read_photograph
from fundusgate.runtime.preprocessing import frame_disc
from fundusgate.training.photographs import read_records

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fundusgate.runtime.cues import Cues

    Measure = Callable[[NDArray[np.uint8], NDArray[np.bool_]], Cues]

BEFORE = "308ca46"
"""The last revision before the cues were made quicker."""
ROOM = "fundusgate/runtime/cues"


def earlier(revision: str, folder: Path) -> Measure:
    """The cues of a revision as a package of its own name."""
    here = Path(__file__).resolve().parent.parent
    listed = subprocess.run(
        ["git", "-C", here, "ls-tree", "--name-only", f"{revision}:{ROOM}"], capture_output=True, text=True, check=True
    )
    (folder / "cues_before").mkdir()
    for name in listed.stdout.split():
        text = subprocess.run(
            ["git", "-C", here, "show", f"{revision}:{ROOM}/{name}"], capture_output=True, text=True, check=True
        ).stdout
        (folder / "cues_before" / name).write_text(text.replace("fundusgate.runtime.cues", "cues_before"))
    sys.path.insert(0, str(folder))
    measure: Measure = importlib.import_module("cues_before").measure_cues
    return measure


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--before", default=BEFORE, help="revision whose cues are the earlier ones")
    parser.add_argument("--count", type=int, default=24, help="photographs")
    parser.add_argument("--rounds", type=int, default=8)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    records = random.Random(4).sample(read_records(given.photographs), given.count)
    frames = []
    for record in records:
        rgb = read_photograph(record.path)
        framed = frame_disc(rgb, find_disc(rgb), 512)
        frames.append((framed.rgb, visible_field(framed.rgb, framed.inside)))
    with tempfile.TemporaryDirectory() as folder:
        ways: dict[str, Measure] = {"before": earlier(given.before, Path(folder)), "now": measure_cues}
        wall: dict[str, list[float]] = {name: [] for name in ways}
        processor: dict[str, list[float]] = {name: [] for name in ways}
        apart: dict[str, float] = {}
        for turn in range(given.rounds):
            for frame in frames:
                told = {}
                for name, measure in sorted(ways.items(), reverse=bool(turn % 2)):
                    began, ran = time.perf_counter(), time.thread_time()
                    told[name] = flat(measure(*frame))
                    if turn:  # the first round warms up
                        wall[name].append(1e3 * (time.perf_counter() - began))
                        processor[name].append(1e3 * (time.thread_time() - ran))
                for figure, value in told["before"].items():
                    if np.isfinite(value):
                        apart[figure] = max(apart.get(figure, 0.0), abs(value - told["now"][figure]))
    for kind, samples in (("wall", wall), ("processor", processor)):
        before, now = (statistics.median(samples[name]) for name in ("before", "now"))
        ratio = statistics.median(one / other for one, other in zip(samples["now"], samples["before"], strict=True))
        print(f"{kind:10} before {before:6.2f} ms   now {now:6.2f} ms   median of the ratios {ratio:.3f}")
    farthest = sorted(apart.items(), key=lambda item: -item[1])[:6]
    print("largest differences of a figure:", ", ".join(f"{name} {value:.2g}" for name, value in farthest))


if __name__ == "__main__":
    main()
