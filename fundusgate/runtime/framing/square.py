"""The square about a disc as the kernels of `framing.cu` take it: where it lies, and how it is made as large as asked.

Pure arithmetic, the same as in `preprocessing.frame_disc` and OpenCV's `resize` behind it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from fundusgate.runtime.preprocessing import LARGEST_SQUARE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.runtime.disc import Disc


class Way(IntEnum):
    """How a square becomes the framed picture; the numbers are the kernels'."""

    COPY = 0
    """It is as large as was asked."""
    LINEAR = 1
    """Grown, linearly."""
    HALVE = 2
    """Shrunk to half by area."""
    WHOLE = 3
    """Shrunk by another whole number, by area."""
    AREA = 4
    """Shrunk by area."""


@dataclass(frozen=True)
class Square:
    """The square about a disc, in a photograph's pixels.

    Attributes:
        x0: left edge; may lie outside the photograph.
        y0: upper edge, likewise.
        side: pixels, 1 and up.
        left: edge of its part in the photograph, in the photograph; the three others likewise. Empty where it lies
            outside.
    """

    x0: int
    y0: int
    side: int
    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def about(cls, disc: Disc, height: int, width: int) -> Square:
        """The square about a disc in a photograph of height x width pixels."""
        side = max(1, round(2 * disc.radius))
        x0, y0 = round(disc.cx - side / 2), round(disc.cy - side / 2)
        left, top = min(width, max(0, x0)), min(height, max(0, y0))
        return cls(x0, y0, side, left, top, max(left, min(width, x0 + side)), max(top, min(height, y0 + side)))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of its part in the photograph."""
        return self.bottom - self.top, self.right - self.left

    @property
    def is_framed_at_once(self) -> bool:
        """Whether `frame_disc` resizes it in one step: a larger one is shrunk by a whole number first."""
        return self.side <= LARGEST_SQUARE

    def cut(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Its part in the photograph: a view, rows x columns x 3."""
        return rgb[self.top : self.bottom, self.left : self.right]

    def scale(self, size: int) -> float:
        """Pixels of the square in one of the framed picture, as OpenCV's `resize` works it out."""
        return 1.0 / (size / self.side)

    def way(self, size: int) -> Way:
        """How it becomes size x size pixels."""
        if self.side == size:
            return Way.COPY
        if self.side < size:
            return Way.LINEAR
        scale = self.scale(size)
        whole = round(scale)
        if abs(scale - whole) >= sys.float_info.epsilon:
            return Way.AREA
        return Way.HALVE if whole == 2 else Way.WHOLE
