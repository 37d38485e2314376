"""The bytes of a photograph's file: as the camera gave them, or the pixels without loss."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import cv2

from fundusgate.archive.errors import ArchiveError
from fundusgate.device.cameras.base import Original

if TYPE_CHECKING:
    from fundusgate.device.cameras.base import Frame

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}", re.ASCII)
PNG_SETTINGS = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY]
if hasattr(cv2, "IMWRITE_PNG_FILTER"):  # from OpenCV 4.12 on; before, this filter was the only one
    PNG_SETTINGS += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
"""The quickest of OpenCV's lossless settings that compress: a search for repeats takes twice the time and finds none in
a photograph with a sensor's noise (`benchmarks/archive_encodings.py`)."""


def photograph_file(frame: Frame) -> Original:
    """What is written of a photograph.

    Args:
        frame: The still.

    Returns:
        The camera's own file, byte for byte, where it gave one; otherwise the pixels as a PNG. A suffix that is no
        plain one becomes ".bin": the bytes matter more than their name.

    Raises:
        ArchiveError: The pixels cannot be encoded.
    """
    if frame.original is not None:
        suffix = frame.original.suffix.lower()
        return Original(frame.original.data, suffix if _SUFFIX.fullmatch(suffix) else ".bin")
    done, data = cv2.imencode(".png", cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGR), PNG_SETTINGS)
    if not done:
        raise ArchiveError(f"the {frame.pixels.shape} pixels cannot be written as PNG: look at the camera's settings")
    return Original(data.tobytes(), ".png")
