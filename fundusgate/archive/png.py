"""Twelve megapixels as PNG on every processor at once: what a verdict waits for where a camera gives pixels alone.

PNG's pixels are one zlib stream, but deflate may be flushed between rows, and what follows needs nothing of what came
before: pieces are compressed apart and put one behind the other, as pigz does (RFC 1950, RFC 1951; PNG, ISO/IEC 15948).
Without loss, as quick as OpenCV's quickest on one processor, and as many times quicker as there are processors
(`benchmarks/archive_encodings.py`). A search for repeats would take twice the time and find none in a photograph with a
sensor's noise: codes for the differences between neighbours (filter "Sub", Huffman's codes alone) are all that helps.
"""

from __future__ import annotations

import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.backends.processors import usable_processors

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIECE = 2**20
"""Bytes of pixels that are compressed as one piece, about: small enough to go round, large enough to cost nothing."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SUB = 1
_RGB = 2
_ZLIB_HEADER = b"\x78\x01"


def png_of(rgb: NDArray[np.uint8], processors: int | None = None) -> bytes:
    """A photograph as a PNG file.

    Args:
        rgb: H x W x 3 uint8, RGB.
        processors: that work at it, 1 and up; None for every one that this process may use.

    Raises:
        ValueError: it is no such photograph, or has no pixel.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or rgb.size == 0:
        raise ValueError(f"a photograph is H x W x 3 uint8 RGB, not {rgb.shape} {rgb.dtype}")
    height, width = rgb.shape[:2]
    rows = max(1, PIECE // (3 * width))
    starts = range(0, height, rows)
    with ThreadPoolExecutor(usable_processors() if processors is None else processors) as pool:
        pieces = pool.map(lambda start: _piece(rgb[start : start + rows], last=start + rows >= height), starts)
        chunks = [_SIGNATURE, _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _RGB, 0, 0, 0))]
        chunks.append(_chunk(b"IDAT", _ZLIB_HEADER))
        checksum = 1
        for data, own_checksum, length in pieces:
            chunks.append(_chunk(b"IDAT", data))
            checksum = _joined(checksum, own_checksum, length)
    return b"".join([*chunks, _chunk(b"IDAT", struct.pack(">I", checksum)), _chunk(b"IEND", b"")])


def _piece(rgb: NDArray[np.uint8], *, last: bool) -> tuple[bytes, int, int]:
    """Rows as deflated bytes, and the Adler-32 and number of the bytes before."""
    flat = np.ascontiguousarray(rgb).reshape(len(rgb), -1)
    filtered = np.empty((flat.shape[0], 1 + flat.shape[1]), dtype=np.uint8)
    filtered[:, 0] = _SUB
    filtered[:, 1:4] = flat[:, :3]
    np.subtract(flat[:, 3:], flat[:, :-3], out=filtered[:, 4:])
    compressor = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_HUFFMAN_ONLY)
    data = compressor.compress(filtered.data) + compressor.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)
    return data, zlib.adler32(filtered.data), filtered.size


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _joined(first: int, second: int, length: int) -> int:
    """The Adler-32 of two runs of bytes, of which the second has this length (RFC 1950, section 8)."""
    base = 65521
    low, high = first & 0xFFFF, first >> 16
    # of the second run each byte's place is `length` further on, and its sum began at the first one's instead of at 1
    joined_low = (low + (second & 0xFFFF) - 1) % base
    joined_high = (high + (second >> 16) + length * (low - 1)) % base
    return joined_high << 16 | joined_low
