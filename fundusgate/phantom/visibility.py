"""Where anatomy can still be seen: a reference vessel is sent through the fault and looked for on the other side.

At every place a vessel of known width and contrast is laid on the photograph's own background, blurred by the fault's
optics, passed through its gain, veil and the sensor's clipping, and then asked two questions:

- Is its contrast above what an eye sees? Weber contrast of screen luminance against the background (Peli 1990,
  Contrast in complex images), with a constant for the room's light on the screen, which hides steps in near-black.
- Does it stand out of the noise? Rose's criterion: the step, summed along a stretch of vessel, is at least five times
  the noise of that sum (Rose 1948, The sensitivity performance of the human eye on an absolute scale).

A fault hides only what it took away itself: a place where the vessel was as hard to see before is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from fundusgate.phantom.arrays import Float32

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of R, G, B in what the eye calls brightness (ITU-R BT.601)."""
DISPLAY_GAMMA = 2.2
"""Luminance of a screen is levels to this power."""


@dataclass(frozen=True)
class ReferenceVessel:
    """The vessel that must be seen for a place to count as visible.

    Attributes:
        width: Of the vessel, in field diameters: .006 is 3 px of 512, about 75 um of a 45 degree field, a second-order
            branch.
        contrast: How much darker than its background, per channel R, G, B (blood absorbs green most).
        least_contrast: Weber contrast of luminance under which the vessel is lost; .08 is 28 % of what the vessel has
            in a well-exposed photograph.
        glare: What room and screen add to every luminance, 1 = white; .02 is a hand-held screen in a lit room.
        summed_pixels: Pixels of one vessel stretch that the eye pools, at a 512 px field.
        rose: The signal-to-noise ratio needed.
        least_loss: The share of its visibility that the fault must take for the loss to be the fault's.
    """

    width: float = 0.006
    contrast: tuple[float, float, float] = (0.07, 0.18, 0.12)
    least_contrast: float = 0.08
    glare: float = 0.02
    summed_pixels: float = 36.0
    rose: float = 5.0
    least_loss: float = 0.4

    def probe(self, background: Float32, survival: Float32 | float) -> Float32:
        """The background with the vessel on it after the optics.

        Args:
            background: h x w x 3 levels.
            survival: The share of the contrast that the blur leaves, 0..1, scalar or h x w.
        """
        share = np.asarray(survival, np.float32)[..., None] * np.asarray(self.contrast, np.float32)
        return np.asarray(background * (1 - share), np.float32)

    def visibility(self, background: Float32, probe: Float32, noise: Float32 | float) -> Float32:
        """How well the vessel is seen: 1 is just visible, below is lost.

        Args:
            background: h x w x 3 levels beside the vessel, after the fault.
            probe: h x w x 3 levels on the vessel, after the fault.
            noise: Standard deviation of a pixel's luminance in levels, scalar or h x w.

        Returns:
            h x w float32, at least 0.
        """
        beside, on = background @ LUMA, probe @ LUMA
        step = np.abs(beside - on)
        shown, vessel = (beside / 255) ** np.float32(DISPLAY_GAMMA), (on / 255) ** np.float32(DISPLAY_GAMMA)
        by_contrast = np.abs(shown - vessel) / (shown + np.float32(self.glare)) / np.float32(self.least_contrast)
        pooled = np.asarray(noise, np.float32) / np.float32(np.sqrt(self.summed_pixels))
        by_noise = step / np.maximum(pooled, 1e-3) / np.float32(self.rose)
        return np.asarray(np.minimum(by_contrast, by_noise), np.float32)

    def lost(self, before: Float32, after: Float32) -> Float32:
        """How firmly the vessel is lost by the fault: above 0 is hidden; linear, so it can be upsampled before cutting.

        Args:
            before: h x w visibility without the fault.
            after: h x w visibility with it.
        """
        return np.minimum(1 - after, 1 - self.least_loss - after / np.maximum(before, 1e-3)).astype(np.float32)


def background_levels(image: Float32, field: Float32) -> Float32:
    """The photograph without its detail, inside the field, on the coarse grid.

    Args:
        image: h x w x 3 levels on the coarse grid.
        field: h x w, the share of each cell that lies in the field, 0..1.
    """
    size = max(3, (min(image.shape[:2]) // 12) | 1)
    total = cv2.blur(image * field[..., None], (size, size), borderType=cv2.BORDER_CONSTANT)
    weight = cv2.blur(field, (size, size), borderType=cv2.BORDER_CONSTANT)
    return np.asarray(total / np.maximum(weight, 1e-3)[..., None], np.float32)
