"""The bytes of a photograph's file: as the camera gave them, or the pixels without loss."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fundusgate.archive.errors import ArchiveError
from fundusgate.archive.png import png_of
from fundusgate.device.cameras.base import Original

if TYPE_CHECKING:
    from fundusgate.device.cameras.base import Frame

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}", re.ASCII)


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
    try:
        return Original(png_of(frame.pixels), ".png")
    except ValueError as error:
        raise ArchiveError(
            f"the {frame.pixels.shape} pixels cannot be written as PNG ({error}): look at the camera's settings"
        ) from error
