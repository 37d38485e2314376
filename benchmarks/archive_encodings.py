"""What lossless encodings of a 12-megapixel still cost: processor time, time until it is there, and size.

    python benchmarks/archive_encodings.py

OpenCV with one thread; the least of three; the row that the archive uses is marked.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import cv2
from archive_keep import stills

from fundusgate.archive.png import png_of
from fundusgate.runtime.backends.processors import usable_processors

if TYPE_CHECKING:
    from collections.abc import Callable

LEVEL, STRATEGY, FILTER = cv2.IMWRITE_PNG_COMPRESSION, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_FILTER
QUICKEST = [LEVEL, 1, STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY]
if hasattr(cv2, "IMWRITE_PNG_FILTER"):  # from OpenCV 4.12 on; before, this filter was the only one
    QUICKEST += [FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
TIFF = cv2.IMWRITE_TIFF_COMPRESSION
ENCODINGS: dict[str, tuple[str, list[int]]] = {
    "PNG, not compressed": (".png", [LEVEL, 0]),
    "PNG, level 1": (".png", [LEVEL, 1]),
    "PNG, level 3": (".png", [LEVEL, 3]),
    "PNG, run lengths": (".png", [LEVEL, 1, STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]),
    "PNG, Huffman only": (".png", [LEVEL, 1, STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY]),
    "PNG, Huffman only, one filter": (".png", QUICKEST),
    "TIFF, not compressed": (".tiff", [TIFF, cv2.IMWRITE_TIFF_COMPRESSION_NONE]),
    "TIFF, LZW": (".tiff", [TIFF, cv2.IMWRITE_TIFF_COMPRESSION_LZW]),
    "WebP, lossless": (".webp", [cv2.IMWRITE_WEBP_QUALITY, 101]),
}


def main() -> None:
    """Measure and print the table."""
    cv2.setNumThreads(1)
    rgb = stills()["pixels, written as PNG"].pixels
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    ways: dict[str, Callable[[], int]] = {
        name: partial(lambda suffix, settings: cv2.imencode(suffix, bgr, settings)[1].size, *how)
        for name, how in ENCODINGS.items()
    }
    for processors in sorted({1, usable_processors()}):
        ways[f"PNG, in pieces, {processors} processors (the archive's)"] = partial(
            lambda processors: len(png_of(rgb, processors)), processors
        )
    print("| encoding | processor time, ms | until it is there, ms | MB |\n|---|---|---|---|")
    for name, way in ways.items():
        times, walls = [], []
        for _ in range(3):
            start, began = time.process_time(), time.perf_counter()
            size = way()
            times.append(time.process_time() - start)
            walls.append(time.perf_counter() - began)
        print(f"| {name} | {1000 * min(times):.0f} | {1000 * min(walls):.0f} | {size / 1e6:.1f} |", flush=True)


if __name__ == "__main__":
    main()
