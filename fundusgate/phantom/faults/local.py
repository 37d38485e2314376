"""Local faults at a random place with a known mask: what trains a map on real photographs."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fundusgate.codes import CauseCode
from fundusgate.phantom.arrays import FieldGeometry, Float32, Mask, UInt8Image, check_photograph, check_strength
from fundusgate.phantom.degraded import Degraded
from fundusgate.phantom.faults.stray_light import HAZE_TINTS
from fundusgate.phantom.optics import gaussian_inside, gaussian_survival
from fundusgate.phantom.shapes import Grid, blob, cloud, crescent, edge_band, ring, sector
from fundusgate.phantom.transfer import Blur, Tone, own_noise, spread, transmit
from fundusgate.phantom.visibility import ReferenceVessel

LocalFault = Callable[[UInt8Image, Mask, Float32, float, np.random.Generator], tuple[UInt8Image, Mask, CauseCode]]


def _place(grid: Grid, strength: float, rng: np.random.Generator) -> Float32:
    """A random region, 0..1 on the coarse grid: blobs, a side, a wedge, a rim or a crescent; larger when stronger."""
    kind = rng.choice(6, p=[0.38, 0.22, 0.12, 0.08, 0.14, 0.06])
    angle = rng.uniform(0, 2 * math.pi)
    soft = rng.uniform(0.12, 0.9)
    size = 0.25 + 0.75 * strength
    if kind == 0:
        out = np.zeros(grid.shape, np.float32)
        for _ in range(int(rng.integers(1, 4))):
            distance = 0.95 * math.sqrt(rng.random())
            centre = (distance * math.cos(angle), distance * math.sin(angle))
            out = np.maximum(out, blob(grid, rng, centre, size * rng.uniform(0.18, 0.62), soft))
            angle = rng.uniform(0, 2 * math.pi)
        return out
    if kind == 1:
        return edge_band(grid, rng, angle, size * rng.uniform(0.3, 1.4), soft)
    if kind == 2:
        return sector(grid, rng, angle, size * rng.uniform(0.5, 2.6), soft * 0.8)
    if kind == 3:
        return ring(grid, 1 - size * rng.uniform(0.1, 0.6), soft * 0.7, tuple(rng.normal(0, 0.08, 2).tolist()))
    if kind == 4:
        return crescent(grid, angle, size * rng.uniform(0.25, 1.2), soft)
    # The complement: only a window stays clear.
    window = blob(grid, rng, tuple(rng.uniform(-0.5, 0.5, 2).tolist()), 1.25 - 0.7 * size, soft)
    return np.asarray(1 - window, np.float32)


def _blur(
    rgb: UInt8Image, field: Mask, where: Float32, strength: float, rng: np.random.Generator
) -> tuple[UInt8Image, Mask, CauseCode]:
    height, width = field.shape
    diameter = FieldGeometry.of(field).diameter
    sigma = diameter * (0.004 + 0.02 * strength * rng.uniform(0.5, 1.0))
    vessel = ReferenceVessel().width * diameter
    sharp = np.asarray(rgb, np.float32)
    half = gaussian_inside(sharp, field, sigma / 2)
    full = gaussian_inside(half, field, sigma * math.sqrt(0.75))
    shares = gaussian_survival(np.array([sigma / 2, sigma], np.float32), vessel)
    level = where * 2
    first, second = np.clip(level, 0, 1), np.clip(level - 1, 0, 1)
    survival = (1 - first) + (first - second) * shares[0] + second * shares[1]
    a, b = np.asarray(spread(first, height, width))[..., None], np.asarray(spread(second, height, width))[..., None]
    image = sharp + a * (half - sharp)
    image += b * (full - half)
    noise = np.asarray(own_noise(rgb, field) * where, np.float32)
    out, hidden = transmit(rgb, field, Blur(image, survival.astype(np.float32)), Tone(noise=noise), rng)
    return out, hidden, CauseCode.FOCUS


def _dark(
    rgb: UInt8Image, field: Mask, where: Float32, strength: float, rng: np.random.Generator
) -> tuple[UInt8Image, Mask, CauseCode]:
    stops = where * np.float32(0.8 + 9 * strength * rng.uniform(0.5, 1.0))
    # Shadows in real photographs lose blue and green last or first by camera: let the colour drift.
    drift = rng.uniform(0.75, 1.25, 3).astype(np.float32)
    gain = np.power(np.float32(2), -stops[..., None] * drift / np.float32(2.2)).astype(np.float32)
    veil = (where * np.float32(-rng.uniform(0, 6) * strength))[..., None] * np.ones(3, np.float32)
    tone = Tone(gain=gain, veil=veil, noise=where * np.float32(rng.uniform(0.3, 2.2)))
    out, hidden = transmit(rgb, field, None, tone, rng)
    return out, hidden, CauseCode.TOO_DARK


def _any_tint(rng: np.random.Generator) -> Float32:
    if rng.random() < 0.6:
        return np.asarray(HAZE_TINTS[int(rng.integers(len(HAZE_TINTS)))] + rng.normal(0, 10, 3), np.float32)
    return rng.uniform(90, 255, 3).astype(np.float32)


def _bright(
    rgb: UInt8Image, field: Mask, where: Float32, strength: float, rng: np.random.Generator
) -> tuple[UInt8Image, Mask, CauseCode]:
    gain = 1 + where * np.float32(strength * rng.uniform(0.0, 1.8))
    veil = where[..., None] * _any_tint(rng) * np.float32(0.15 + strength * rng.uniform(0.3, 0.95))
    out, hidden = transmit(rgb, field, None, Tone(gain=gain, veil=veil.astype(np.float32), noise=0.4), rng)
    return out, hidden, CauseCode.TOO_BRIGHT


def _haze(
    rgb: UInt8Image, field: Mask, where: Float32, strength: float, rng: np.random.Generator
) -> tuple[UInt8Image, Mask, CauseCode]:
    opacity = np.clip(where * np.float32(0.25 + 0.75 * strength * rng.uniform(0.6, 1.05)), 0, 0.97)
    mean = rgb[field].reshape(-1, 3)[::29].mean(axis=0).astype(np.float32)
    share = np.float32(rng.uniform(0, 0.8))
    colour = (mean * share + _any_tint(rng) * (1 - share)) * np.float32(rng.uniform(0.5, 1.15))
    lumps = 1 + np.float32(rng.uniform(0, 0.12)) * cloud(where.shape, 2, rng)
    veil = ((opacity * lumps)[..., None] * colour).astype(np.float32)
    tone = Tone(gain=(1 - opacity).astype(np.float32), veil=veil, noise=opacity * np.float32(own_noise(rgb, field)))
    out, hidden = transmit(rgb, field, None, tone, rng)
    return out, hidden, CauseCode.MEDIA_OPACITY


def _occlude(
    rgb: UInt8Image, field: Mask, where: Float32, strength: float, rng: np.random.Generator
) -> tuple[UInt8Image, Mask, CauseCode]:
    """Something lies in the beam: black, skin or paper, with a soft structure of its own that is not anatomy."""
    opacity = np.clip(where * np.float32(0.7 + 1.2 * strength), 0, 1)
    base = rng.uniform(0, 1) ** 1.5 * rng.uniform(40, 220, 3)
    lumps = 1 + np.float32(rng.uniform(0, 0.35)) * cloud(where.shape, int(rng.integers(2, 9)), rng)
    veil = (opacity * lumps)[..., None] * base.astype(np.float32)
    tone = Tone(gain=(1 - opacity).astype(np.float32), veil=veil.astype(np.float32), noise=float(rng.uniform(0.3, 2.0)))
    out, hidden = transmit(rgb, field, None, tone, rng)
    return out, hidden, CauseCode.LASH_LID


LOCAL_FAULTS: tuple[LocalFault, ...] = (_blur, _dark, _bright, _haze, _occlude)
"""The kinds of local fault, and how often each is drawn: see LOCAL_WEIGHTS."""
LOCAL_WEIGHTS = (0.30, 0.24, 0.16, 0.18, 0.12)


def degrade_locally(rgb: UInt8Image, field: Mask, seed: int, strength: float) -> Degraded:
    """Put one local fault, sometimes two, on a photograph at a random place, and say where it hides anatomy.

    Args:
        rgb: H x W x 3 uint8, RGB; a good photograph, for what was hidden before is not known.
        field: H x W bool, True inside the camera's mask.
        seed: Which fault, where, how soft; the same seed gives the same bytes.
        strength: 0 (the photograph itself) to 1 (large and heavy). Weak faults often hide nothing: they teach a map
            what must not be flagged.

    Returns:
        The degraded photograph, the mask, and the cause that each fault resembles most.

    Raises:
        ValueError: Wrong shapes, an empty field, a strength outside 0..1.
    """
    check_photograph(rgb, field)
    check_strength(strength)
    hidden = np.zeros(field.shape, np.bool_)
    if strength == 0:
        return Degraded(rgb=rgb.copy(), hidden=hidden)
    rng = np.random.default_rng([seed, 104729])
    grid = Grid.of(field, FieldGeometry.of(field))
    picture, codes = rgb, []
    for _ in range(2 if rng.random() < 0.2 else 1):
        fault = LOCAL_FAULTS[int(rng.choice(len(LOCAL_FAULTS), p=LOCAL_WEIGHTS))]
        picture, lost, code = fault(picture, field, _place(grid, strength, rng), strength, rng)
        hidden = hidden | lost
        codes.append(code)
    return Degraded(rgb=picture, hidden=hidden, codes=tuple(codes))
