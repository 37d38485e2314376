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

MOST_BLACK = 0.6
"""Up to this fraction of the field; a frame darker still is measured as it is."""


@dataclass(frozen=True)
class CueView:
    """A framed fundus at the canonical size, with what most cues need.

    Attributes:
        rgb: (256, 256, 3) float32, 0..1, zero outside.
        inside: (256, 256) bool, the field (disc and frame, without what the camera cut off).
        core: (256, 256) bool, `inside` without its rim and what is black.
        white: (256, 256) float32, 0..1, the smallest of R, G and B: what a veil of stray light adds to.
        luminance: (256, 256) float32, 0..1, the mean of red and green (blue is mostly noise in a fundus photograph).
        illumination: (256, 256) float32, 0..1, the slow part of green, averaged inside the disc only.
        flat: (256, 256) float32, Weber contrast of green on its illumination (-1 and up), zero outside.
        noise: standard deviation of the pixel noise of `flat` (Immerkaer 1996), zero or more.
        radius: (256, 256) float32, distance from the disc's centre as a fraction of its radius.
        angle: (256, 256) float32, degrees, -180..180: 0 right, 90 up, -90 down.
    """

    rgb: NDArray[np.float32]
    inside: NDArray[np.bool_]
    core: NDArray[np.bool_]
    white: NDArray[np.float32]
    luminance: NDArray[np.float32]
    illumination: NDArray[np.float32]
    flat: NDArray[np.float32]
    noise: float
    radius: NDArray[np.float32]
    angle: NDArray[np.float32]

    @cached_property
    def field_luminance(self) -> NDArray[np.float32]:
        """(N,) float32, 0..1, luminance of the field's pixels."""
        return self.luminance[self.inside]

    @cached_property
    def upper_luminance(self) -> float:
        """Luminance that the brightest quarter of the field has, 0..1; the view must have a field."""
        return float(np.quantile(self.field_luminance, 0.75))


def _polar() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    axis = (np.arange(SIDE, dtype=np.float32) + 0.5) / (SIDE / 2) - 1.0
    x, y = np.meshgrid(axis, axis)
    radius = np.hypot(x, y).astype(np.float32)
    angle = np.degrees(np.arctan2(-y, x)).astype(np.float32)
    radius.setflags(write=False)
    angle.setflags(write=False)
    return radius, angle


_RADIUS, _ANGLE = _polar()
_NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


def blur_inside(image: NDArray[np.float32], inside: NDArray[np.bool_], sigma: float) -> NDArray[np.float32]:
    """Gaussian mean over the inside pixels only (normalised convolution; Knutsson and Westin 1993).

    Args:
        image: (H, W) float32.
        inside: (H, W) bool; pixels outside have no weight.
        sigma: standard deviation in pixels, 4 or more (computed at a quarter of the size).

    Returns:
        (H, W) float32; zero where no inside pixel is near.
    """
    size = (image.shape[1], image.shape[0])
    small = (max(size[0] // 4, 1), max(size[1] // 4, 1))
    weight = cv2.resize(inside.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    value = cv2.resize(np.where(inside, image, np.float32(0)), small, interpolation=cv2.INTER_AREA)
    weight = cv2.GaussianBlur(weight, (0, 0), sigma / 4, borderType=cv2.BORDER_CONSTANT)
    value = cv2.GaussianBlur(value, (0, 0), sigma / 4, borderType=cv2.BORDER_CONSTANT)
    mean = np.where(weight > 1e-3, value / np.maximum(weight, 1e-3), 0).astype(np.float32)
    return np.asarray(cv2.resize(mean, size, interpolation=cv2.INTER_LINEAR), np.float32)


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
    mask = inside.astype(np.uint8)
    if rgb.shape[0] != SIDE:
        way = cv2.INTER_AREA if rgb.shape[0] > SIDE else cv2.INTER_LINEAR
        rgb = np.asarray(cv2.resize(rgb, (SIDE, SIDE), interpolation=way), np.uint8)
        mask = np.asarray(cv2.resize(mask, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST), np.uint8)
    within = mask.astype(bool)
    colour = rgb.astype(np.float32) / np.float32(255)
    colour[~within] = 0
    margin = max(2, round(CORE_MARGIN * SIDE / 2))
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(0,))
    core = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1] > margin
    brightest = cv2.max(cv2.max(rgb[..., 0], rgb[..., 1]), rgb[..., 2])
    black = (brightest < BLACK) & within
    if black.sum() < MOST_BLACK * max(int(within.sum()), 1):
        # a notch of the mask or a black lid has an edge, and an edge passes for a line
        core &= cv2.dilate(black.astype(np.uint8), np.ones((7, 7), np.uint8)) == 0
    red, green, blue = (np.asarray(channel, np.float32) for channel in cv2.split(colour))
    illumination = blur_inside(green, within, ILLUMINATION_SIGMA)
    flat = np.where(within, (green - illumination) / np.maximum(illumination, DARK_FLOOR), 0).astype(np.float32)
    residue = cv2.filter2D(flat, cv2.CV_32F, _NOISE_KERNEL)[core]
    noise = float(np.median(np.abs(residue)) / 0.6745 / 6.0) if residue.size else 0.0
    return CueView(
        rgb=colour,
        inside=within,
        core=core,
        white=np.asarray(cv2.min(cv2.min(red, green), blue), np.float32),
        luminance=((red + green) / 2).astype(np.float32),
        illumination=illumination,
        flat=flat,
        noise=noise,
        radius=_RADIUS,
        angle=_ANGLE,
    )
