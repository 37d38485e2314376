"""What OpenCV's lossless encodings of a 12-megapixel still cost: processor time and size.

    python benchmarks/archive_encodings.py

Processor time of one thread, the least of three; the row that the archive uses is marked.
"""

from __future__ import annotations

import time

import cv2
from archive_keep import stills

from fundusgate.archive.photograph_file import PNG_SETTINGS

LEVEL, STRATEGY, FILTER = cv2.IMWRITE_PNG_COMPRESSION, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_FILTER
TIFF = cv2.IMWRITE_TIFF_COMPRESSION
ENCODINGS: dict[str, tuple[str, list[int]]] = {
    "PNG, not compressed": (".png", [LEVEL, 0]),
    "PNG, level 1": (".png", [LEVEL, 1]),
    "PNG, level 3": (".png", [LEVEL, 3]),
    "PNG, run lengths": (".png", [LEVEL, 1, STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]),
    "PNG, Huffman only": (".png", [LEVEL, 1, STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY]),
    "PNG, Huffman only, one filter (the archive's)": (".png", PNG_SETTINGS),
    "TIFF, not compressed": (".tiff", [TIFF, cv2.IMWRITE_TIFF_COMPRESSION_NONE]),
    "TIFF, LZW": (".tiff", [TIFF, cv2.IMWRITE_TIFF_COMPRESSION_LZW]),
    "WebP, lossless": (".webp", [cv2.IMWRITE_WEBP_QUALITY, 101]),
}


def main() -> None:
    """Measure and print the table."""
    cv2.setNumThreads(1)
    bgr = cv2.cvtColor(stills()["pixels, written as PNG"].pixels, cv2.COLOR_RGB2BGR)
    print("| encoding | processor time, ms | MB |\n|---|---|---|")
    for name, (suffix, settings) in ENCODINGS.items():
        times = []
        for _ in range(3):
            start = time.process_time()
            size = cv2.imencode(suffix, bgr, settings)[1].size
            times.append(time.process_time() - start)
        print(f"| {name} | {1000 * min(times):.0f} | {size / 1e6:.1f} |", flush=True)


if __name__ == "__main__":
    main()
