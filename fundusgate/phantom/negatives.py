"""Pictures that are no fundus: what a camera sees before the eye, after it, and on the way."""

from __future__ import annotations

import cv2
import numpy as np

from fundusgate.phantom.arrays import FieldGeometry, Float32, Mask, UInt8Image


def _lumps(size: int, cells: int, rng: np.random.Generator, octaves: int = 4) -> Float32:
    out = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        n = cells * 2**octave + 3
        out += cv2.resize(
            rng.standard_normal((n, n)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC
        ) * np.float32(0.55**octave)
    return out


def _finish(levels: Float32, rng: np.random.Generator) -> UInt8Image:
    noise = rng.standard_normal(levels.shape).astype(np.float32) * np.float32(rng.uniform(0.8, 3.0))
    return np.clip(levels + noise + 0.5, 0, 255).astype(np.uint8)


def skin_blur(seed: int, size: int = 512) -> UInt8Image:
    """Skin out of focus, size x size x 3."""
    rng = np.random.default_rng([seed, 4])
    base = np.array([rng.uniform(90, 235), 0, 0], np.float32)
    base[1] = base[0] * rng.uniform(0.5, 0.8)
    base[2] = base[1] * rng.uniform(0.6, 0.95)
    shade = 1 + np.float32(0.18) * _lumps(size, 1, rng, 3)
    return _finish((base * shade[..., None]).astype(np.float32), rng)


def lens_cap(seed: int, size: int = 512) -> UInt8Image:
    """The cap is on: near black, size x size x 3."""
    rng = np.random.default_rng([seed, 3])
    return _finish(np.full((size, size, 3), rng.uniform(0, 14), np.float32), rng)


def not_fundus(seed: int, size: int = 512) -> UInt8Image:
    """One of the pictures above, drawn by the seed; size x size x 3."""
    return (skin_blur, lens_cap)[seed % 2](seed, size)


def not_fundus_in(rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """Replace the photograph by one that shows no retina, in half the cases behind the same camera mask.

    `strength` mixes nothing (a retina is in the picture or is not); it is taken so that every fault is called alike.
    """
    del strength
    height, width = field.shape
    side = max(height, width)
    picture = not_fundus(int(rng.integers(2**31)), side)[(side - height) // 2 :, (side - width) // 2 :][:height, :width]
    if rng.random() < 0.5 and FieldGeometry.of(field).diameter > 0:
        picture = np.where(field[..., None], picture, rgb)
    return picture, np.ones(field.shape, np.bool_)
