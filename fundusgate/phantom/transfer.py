"""One fault as physics: blur, then gain and veil, then the sensor; applied to the photograph and to the probe alike.

Source: the scattering and illumination model of fundus degradation of Shen et al. 2020 (Modeling and enhancing
low-quality retinal fundus images, IEEE TMI, section III), with the sensor's noise and clipping added so that what is
lost is really lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from fundusgate.phantom.arrays import FieldGeometry, Float32, Mask, UInt8Image
from fundusgate.phantom.shapes import COARSE_STEP
from fundusgate.phantom.visibility import LUMA, ReferenceVessel, background_levels

QUANTISATION = 0.29
"""Standard deviation of rounding to whole levels: 1/sqrt(12)."""


@dataclass(frozen=True)
class Blur:
    """What the optics did before the light met gain and veil.

    Attributes:
        image: H x W x 3 float32 levels, the blurred photograph.
        survival: The share of the reference vessel's contrast that is left, 0..1, scalar or h x w (coarse).
    """

    image: Float32
    survival: Float32 | float


@dataclass(frozen=True)
class Tone:
    """levels_out = levels_in * gain + veil, then noise, then 0..255.

    Attributes:
        gain: Scalar, h x w or h x w x 3 on the coarse grid, at least 0.
        veil: Levels, scalar, h x w x 3 on the coarse grid; negative is a black level subtracted.
        noise: Standard deviation of the added noise in levels, scalar or h x w on the coarse grid.
    """

    gain: Float32 | float = 1.0
    veil: Float32 | float = 0.0
    noise: Float32 | float = 0.0


@lru_cache(maxsize=1)
def _noise_bank() -> Float32:
    return np.asarray(np.random.default_rng(20).standard_normal((1024, 1024, 3)), np.float32)


def grain(height: int, width: int, rng: np.random.Generator) -> Float32:
    """White noise of standard deviation 1, H x W x 3, cut from a fixed bank at a random place: drawing it is slow."""
    bank = _noise_bank()
    side = bank.shape[0]
    y, x = int(rng.integers(side)), int(rng.integers(side))
    if height <= side and width <= side:
        y, x = y % (side - height + 1), x % (side - width + 1)
        return np.asarray(bank[y : y + height, x : x + width], np.float32)
    wrapped = np.take(np.take(bank, np.arange(y, y + height) % side, 0), np.arange(x, x + width) % side, 1)
    return np.asarray(wrapped, np.float32)


def own_noise(rgb: UInt8Image, field: Mask) -> float:
    """The photograph's own pixel noise in levels: what a blur must put back, for the sensor comes after the lens.

    The median absolute second difference of green (Immerkaer 1996, Fast noise variance estimation, as a median so
    that vessels do not count).
    """
    green = rgb[::2, :, 1].astype(np.int16)
    second = np.abs(green[:, 2:] - 2 * green[:, 1:-1] + green[:, :-2])
    values = second[:, ::2][field[::2, 1:-1][:, ::2]]
    if not len(values):
        return 0.0
    return float(min(6.0, np.mean(np.minimum(values, 12)) / 1.95))


def spread(value: Float32 | float, height: int, width: int) -> Float32 | float:
    """A coarse map brought to the photograph's H x W by linear interpolation; a scalar stays one."""
    if isinstance(value, (int, float)):
        return float(value)
    return np.asarray(cv2.resize(value, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _aligned(value: Float32 | float) -> Float32 | float:
    if isinstance(value, (int, float)) or value.ndim == 3:
        return value
    return np.repeat(value[..., None], 3, axis=2)


def _toned(levels: Float32, gain: Float32 | float, veil: Float32 | float) -> Float32:
    return np.asarray(np.clip(levels * gain + veil, 0, 255), np.float32)


def transmit(
    rgb: UInt8Image,
    field: Mask,
    blur: Blur | None,
    tone: Tone,
    rng: np.random.Generator,
    vessel: ReferenceVessel | None = None,
) -> tuple[UInt8Image, Mask]:
    """Send a photograph through one fault and find where it hides anatomy.

    Args:
        rgb: H x W x 3 uint8.
        field: H x W, the camera's mask; pixels outside keep their values.
        blur: What the optics did, or None for nothing.
        tone: What gain, veil and sensor do.
        rng: Source of the noise.
        vessel: What must be seen; the default reference vessel if not given.

    Returns:
        The degraded photograph and the H x W mask of where anatomy is hidden.
    """
    vessel = vessel or ReferenceVessel()
    height, width = field.shape
    gain, veil = _aligned(tone.gain), _aligned(tone.veil)
    blurred = np.asarray(rgb, np.float32) if blur is None else blur.image
    out = np.multiply(blurred, spread(gain, height, width), dtype=np.float32)
    if not isinstance(veil, float) or veil != 0.0:
        out += spread(veil, height, width)
    noise = spread(tone.noise, height, width)
    if isinstance(noise, np.ndarray):
        out += grain(height, width, rng) * noise[..., None]
    elif noise > 0:
        out += grain(height, width, rng) * np.float32(noise)
    # convertScaleAbs would fold negatives up: clip below, then let OpenCV round and saturate.
    picture = cv2.convertScaleAbs(np.maximum(out, 0, out=out))
    picture[~field] = rgb[~field]

    lost = _coarse_loss(rgb, field, blur, gain, veil, tone.noise, vessel)
    hidden = np.asarray(spread(lost, height, width)) > 0
    return np.asarray(picture, np.uint8), hidden & field


def _coarse_loss(
    rgb: UInt8Image,
    field: Mask,
    blur: Blur | None,
    gain: Float32 | float,
    veil: Float32 | float,
    noise: Float32 | float,
    vessel: ReferenceVessel,
) -> Float32:
    height, width = field.shape
    size = (-(-width // COARSE_STEP), -(-height // COARSE_STEP))
    coarse = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    share = np.asarray(cv2.resize(field.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
    background = background_levels(coarse, share)
    # The eye pools a stretch of vessel of a fixed size in the retina, so of more pixels in a larger photograph.
    pooling = FieldGeometry.of(field).diameter / 512
    first_noise = own_noise(rgb, field) / pooling
    before = vessel.visibility(background, vessel.probe(background, 1.0), np.hypot(first_noise, QUANTISATION))
    after_noise = np.sqrt(np.square(np.asarray(noise) / pooling) + QUANTISATION**2).astype(np.float32)
    beside = _toned(background, gain, veil)
    on = _toned(vessel.probe(background, 1.0 if blur is None else blur.survival), gain, veil)
    if blur is None:
        # A blur takes the photograph's own noise with it (the fault adds it anew); gain only scales it.
        kept = first_noise * (gain @ LUMA if isinstance(gain, np.ndarray) else gain)
        after_noise = np.hypot(after_noise, kept).astype(np.float32)
    after = vessel.visibility(beside, on, after_noise)
    return vessel.lost(before, after)
