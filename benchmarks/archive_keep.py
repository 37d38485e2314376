"""How long the archive takes to keep a still, on the disk that it is given.

    python benchmarks/archive_keep.py FOLDER [--each 60]

A camera's JPEG of 12 megapixels and about 4 MB, and 12 megapixels without a file, which become a PNG. Beside `keep`,
what of it remains once the photograph was staged (`stage`, then `keep_staged`), which is what a verdict waits for when
the networks judge meanwhile. FOLDER should lie on the disk in question; what is written there is removed afterwards.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.archive.photograph_file import photograph_file
from fundusgate.archive.record import CaptureDraft, ModelUsed
from fundusgate.archive.store import Archive
from fundusgate.device.cameras.base import Frame, Original
from fundusgate.phantom import render
from fundusgate.runtime.gate.events import Outcome, Trigger

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH, HEIGHT = 4000, 3000
NOISE = 2.0
"""Standard deviation of a sensor's noise, grey levels: it decides how large a file without loss becomes."""


def draft() -> CaptureDraft:
    """A draft with everything that a record holds, the map too."""
    assessment = {
        "verdict": "accept",
        "score": 81.25,
        "map": [[0.0312] * 16 for _ in range(16)],
        "causes": [{"code": "FOCUS", "severity": 0.1}],
        "prompt": "",
    }
    network = ModelUsed(name="efiqa-cp-edge", version="1", sha256="a" * 64)
    return CaptureDraft(
        taken_at=datetime.now(timezone.utc),
        outcome=Outcome.ACCEPTED,
        trigger=Trigger.OPERATOR,
        attempt=1,
        camera="benchmark",
        assessment=assessment,
        models=(network, network),
        bundle_sha256="b" * 64,
    )


def as_jpeg(bgr: NDArray[np.uint8], quality: int) -> bytes:
    """The file that a camera would give."""
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def stills() -> dict[str, Frame]:
    """The two kinds of still, of a drawn eye with noise."""
    small = render(seed=7, size=1000).rgb
    pixels = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    pixels += np.random.default_rng(0).normal(0, NOISE, pixels.shape).astype(np.float32)
    rgb = np.clip(pixels, 0, 255).astype(np.uint8)
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    jpeg = next(data for quality in range(99, 60, -1) if len(data := as_jpeg(bgr, quality)) < 4_200_000)
    return {
        "JPEG of the camera": Frame(rgb, 0.0, 0, original=Original(jpeg, ".jpg")),
        "pixels, written as PNG": Frame(rgb, 0.0, 0),
    }


def line(name: str, seconds: list[float]) -> str:
    """One row of the table, milliseconds."""
    figures = (np.median(seconds), np.percentile(seconds, 90), np.percentile(seconds, 99), max(seconds))
    return f"| {name} | " + " | ".join(f"{1000 * figure:.0f}" for figure in figures) + " |"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", type=int, default=60, help="stills of each kind")
    arguments = parser.parse_args()
    root = Path(tempfile.mkdtemp(dir=arguments.folder))
    print("| ms | p50 | p90 | p99 | max |\n|---|---|---|---|---|")
    try:
        with Archive.open(root / "archive") as archive:
            for name, frame in stills().items():
                times: dict[str, list[float]] = {"keep": [], "stage": [], "keep_staged": []}
                started = time.process_time()
                size = len(photograph_file(frame).data)
                busy = time.process_time() - started
                for _ in range(arguments.each):
                    start = time.perf_counter()
                    archive.keep(draft(), frame)
                    kept = time.perf_counter()
                    staged = archive.stage(frame)
                    ready = time.perf_counter()
                    archive.keep_staged(draft(), staged)
                    done = time.perf_counter()
                    marks = (start, kept, ready, done)
                    for part, (before, after) in zip(times, itertools.pairwise(marks), strict=True):
                        times[part].append(after - before)
                for part, seconds in times.items():
                    print(line(f"{name} ({size / 1e6:.1f} MB): `{part}`", seconds))
                print(f"| of which the processor encodes | {1000 * busy:.0f} | | | |")
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
