"""Which labelled photographs a bundle judges against their label: counts, a line each, and a sheet to look at.

    python benchmarks/failures_on_photographs.py PHOTOGRAPHS [--bundle DIR] [--each 60] [--sheet FILE.png]

PHOTOGRAPHS holds labels.csv. A failure is a reject that passes or a good photograph that does not. The sheet shows
photographs: it is for whoever may see them, and never part of this repository. What is learnt from it is described in
docs/failures.md.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from choice.groups import at_most, real_items
from gallery.failures import PASSING, Rate
from rich.console import Console
from rich.progress import track

from fundusgate.phantom.contact_sheet import grid, tile
from fundusgate.runtime import Assessor, AssessorError
from fundusgate.runtime.bundle import BundleError
from fundusgate.training.photographs import LabelsError, Quality

if TYPE_CHECKING:
    from numpy.typing import NDArray

BY_EYE = Path(__file__).parent / "data" / "by_eye.csv"
SIDE, COLUMNS = 200, 6


def main() -> None:
    """Judge, count, list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--bundle", type=Path, help="the shipped one unless given")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--each", type=int, default=60, help="of each group and label at most")
    parser.add_argument("--assume-good", action="append", help="source without labels; srahim, diaretdb1 if none")
    parser.add_argument("--sheet", type=Path)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    assumed = tuple(given.assume_good or ("srahim", "diaretdb1"))
    tiles: list[NDArray[np.uint8]] = []
    counts: Counter[tuple[str, Quality]] = Counter()
    wrong: Counter[tuple[str, Quality]] = Counter()
    try:
        items = [item for item in real_items(given.photographs, BY_EYE, assumed) if item.quality is not Quality.USABLE]
        chosen = list(at_most(items, given.each))
        with Assessor.open(given.bundle, precision=given.precision, threads=1, backend="cpu") as assessor:
            for item in track(chosen, "judging", console=Console(stderr=True)):
                rgb = item.pixels()
                said = assessor.assess(rgb)
                counts[item.group, item.quality] += 1
                if (said.verdict in PASSING) == (item.quality is Quality.GOOD):
                    continue
                wrong[item.group, item.quality] += 1
                main = "" if said.main is None else said.main.value
                told = f"score {said.score:.0f}, map {said.degraded_fraction:.0%} degraded"
                print(f"{item.quality.value}, {item.name}: {said.verdict.value} {main}, {told}", flush=True)
                square = np.asarray(cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
                tiles.append(tile(square, SIDE, f"{item.quality.value} {said.score:.0f} {main}"))
    except (AssessorError, BundleError, LabelsError) as error:
        sys.exit(f"not judged: {error}")
    for (group, quality), of in counts.items():
        what = "kept" if quality is Quality.REJECT else "refused"
        print(Rate(group, wrong[group, quality], of).told(), f"{quality.value} {what}, {group}", sep="  ")
    if given.sheet is not None and tiles:
        cv2.imwrite(str(given.sheet), grid(tiles, COLUMNS)[..., ::-1])


if __name__ == "__main__":
    main()
