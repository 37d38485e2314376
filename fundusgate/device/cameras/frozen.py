"""Notices a camera that sends the same picture again and again under new numbers."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fundusgate.device.cameras.base import Frame

STEP = 7
"""Every seventh pixel of every seventh row is looked at: a sensor's noise changes some of them in every frame."""
DARKEST, BRIGHTEST = 3, 252
"""Pictures without a value between these say nothing: black and white clip the noise away."""


class FrozenWatch:
    """Measures for how long a camera's picture has not changed by a single bit."""

    def __init__(self) -> None:
        self._print: int | None = None
        self._since = 0.0

    def still_for(self, frame: Frame) -> float:
        """Seconds since the picture last changed, by the frames' own timestamps; 0 for one that cannot be told."""
        seen = np.ascontiguousarray(frame.pixels[::STEP, ::STEP])
        if not np.any((seen > DARKEST) & (seen < BRIGHTEST)):
            self._print = None
            return 0.0
        fingerprint = zlib.crc32(seen.data, zlib.crc32(repr(frame.pixels.shape).encode()))
        if fingerprint != self._print:
            self._print, self._since = fingerprint, frame.timestamp
        return frame.timestamp - self._since
