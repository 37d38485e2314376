"""One prepared look at a framed fundus, shared by every cue so that no filter runs twice.

Cues work at one canonical size, whatever the frame's: thresholds stay in the same units on every camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 256
"""Side of the canonical square, pixels; the disc's diameter, so a wide vessel is about 3 pixels across."""

ILLUMINATION_SIGMA = 14.0
"""Scale of the illumination estimate, canonical pixels: wider than any vessel, narrower than a vignette."""

DARK_FLOOR = 0.04
"""Luminance (0..1) below which contrast is not divided any further: a nearly black frame must not gain structure."""

CORE_MARGIN = 0.04
"""Width of the rim left out of contrast measurements, fraction of the disc's radius: the mask's edge is there."""

BLACK = 8
"""Level (0..255) under which a pixel holds nothing; its neighbourhood is left out of contrast measurements."""

COARSE = 4
"""Pixels a side of one cell of the coarse field."""

MOST_BLACK = 0.6
"""Up to this fraction of the field; a frame darker still is measured as it is."""


@dataclass(frozen=True)
class CueView:
    """A framed fundus at the canonical size, with what most cues need.

    Attributes:
        inside: (256, 256) bool, the field (disc and frame, without what the camera cut off).
        core: (256, 256) bool, `inside` without its rim and what is black.
        depth: (256, 256) float32, pixels from the field's own edge or the frame's, zero outside.
        coarse: `inside` at a quarter of the size, for slow means.
        white: (256, 256) float32, 0..1, the smallest of R, G and B: what a veil of stray light adds to.
        luminance: (256, 256) float32, 0..1, the mean of red and green (blue is mostly noise in a fundus photograph).
        illumination: (256, 256) float32, 0..1, the slow part of green, averaged inside the disc only.
        flat: (256, 256) float32, Weber contrast of green on its illumination (-1 and up), zero outside.
        noise: standard deviation of the pixel noise of `flat` (Immerkaer 1996), zero or more.
        radius: (256, 256) float32, distance from the disc's centre as a fraction of its radius.
        angle: (256, 256) float32, degrees, -180..180: 0 right, 90 up, -90 down.
    """

    inside: NDArray[np.bool_]
    core: NDArray[np.bool_]
    depth: NDArray[np.float32]
    coarse: CoarseField
    white: NDArray[np.float32]
    luminance: NDArray[np.float32]
    illumination: NDArray[np.float32]
    flat: NDArray[np.float32]
    noise: float
    radius: NDArray[np.float32]
    angle: NDArray[np.float32]

    @cached_property
    def core_weight(self) -> NDArray[np.float32]:
        """(256, 256) float32, 1 in the core, 0 elsewhere."""
        return self.core.astype(np.float32)

    @cached_property
    def clipped(self) -> NDArray[np.float32]:
        """(256, 256) float32, `flat` within -0.6..0.6: a lesion or a reflex must not pass for all the detail."""
        return np.clip(self.flat, np.float32(-0.6), np.float32(0.6))

    @cached_property
    def clipped_at_two(self) -> NDArray[np.float32]:
        """(256, 256) float32, `clipped` smoothed at a standard deviation of two pixels."""
        return np.asarray(cv2.GaussianBlur(self.clipped, (0, 0), 2.0), np.float32)

    @cached_property
    def clipped_at_four(self) -> NDArray[np.float32]:
        """(256, 256) float32, `clipped` smoothed at a standard deviation of four pixels: wider than any vessel."""
        return np.asarray(cv2.GaussianBlur(self.clipped, (0, 0), 4.0), np.float32)

    @cached_property
    def field_luminance(self) -> NDArray[np.float32]:
        """(N,) float32, 0..1, luminance of the field's pixels."""
        return self.luminance[self.inside]

    @cached_property
    def upper_luminance(self) -> float:
        """Luminance that the brightest quarter of the field has, 0..1; the view must have a field."""
        return quantile(self.field_luminance, 0.75)


def quantile(values: NDArray[np.float32], share: float) -> float:
    """The value that this share of the values does not exceed, between two neighbours linearly, as `numpy.quantile`.

    Args:
        values: (N,), N at least 1.
        share: 0..1.
    """
    place = share * (values.size - 1)
    low = int(place)
    high = min(low + 1, values.size - 1)
    # numpy's quick way is for one place alone; its neighbour is the greatest of what lies below
    parted = np.partition(values, high)
    upper = float(parted[high])
    lower = float(parted[:high].max()) if high > low else upper
    return lower + (upper - lower) * (place - low)


def _polar() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    axis = (np.arange(SIDE, dtype=np.float32) + 0.5) / (SIDE / 2) - 1.0
    x, y = np.meshgrid(axis, axis)
    radius = np.hypot(x, y).astype(np.float32)
    angle = np.degrees(np.arctan2(-y, x)).astype(np.float32)
    radius.setflags(write=False)
    angle.setflags(write=False)
    return radius, angle


RADIUS, ANGLE = _polar()
_AROUND = np.ones((7, 7), np.uint8)
_NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


class CoarseField:
    """A field at a quarter of the size, for means over its inside pixels at scales of four pixels and more.

    Normalised convolution (Knutsson and Westin 1993); the field's own share is blurred once a scale, not once an image.

    Args:
        inside: (H, W) bool; pixels outside have no weight.
    """

    def __init__(self, inside: NDArray[np.bool_]) -> None:
        self._size = (inside.shape[1], inside.shape[0])
        self._small = (max(self._size[0] // COARSE, 1), max(self._size[1] // COARSE, 1))
        self.share: NDArray[np.float32] = self._shrunk(inside.astype(np.float32))
        self._blurred: dict[float, NDArray[np.float32]] = {}

    def _shrunk(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.resize(image, self._small, interpolation=cv2.INTER_AREA), np.float32)

    def sums(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """An image at a quarter of the size, weighted by the share of each cell that lies inside.

        Args:
            image: (H, W) float32, zero outside.
        """
        return self._shrunk(image)

    def mean(self, sums: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
        """Gaussian mean over the inside pixels only.

        Args:
            sums: (H/4, W/4) float32, of `sums`.
            sigma: standard deviation in pixels of the full size, 4 or more.

        Returns:
            (H/4, W/4) float32; zero where no inside pixel is near.
        """
        if sigma not in self._blurred:
            self._blurred[sigma] = _blurred(self.share, sigma / COARSE)
        weight = self._blurred[sigma]
        mean = np.asarray(_blurred(sums, sigma / COARSE) / np.maximum(weight, np.float32(1e-3)), np.float32)
        mean[weight <= 1e-3] = 0
        return mean

    def full(self, coarse: NDArray[np.float32]) -> NDArray[np.float32]:
        """A coarse image at the full size, (H, W), between its cells by linear interpolation."""
        return np.asarray(cv2.resize(coarse, self._size, interpolation=cv2.INTER_LINEAR), np.float32)


def _blurred(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT), np.float32)


def prepare(rgb: NDArray[np.uint8], inside: NDArray[np.bool_]) -> CueView:
    """Bring a framed fundus to the canonical size and measure what the cues share.

    Args:
        rgb: (S, S, 3) uint8, the square about the disc.
        inside: (S, S) bool, the pixels of the disc that lie in the photograph (see `visible_field` for cut fields).

    Raises:
        ValueError: the arrays are not one square of uint8 RGB and a mask of the same side.
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[0] != rgb.shape[1] or rgb.shape[2] != 3:
        raise ValueError(f"cues need a square (S, S, 3) uint8 RGB frame, got {rgb.shape} {rgb.dtype}")
    if inside.shape != rgb.shape[:2]:
        raise ValueError(f"the inside mask {inside.shape} does not fit the frame {rgb.shape[:2]}")
    mask = inside.view(np.uint8)
    if rgb.shape[0] != SIDE:
        way = cv2.INTER_AREA if rgb.shape[0] > SIDE else cv2.INTER_LINEAR
        rgb = np.asarray(cv2.resize(rgb, (SIDE, SIDE), interpolation=way), np.uint8)
        mask = np.asarray(cv2.resize(mask, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST), np.uint8)
    within = mask.astype(bool)
    levels = [np.asarray(cv2.bitwise_and(channel, channel, mask=mask), np.uint8) for channel in cv2.split(rgb)]
    margin = max(2, round(CORE_MARGIN * SIDE / 2))
    depth = _depth_of(mask)
    core = depth > margin
    black = np.asarray(cv2.max(cv2.max(levels[0], levels[1]), levels[2]), np.uint8) < BLACK
    black &= within
    if np.count_nonzero(black) < MOST_BLACK * max(int(np.count_nonzero(within)), 1):
        # a notch of the mask or a black lid has an edge, and an edge passes for a line
        core &= cv2.dilate(black.view(np.uint8), _AROUND) == 0
    scale = np.float32(1 / 255)
    red, green = levels[0] * scale, levels[1] * scale
    coarse = CoarseField(within)
    illumination = coarse.full(coarse.mean(coarse.sums(green), ILLUMINATION_SIGMA))
    flat = np.asarray((green - illumination) / np.maximum(illumination, np.float32(DARK_FLOOR)), np.float32)
    flat[~within] = 0
    residue = np.abs(cv2.filter2D(flat, cv2.CV_32F, _NOISE_KERNEL)[core])
    noise = quantile(residue, 0.5) / 0.6745 / 6.0 if residue.size else 0.0
    return CueView(
        inside=within,
        core=core,
        depth=depth,
        coarse=coarse,
        white=np.asarray(cv2.min(cv2.min(levels[0], levels[1]), levels[2]), np.uint8) * scale,
        luminance=(red + green) * np.float32(0.5),
        illumination=illumination,
        flat=flat,
        noise=noise,
        radius=RADIUS,
        angle=ANGLE,
    )


def _depth_of(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Distance of each pixel from the field's edge or the frame's, (H, W) float32, pixels, zero outside."""
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,))
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1], np.float32)
