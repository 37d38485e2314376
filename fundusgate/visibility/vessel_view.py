"""A photograph as the vessel network sees it: contrast against the surroundings, whatever the camera's colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.preprocessing import FramedFundus, frame_disc

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 256
"""Pixels a side of vessel maps, as the paper has them."""
PLANES = 4
"""Three of contrast and the mask."""
SURROUNDINGS = 0.035
"""Standard deviation of what counts as a pixel's surroundings, in sides: three times the widest vessel."""
DARKEST = 24.0
"""Mean level below which a photograph's contrast is no longer judged against its brightness: that is noise."""


def framed(rgb: NDArray[np.uint8]) -> FramedFundus:
    """A photograph of any size, H x W x 3 uint8 RGB, as the square about its disc at 256 pixels a side."""
    return frame_disc(rgb, find_disc(rgb), SIDE)


def vessel_view(rgb: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Each channel's difference from its surroundings, against the brightness of the whole photograph, and the mask.

    The difference is not divided by the surroundings' own level: in a deep shadow contrast is lost to noise, and a
    network that sees it blown up would believe the noise.

    Args:
        rgb: S x S x 3 uint8, 0 outside.
        inside: S x S boolean.

    Returns:
        4 x S x S float32; contrast about -2..2, the mask 0 or 1. All 0 outside.
    """
    mask = inside.astype(np.float32)
    if not inside.any():
        return np.zeros((PLANES, *inside.shape), np.float32)
    sigma = SURROUNDINGS * len(rgb)
    # Averages over what lies inside alone: the black around the disc is nobody's surroundings.
    weight = np.maximum(cv2.GaussianBlur(mask, (0, 0), sigma), 1e-3)
    image = rgb.astype(np.float32) * mask[..., None]
    contrast = (image - cv2.GaussianBlur(image, (0, 0), sigma) / weight[..., None]) * mask[..., None]
    brightness = max(DARKEST, float(image[inside].mean()))
    planes = np.clip(contrast * (6.0 / brightness), -3, 3)
    return np.ascontiguousarray(np.dstack([planes, mask]).transpose(2, 0, 1), np.float32)
