"""CRESCENT_TOP, CRESCENT_BOTTOM and CENTRAL_GHOST: light that never saw the retina lies over it."""

from __future__ import annotations

import math

import numpy as np

from fundusgate.phantom.arrays import FieldGeometry, Float32, Mask, UInt8Image
from fundusgate.phantom.shapes import Grid, blob, cloud, crescent, smoothstep
from fundusgate.phantom.transfer import Tone, transmit

HAZE_TINTS = np.array(
    [[190, 210, 245], [215, 225, 240], [170, 215, 205], [250, 235, 205], [205, 195, 235]],
    np.float32,
)
"""Colours of corneal and lens reflexes: bluish-white first, then white, teal, cream, violet."""


def _reflex(
    rgb: UInt8Image, field: Mask, cover: Float32, tint: Float32, glare: float, rng: np.random.Generator
) -> tuple[UInt8Image, Mask]:
    """Veil of `tint` with the opacity `cover` (0..1); `glare` is the veil's brightness at full cover, 1 = the tint."""
    gain = 1 - np.float32(0.85) * cover
    # Reflexes shade from white at their heart to coloured at their edge: chromatic focus of the illumination.
    heart = smoothstep(cover, 0.55, 1.0)[..., None]
    colour = tint * (1 - np.float32(0.6) * heart) + np.float32(255 * 0.6) * heart
    veil = cover[..., None] * colour * np.float32(glare)
    return transmit(rgb, field, None, Tone(gain=gain, veil=veil.astype(np.float32), noise=0.6), rng)


def _tint(rng: np.random.Generator) -> Float32:
    weights = np.array([0.45, 0.2, 0.12, 0.15, 0.08])
    return np.asarray(HAZE_TINTS[int(rng.choice(len(HAZE_TINTS), p=weights))] + rng.normal(0, 6, 3), np.float32)


def _crescent(
    rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator, angle: float
) -> tuple[UInt8Image, Mask]:
    grid = Grid.of(field, FieldGeometry.of(field))
    thickness = 0.12 + 0.95 * strength * rng.uniform(0.75, 1.1)
    shape = crescent(grid, angle + rng.normal(0, 0.22), thickness, thickness * rng.uniform(0.7, 1.3))
    patches = np.clip(1 + np.float32(0.06) * cloud(grid.shape, 2, rng, 2), 0.7, 1.2)
    cover = np.clip(shape * patches * (min(1.0, 2.5 * strength) * rng.uniform(0.8, 1.0)), 0, 1).astype(np.float32)
    return _reflex(rgb, field, cover, _tint(rng), rng.uniform(0.7, 1.0), rng)


def crescent_top(rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """A haze crescent along the top rim: the camera is too close."""
    return _crescent(rgb, field, strength, rng, -math.pi / 2)


def crescent_bottom(rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """A haze crescent along the bottom rim: the camera is too far."""
    return _crescent(rgb, field, strength, rng, math.pi / 2)


def central_ghost(rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """Pale spots near the centre, from dirt on the lens; out of focus, some with a darker middle."""
    grid = Grid.of(field, FieldGeometry.of(field))
    cover = np.zeros(grid.shape, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        centre = (rng.normal(0, 0.13), rng.normal(0, 0.13))
        radius = rng.uniform(0.06, 0.12) + 0.28 * strength * rng.uniform(0.4, 1.0)
        spot = blob(grid, rng, centre, radius, rng.uniform(0.5, 1.4))
        if rng.random() < 0.35:
            spot *= 1 - np.float32(0.5) * blob(grid, rng, centre, radius * 0.5, 0.8)
        cover = np.maximum(cover, spot * np.float32(rng.uniform(0.85, 1.0)))
    for _ in range(int(rng.integers(0, 4))):
        dust = blob(grid, rng, (rng.normal(0, 0.45), rng.normal(0, 0.45)), rng.uniform(0.02, 0.05), 0.5)
        cover = np.maximum(cover, dust * np.float32(rng.uniform(0.2, 0.7)))
    cover *= np.float32(min(1.0, 0.4 + 0.6 * strength) * min(1.0, 4 * strength))
    return _reflex(rgb, field, cover, _tint(rng), rng.uniform(0.7, 1.0), rng)
