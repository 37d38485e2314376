"""Pictures for screens: made small, made JPEG, in the thread of whoever asks, and at most once for each frame."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.device.cameras.base import Frame

QUALITY = 80
"""JPEG quality of what screens show; nothing is judged by it, and nothing of it is kept."""


def small_picture(rgb: NDArray[np.uint8], max_side: int) -> NDArray[np.uint8]:
    """A picture whose longer side is at most `max_side`; never enlarged.

    Args:
        rgb: H x W x 3 uint8.
        max_side: pixels, 1 and up.

    Returns:
        H' x W' x 3 uint8; the picture itself where it is small enough.

    Raises:
        ValueError: max_side is below 1.
    """
    if max_side < 1:
        raise ValueError(f"a picture has at least 1 pixel a side, not {max_side}")
    height, width = rgb.shape[:2]
    longer = max(height, width)
    if longer <= max_side:
        return rgb
    # every n-th pixel down to about twice the size, then by area: quick with twelve megapixels, and smooth
    step = max(1, longer // (2 * max_side))
    sampled = np.ascontiguousarray(rgb[::step, ::step]) if step > 1 else rgb
    size = (max(1, round(width * max_side / longer)), max(1, round(height * max_side / longer)))
    return np.asarray(cv2.resize(sampled, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def jpeg(rgb: NDArray[np.uint8], max_side: int) -> bytes:
    """A picture as JPEG, made small first.

    Args:
        rgb: H x W x 3 uint8.
        max_side: longer side at most, pixels.

    Raises:
        ValueError: it cannot be encoded, or max_side is below 1.
    """
    small = small_picture(rgb, max_side)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError(f"a picture of {small.shape} cannot be written as JPEG")
    return data.tobytes()


class Preview:
    """The newest assessed frame as JPEG, encoded once for each size however many screens ask."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._encoded: dict[int, bytes] = {}
        self._lock = threading.Lock()
        self._encoding = threading.Lock()

    def show(self, frame: Frame | None) -> None:
        """Make this the newest frame, or show nothing; never waits for an encoding."""
        with self._lock:
            if frame is not self._frame:
                self._frame = frame
                self._encoded = {}

    def get(self, max_side: int) -> tuple[int, bytes] | None:
        """Sequence number and JPEG of the newest frame; None where there is none to show.

        Args:
            max_side: longer side at most, pixels.
        """
        with self._encoding:
            with self._lock:
                frame, encoded = self._frame, self._encoded
            if frame is None:
                return None
            if max_side not in encoded:
                encoded[max_side] = jpeg(frame.pixels, max_side)
            return frame.sequence, encoded[max_side]
