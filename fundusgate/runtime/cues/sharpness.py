"""How sharp the picture is at the scale of vessels, and whether the blur has a direction."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.runtime.cues.view import CueView

_BLOCKS = 8
_FINE_FLOOR = 1e-5
_LONG_WEIGHT = 0.7
_NOISE_IN_FINE_BAND = 0.27
"""Standard deviation that white noise of unit deviation keeps in the fine band (sigma 1 minus sigma 2)."""


@dataclass(frozen=True)
class Sharpness:
    """Sharpness figures of one frame.

    Attributes:
        fine_to_coarse: amplitude of detail of 1 to 2 canonical pixels over that of 2 to 4, after subtracting noise.
            About 0.9 when focused, 0.7 and less when not; no matter how bright or contrasted the photograph is.
        detail: fine detail that can be seen, 0 to about 0.12: `fine_to_coarse` weighted by the amplitude of fine
            detail in square-root intensity (where photon noise is even), as a geometric mean over blocks, so that a
            field sharp in one half only does not pass.
        anisotropy: 0 (as sharp in all directions) to 1: how much less fine detail there is along one direction than
            across it, relative to the coarse detail's own directions, which belong to the anatomy.
        direction: degrees, 0..180, along which detail is lost; meaningful only where `anisotropy` is high.
    """

    fine_to_coarse: float
    detail: float
    anisotropy: float
    direction: float


def _block_means(image: NDArray[np.float32], view: CueView) -> NDArray[np.float32]:
    share = cv2.resize(view.core_weight, (_BLOCKS, _BLOCKS), interpolation=cv2.INTER_AREA)
    total = cv2.resize(image * view.core_weight, (_BLOCKS, _BLOCKS), interpolation=cv2.INTER_AREA)
    return np.asarray((total / np.maximum(share, 1e-6))[share > 0.5], np.float32)


def _tensor(image: NDArray[np.float32], view: CueView) -> NDArray[np.float64]:
    dx, dy = (
        cv2.multiply(cv2.Sobel(image, cv2.CV_32F, *way, ksize=3, scale=0.125), view.core_weight).ravel()
        for way in ((1, 0), (0, 1))
    )
    # not `@`: a linear algebra library wakes its threads for this, and the networks need the processors
    across, cross, down = (float(np.einsum("i,i->", one, other)) for one, other in ((dx, dx), (dx, dy), (dy, dy)))
    return np.array([[across, cross], [cross, down]]) / np.count_nonzero(view.core)


def _eight_of(four: NDArray[np.float32]) -> NDArray[np.float32]:
    """What is smooth at a standard deviation of four pixels, smoothed on to eight: half the pixels tell it as well."""
    half = cv2.resize(four, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    smoother = cv2.GaussianBlur(half, (0, 0), (8.0**2 - 4.0**2) ** 0.5 / 2)
    return np.asarray(cv2.resize(smoother, four.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def measure_sharpness(view: CueView) -> Sharpness:
    """Measure sharpness and its direction on a prepared view.

    Returns:
        `Sharpness`; all zero for a view without field.
    """
    if not view.core.any():
        return Sharpness(0.0, 0.0, 0.0, 0.0)
    one = cv2.GaussianBlur(view.clipped, (0, 0), 1.0)
    two, four = view.clipped_at_two, view.clipped_at_four
    fine, coarse = np.asarray(one - two, np.float32), two - four
    noise_power = (_NOISE_IN_FINE_BAND * view.noise) ** 2
    fine_power = _block_means(fine * fine, view)
    coarse_power = _block_means(coarse * coarse, view)
    if fine_power.size == 0:
        return Sharpness(0.0, 0.0, 0.0, 0.0)
    ratio = float(
        np.sqrt(max(float(fine_power.mean()) - noise_power, 0.0) / (float(coarse_power.mean()) + _FINE_FLOOR))
    )
    visible = _block_means(np.abs(fine) * np.sqrt(np.maximum(view.illumination, 0)), view)
    amplitude = float(np.exp(np.log(visible + 1e-4).mean()))
    broad = four - _eight_of(four)
    # a long smear takes the coarse band too, and leaves its fine band with nothing but noise; the coarse bands of a
    # sharp eye differ more by direction themselves, so they weigh less
    tensors = [_tensor(band, view) for band in (fine, coarse, broad)]
    short, long = (_blur_direction(one, next_, view.noise) for one, next_ in itertools.pairwise(tensors))
    anisotropy, direction = max(short, (_LONG_WEIGHT * long[0], long[1]))
    return Sharpness(
        fine_to_coarse=ratio, detail=ratio * float(np.sqrt(amplitude)), anisotropy=anisotropy, direction=direction
    )


def _blur_direction(
    fine_tensor: NDArray[np.float64], coarse_tensor: NDArray[np.float64], noise: float
) -> tuple[float, float]:
    noise_gradient = (0.35 * _NOISE_IN_FINE_BAND * noise) ** 2
    values, vectors = np.linalg.eigh(coarse_tensor + 1e-9 * np.eye(2))
    whiten = vectors @ np.diag(1 / np.sqrt(np.maximum(values, 1e-9))) @ vectors.T
    relative = whiten @ np.maximum(fine_tensor - noise_gradient * np.eye(2), -1.0) @ whiten
    (low, high), axes = np.linalg.eigh(relative)
    if high <= 0:
        return 0.0, 0.0
    along = float(np.degrees(np.arctan2(-axes[1, 0], axes[0, 0])) % 180)
    return float(np.clip((high - max(low, 0.0)) / (high + max(low, 0.0)), 0, 1)), along
