"""The worst failures of a bundle on the phantom, whose truth is exact: a sheet for the docs and a list beside it.

    python benchmarks/failure_gallery.py [--bundle DIR] [--precision auto] [--eyes 10] [--docs docs]

Writes docs/images/failures.jpg and the part of docs/failures.md between its two markers; the words around it stay.
Run it again for new weights: that is all.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
from gallery.cases import cases
from gallery.failures import Judged, Kind, judge, rates, worst, worst_causes
from gallery.sheet import as_jpeg, sheet_of
from rich.console import Console
from rich.progress import track

from fundusgate.runtime import Assessor, AssessorError
from fundusgate.runtime.bundle import BundleError

if TYPE_CHECKING:
    from gallery.cases import Case

BEGIN, END = "<!-- gallery: made by benchmarks/failure_gallery.py -->", "<!-- end of gallery -->"
LARGEST = 240_000
SHOWN = {Kind.NO_RETINA_KEPT: 3, Kind.KEPT: 6, Kind.REFUSED: 5, Kind.MAP: 4, Kind.CAUSE: 2}


def options() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, help="the shipped one unless given")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--eyes", type=int, default=10, help="phantom eyes, 53 pictures each")
    parser.add_argument("--docs", type=Path, default=Path(__file__).parents[1] / "docs")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def text_of(judged: list[Judged], failures: list[Judged], running: str) -> str:
    """The part of the document that is made: rates, causes, and the sheet with a line a failure."""
    lines = [running, "", "| on the phantom | |", "|---|---|"]
    lines += [f"| {rate.name} | {rate.told()} |" for rate in rates(judged)]
    lines += ["", "Faults that are refused under another name, the worst first: "]
    lines[-1] += ", ".join(f"{code.value} {rate.hits} of {rate.of}" for code, rate in worst_causes(judged)) + "."
    if failures:
        lines += ["", "![The worst failures on the phantom: each picture beside its map](images/failures.jpg)", ""]
        lines += [
            "Left the picture, what is truly hidden outlined in green; right the map, white where it says degraded."
        ]
        for kind in SHOWN:
            found = [each for each in failures if each.kind is kind]
            lines += ["", f"**{kind.value[0].upper()}{kind.value[1:]}**", ""] if found else []
            lines += [f"- {each.told()}" for each in found]
    return "\n".join(lines)


def put(document: Path, made: str) -> None:
    """Replace what lies between the markers.

    Raises:
        ValueError: They are not there.
    """
    text = document.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise ValueError(f"{document} lacks the markers {BEGIN} and {END}")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    document.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Judge, rank, draw, write."""
    given = options()
    cv2.setNumThreads(1)
    try:
        with Assessor.open(given.bundle, precision=given.precision, threads=1, backend="cpu") as assessor:
            versions = ", ".join(f"{network.name} {network.version}" for network in assessor.networks)
            running = f"{versions}; {assessor.precision}; {given.eyes} eyes."
            every: list[Case] = list(cases(given.eyes))
            judged = judge(assessor, track(every, "judging", console=Console(stderr=True)))
    except (AssessorError, BundleError) as error:
        sys.exit(f"not judged: {error}")
    failures = worst(judged, SHOWN)
    for rate in rates(judged):
        print(f"{rate.name:<72} {rate.told()}")
    if failures:
        picture = given.docs / "images" / "failures.jpg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_bytes(as_jpeg(sheet_of(failures), LARGEST))
    put(given.docs / "failures.md", text_of(judged, failures, running))
    if given.json is not None:
        kept = {rate.name: [rate.hits, rate.of] for rate in rates(judged)}
        given.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
