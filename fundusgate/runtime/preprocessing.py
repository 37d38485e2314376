"""Photograph to network input: one pre-processing for training, calibration and the camera.

`PREPROCESSING_VERSION` is written into every bundle's manifest; it grows whenever a pixel that a network sees could
change, because weights and calibration are only valid for the pre-processing that they were made with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.runtime.disc import Disc

PREPROCESSING_VERSION: int = 1
"""Version of `frame_disc` and `frame_whole` (and of the disc finder before them)."""

LARGEST_SQUARE = 5000
"""Side, pixels, above which the square about a disc is cut from a photograph that was shrunk by a whole number."""


@dataclass(frozen=True)
class FramedFundus:
    """The square about the fundus disc, at a network's size.

    Attributes:
        rgb: S x S x 3 uint8, RGB; 0 where `inside` is False.
        inside: S x S bool; True where the disc and the frame both are.
        box: x0, y0, x1, y1 of the square in photograph pixels; it may reach past the photograph's edges.
    """

    rgb: NDArray[np.uint8]
    inside: NDArray[np.bool_]
    box: tuple[int, int, int, int]


def frame_disc(rgb: NDArray[np.uint8], disc: Disc, size: int) -> FramedFundus:
    """Cut the square about the disc and resize it: by area when shrinking, linearly when growing.

    Args:
        rgb: Photograph, H x W x 3 uint8, RGB.
        disc: The disc in the photograph's pixels; it may reach past the frame.
        size: Side S of the result, pixels.

    Returns:
        The framed fundus; everything outside the disc or the frame is 0.

    Raises:
        ValueError: The size is below one pixel.
    """
    if size < 1:
        raise ValueError(f"the side of a framed fundus is at least 1 pixel, not {size}")
    height, width = rgb.shape[:2]
    side = max(1, round(2 * disc.radius))
    x0, y0 = round(disc.cx - side / 2), round(disc.cy - side / 2)
    square = _cut_square(rgb, x0, y0, side)
    if len(square) != size:
        interpolation = cv2.INTER_AREA if len(square) > size else cv2.INTER_LINEAR
        square = np.asarray(cv2.resize(square, (size, size), interpolation=interpolation), dtype=np.uint8)
    centres = (np.arange(size) + 0.5) * (side / size)
    x, y = x0 + centres, y0 + centres
    inside = (x - disc.cx) ** 2 + ((y - disc.cy) ** 2)[:, None] <= disc.radius**2
    inside[(y < 0) | (y >= height)] = False
    inside[:, (x < 0) | (x >= width)] = False
    square = _blackened(square, inside)
    return FramedFundus(rgb=square, inside=inside, box=(x0, y0, x0 + side, y0 + side))


def _blackened(square: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A copy (S x S x 3) that is 0 outside."""
    return np.asarray(cv2.copyTo(square, inside.view(np.uint8)), dtype=np.uint8)


def _cut_square(rgb: NDArray[np.uint8], x0: int, y0: int, side: int) -> NDArray[np.uint8]:
    """The square with black where it reaches past the photograph; shrunk first when it is over `LARGEST_SQUARE`.

    A square that lies within the photograph is the photograph's own memory: not to be written to.
    """
    height, width = rgb.shape[:2]
    if min(x0, y0) >= 0 and x0 + side <= width and y0 + side <= height and side <= LARGEST_SQUARE:
        return rgb[y0 : y0 + side, x0 : x0 + side]
    left, top, right, bottom = max(0, x0), max(0, y0), min(width, x0 + side), min(height, y0 + side)
    shrink = -(-side // LARGEST_SQUARE)
    if right <= left or bottom <= top:
        return np.zeros((-(-side // shrink),) * 2 + (3,), dtype=np.uint8)
    cut = rgb[top:bottom, left:right]
    if shrink == 1:
        beyond = (top - y0, y0 + side - bottom, left - x0, x0 + side - right)
        return np.asarray(cv2.copyMakeBorder(cut, *beyond, cv2.BORDER_CONSTANT, value=(0, 0, 0)), dtype=np.uint8)
    square = np.zeros((-(-side // shrink),) * 2 + (3,), dtype=np.uint8)
    row, column = (top - y0) // shrink, (left - x0) // shrink
    size = (max(1, (right - left) // shrink), max(1, (bottom - top) // shrink))
    cut = np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    square[row : row + cut.shape[0], column : column + cut.shape[1]] = cut[: len(square) - row, : len(square) - column]
    return square


def inside_cells(inside: NDArray[np.bool_], cells: int = 16) -> NDArray[np.bool_]:
    """Which cells of a map lie inside the disc and the frame.

    Args:
        inside: S x S bool, from a framed fundus.
        cells: Cells a side.

    Returns:
        cells x cells bool; a cell is inside when at least half of its pixels are.

    Raises:
        ValueError: The side is not a multiple of `cells`.
    """
    size = inside.shape[0]
    if inside.shape != (size, size) or size % cells:
        raise ValueError(f"a mask of {inside.shape} does not divide into {cells} x {cells} cells: frame at a multiple")
    step = size // cells
    share = inside.reshape(cells, step, cells, step).mean(axis=(1, 3))
    return np.asarray(share >= 0.5, dtype=np.bool_)


def frame_whole(rgb: NDArray[np.uint8], resize: int = 512, crop: int = 384) -> NDArray[np.uint8]:
    """The official FTHNet's deterministic stand-in: the whole photograph resized, aspect ignored, and its centre cut.

    The official test resizes to 512 x 512 (bilinear) and averages random 384 crops (Gong et al., Scientific Reports
    15:40524, 2025); the centre crop is their mean position.

    Args:
        rgb: Photograph, H x W x 3 uint8, RGB.
        resize: Side after resizing, pixels.
        crop: Side of the centre crop, pixels, at most `resize`.

    Returns:
        crop x crop x 3 uint8, RGB.

    Raises:
        ValueError: The crop is larger than the resized photograph, or below one pixel.
    """
    if not 1 <= crop <= resize:
        raise ValueError(f"the crop must be between 1 and {resize} pixels, not {crop}")
    image = Image.fromarray(rgb).resize((resize, resize), Image.Resampling.BILINEAR, reducing_gap=3.0)
    start = (resize - crop) // 2
    return np.ascontiguousarray(np.asarray(image, dtype=np.uint8)[start : start + crop, start : start + crop])
