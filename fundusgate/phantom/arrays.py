"""The array types of this package, and the checks that every degradation makes of its input."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

UInt8Image = NDArray[np.uint8]
"""A picture: H x W x 3, RGB, 0..255."""
Float32 = NDArray[np.float32]
"""A map or a linear picture; each function says its shape and range."""
Mask = NDArray[np.bool_]
"""H x W, True where the name says."""


@dataclass(frozen=True)
class FieldGeometry:
    """Where the camera's field lies in a photograph, in pixels.

    Attributes:
        cx: Column of the field's centre.
        cy: Row of the field's centre.
        diameter: The longer side of the field's bounding box; the scale of every fault.
    """

    cx: float
    cy: float
    diameter: float

    @classmethod
    def of(cls, field: Mask) -> FieldGeometry:
        """Measure a field mask.

        Args:
            field: H x W bool, True inside the camera's mask.

        Raises:
            ValueError: The mask is empty; pass the mask of the photograph's disc, or all True for a full frame.
        """
        columns = np.flatnonzero(field.any(axis=0))
        rows = np.flatnonzero(field.any(axis=1))
        if not len(columns):
            raise ValueError("the field mask is empty: pass the photograph's disc, or all True for a full frame")
        x0, x1, y0, y1 = int(columns[0]), int(columns[-1]) + 1, int(rows[0]), int(rows[-1]) + 1
        return cls(cx=(x0 + x1 - 1) / 2, cy=(y0 + y1 - 1) / 2, diameter=float(max(x1 - x0, y1 - y0)))


def check_photograph(rgb: UInt8Image, field: Mask) -> None:
    """Refuse anything but an H x W x 3 uint8 picture with an H x W bool mask.

    Raises:
        ValueError: The shapes or types are others; the message says which.
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"expected an H x W x 3 uint8 picture, got {rgb.dtype} {rgb.shape}")
    if field.dtype != np.bool_ or field.shape != rgb.shape[:2]:
        raise ValueError(f"expected a bool mask of {rgb.shape[:2]}, got {field.dtype} {field.shape}")


def check_strength(strength: float) -> None:
    """Refuse a strength outside 0..1.

    Raises:
        ValueError: The strength is outside 0..1 or not a number.
    """
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"strength must lie in 0..1, got {strength}")


def field_of(rgb: UInt8Image, threshold: int = 12) -> Mask:
    """A quick camera mask for photographs whose surround is near black: every pixel brighter than `threshold`, filled.

    Args:
        rgb: H x W x 3 uint8.
        threshold: Levels of the brightest channel under which a pixel is the surround.

    Returns:
        H x W bool; all True when less than a tenth of the frame is bright (nothing to find).
    """
    bright = (rgb.max(axis=2) > threshold).astype(np.uint8)
    contours, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return np.ones(rgb.shape[:2], np.bool_)
    hull = cv2.convexHull(max(contours, key=cv2.contourArea))
    filled = cv2.fillConvexPoly(np.zeros_like(bright), hull, 1).astype(bool)
    return filled if filled.mean() > 0.1 else np.ones(rgb.shape[:2], np.bool_)
