"""How quickly a photograph is looked at, beside an earlier revision: same results, and the ratio of the times.

```sh
python benchmarks/looking_speed.py PHOTOGRAPHS --against REVISION              # as they are, and enlarged
python benchmarks/looking_speed.py PHOTOGRAPHS --against REVISION --each 20 --longer 0,1024
python benchmarks/looking_speed.py phantom --against REVISION                  # no photographs at hand
```

The other revision's `fundusgate.runtime` is taken out of git and imported beside this one. Each picture is given to
both in turn, each coming first every other time; the disc, the framed squares and their masks must be equal to the
last bit, or the exit code is 1.
Processor time is told beside wall time: on a machine with other work the former is steadier.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
SIZES = (512, 384)
"""Of the shipped networks' inputs."""


@dataclass(frozen=True)
class Looking:
    """One revision's functions."""

    find_disc: Callable[[NDArray[np.uint8]], Any]
    frame_disc: Callable[[NDArray[np.uint8], Any, int], Any]

    def frames(self, rgb: NDArray[np.uint8], disc: Any) -> list[Any]:  # noqa: ANN401 - of either revision
        """The disc framed for each network."""
        return [self.frame_disc(rgb, disc, size) for size in SIZES]


@dataclass
class Times:
    """Milliseconds of each picture: wall and processor, before and now."""

    before: list[tuple[float, float]] = field(default_factory=list)
    now: list[tuple[float, float]] = field(default_factory=list)

    def ratio(self, which: int) -> float:
        """The median of now over before; 0 is wall time, 1 the processors'."""
        return statistics.median(
            now[which] / before[which] for now, before in zip(self.now, self.before, strict=True) if before[which] > 0
        )

    def figures(self) -> dict[str, float]:
        """Medians, milliseconds, and the ratios."""
        return {
            "before_ms": statistics.median(wall for wall, _ in self.before),
            "now_ms": statistics.median(wall for wall, _ in self.now),
            "wall": self.ratio(0),
            "processor": self.ratio(1),
        }


def imported(folder: Path) -> Looking:
    """The functions of the package below a folder; what was imported before stays what it is."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "fundusgate"}
    sys.path.insert(0, str(folder))
    try:
        disc, framing = import_module("fundusgate.runtime.disc"), import_module("fundusgate.runtime.preprocessing")
        assert disc.__file__ is not None
        if not Path(disc.__file__).is_relative_to(folder):
            raise SystemExit(f"fundusgate was imported from {disc.__file__}, not from {folder}")
        return Looking(disc.find_disc, framing.frame_disc)
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.split(".")[0] == "fundusgate"]:
            del sys.modules[name]
        sys.modules.update(kept)


def unpack(revision: str, into: Path) -> None:
    """What the functions import, as it was."""
    command = ["git", "-C", str(ROOT), "archive", revision, "fundusgate/__init__.py", "fundusgate/codes.py"]
    packed = subprocess.run([*command, "fundusgate/runtime", "fundusgate/device"], check=True, stdout=subprocess.PIPE)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(into, filter="data")


def photographs(folder: Path, each: int, longer: list[int]) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Evenly chosen ones of each source, as they are (0) and with each longer side."""
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for source in sorted({row["source"] for row in rows}):
        own = [row for row in rows if row["source"] == source]
        for row in own[:: max(1, len(own) // each)][:each]:
            with Image.open(folder / row["file"]) as image:
                pixels = np.asarray(image.convert("RGB"))
            for side in longer:
                yield f"{row['file']} at {side or max(pixels.shape)}", enlarged(pixels, side)


def phantoms(each: int, longer: list[int]) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Phantom photographs."""
    from fundusgate.phantom import render

    for seed in range(each):
        pixels = render(seed, size=512).rgb
        for side in longer:
            yield f"phantom {seed} at {side or 512}", enlarged(pixels, side)


def enlarged(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """With this longer side, pixels; as it is for 0."""
    if side == 0:
        return pixels
    scale = side / max(pixels.shape[:2])
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def timed(call: Callable[[], Any]) -> tuple[Any, tuple[float, float]]:
    """What a call gives, and its milliseconds."""
    wall, processor = time.perf_counter(), time.process_time()
    result = call()
    return result, (1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - processor))


def in_turn(now: Callable[[], Any], before: Callable[[], Any], times: Times, first: bool) -> tuple[Any, Any]:
    """Both results."""
    if first:
        new, took = timed(now)
        old, took_before = timed(before)
    else:
        old, took_before = timed(before)
        new, took = timed(now)
    times.now.append(took)
    times.before.append(took_before)
    return new, old


def main() -> int:
    """Compare, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", help="folder with labels.csv, or `phantom`")
    parser.add_argument("--against", required=True, metavar="REVISION", help="of git")
    parser.add_argument("--each", type=int, default=60, help="photographs of each source")
    parser.add_argument("--longer", default="0,1024,3000", help="longer sides in pixels; 0 is as it is")
    parser.add_argument("--threads", type=int, default=1, help="of OpenCV")
    parser.add_argument("--json", type=Path, help="where every time is written")
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    longer = [int(side) for side in options.longer.split(",")]
    times: dict[str, Times] = {}
    unequal, count = [], 0
    with tempfile.TemporaryDirectory() as folder:
        unpack(options.against, Path(folder))
        now, before = imported(ROOT), imported(Path(folder))
        if options.photographs == "phantom":
            pictures = phantoms(options.each, longer)
        else:
            pictures = photographs(Path(options.photographs), options.each, longer)
        for count, (name, rgb) in enumerate(pictures, start=1):
            first, side = bool(count % 2), name.rsplit(" at ", 1)[1]
            sort = f"{side} px" if int(side) in longer else "as they are"
            found, expected = in_turn(
                partial(now.find_disc, rgb),
                partial(before.find_disc, rgb),
                times.setdefault(f"disc, {sort}", Times()),
                first,
            )
            same = vars(found) == vars(expected)
            framed, wanted = in_turn(
                partial(now.frames, rgb, found),
                partial(before.frames, rgb, found),
                times.setdefault(f"framing for both networks, {sort}", Times()),
                first,
            )
            for one, other in zip(framed, wanted, strict=True):
                same &= np.array_equal(one.rgb, other.rgb) and np.array_equal(one.inside, other.inside)
                same &= one.box == other.box
            if not same:
                unequal.append(name)
    figures = {sort: each.figures() for sort, each in times.items()}
    for sort, each in figures.items():
        print(
            f"{sort}: {each['before_ms']:.2f} -> {each['now_ms']:.2f} ms,"
            f" {each['wall']:.2f} of the time (processor time {each['processor']:.2f})"
        )
    print(
        f"{count} pictures, {len(unequal)} not equal to the last bit{': ' if unequal else ''}{', '.join(unequal[:9])}"
    )
    if options.json:
        record = {"against": options.against, "threads": options.threads, "figures": figures, "unequal": unequal}
        options.json.write_text(json.dumps({**record, "times": {sort: vars(each) for sort, each in times.items()}}))
    return 1 if unequal else 0


if __name__ == "__main__":
    raise SystemExit(main())
