"""Pictures that are no fundus: what a camera sees before the eye, after it, and on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.phantom.cameras import CAMERAS
from fundusgate.phantom.face import closed_lids, external_eye

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.phantom.arrays import Float32, Mask, UInt8Image


def _lumps(size: int, cells: int, rng: np.random.Generator, octaves: int = 4, roughness: float = 0.55) -> Float32:
    out = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        n = cells * 2**octave + 3
        seeds = rng.standard_normal((n, n)).astype(np.float32)
        out += np.asarray(cv2.resize(seeds, (size, size), interpolation=cv2.INTER_CUBIC)) * np.float32(
            roughness**octave
        )
    return out


def _finish(levels: Float32, rng: np.random.Generator) -> UInt8Image:
    noise = rng.standard_normal(levels.shape).astype(np.float32) * np.float32(rng.uniform(0.6, 3.0))
    return np.asarray(np.clip(levels + noise + 0.5, 0, 255), np.uint8)


def skin_blur(seed: int, size: int = 512) -> UInt8Image:
    """Skin out of focus: a cheek, a finger, a palm; size x size x 3."""
    rng = np.random.default_rng([seed, 4])
    red = rng.uniform(90, 245)
    green = red * rng.uniform(0.5, 0.82)
    base = np.array([red, green, green * rng.uniform(0.6, 0.98)], np.float32)
    shade = 1 + np.float32(rng.uniform(0.05, 0.2)) * _lumps(size, 1, rng, 3)
    y, x = np.mgrid[:size, :size].astype(np.float32) / np.float32(size) - np.float32(0.5)
    shade *= 1 - np.float32(rng.uniform(0, 0.9)) * ((x - rng.normal(0, 0.2)) ** 2 + (y - rng.normal(0, 0.2)) ** 2) * 2
    if rng.random() < 0.4:
        # Fingers side by side: soft dark gaps.
        turn = rng.uniform(0, np.pi)
        across = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn)) + 0.02 * _lumps(size, 1, rng, 2)
        shade *= 1 - np.float32(0.5) * np.exp(-((np.sin(across * rng.uniform(6, 14)) / 0.25) ** 2))
    return _finish(np.asarray(base * np.clip(shade, 0.05, 2)[..., None], np.float32), rng)


def lens_cap(seed: int, size: int = 512) -> UInt8Image:
    """The cap is on: near black, at most a faint leak of light at one side; size x size x 3."""
    rng = np.random.default_rng([seed, 3])
    levels = np.full((size, size, 3), rng.uniform(0, 10), np.float32)
    if rng.random() < 0.5:
        x, y = rng.uniform(0, size, 2)
        v, u = np.mgrid[:size, :size].astype(np.float32)
        far = ((u - np.float32(x)) ** 2 + (v - np.float32(y)) ** 2) / np.float32((size * rng.uniform(0.2, 0.6)) ** 2)
        levels += np.exp(-far)[..., None] * rng.uniform(2, 30, 3).astype(np.float32)
    return _finish(levels, rng)


def room(seed: int, size: int = 512) -> UInt8Image:
    """An examination room, more or less in focus: wall, floor, door, window, furniture, lamp; size x size x 3."""
    rng = np.random.default_rng([seed, 5])
    levels = np.empty((size, size, 3), np.float32)
    horizon = int(size * rng.uniform(0.5, 0.85))
    levels[:] = rng.uniform(90, 235) * rng.uniform(0.85, 1.0, 3)
    levels[horizon:] = rng.uniform(40, 150) * rng.uniform(0.75, 1.0, 3)
    for _ in range(int(rng.integers(4, 12))):
        x, y = rng.uniform(-0.1, 0.9, 2) * size
        w, h = rng.uniform(0.05, 0.45, 2) * size
        corners = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]]) + rng.normal(0, 0.02 * size, (4, 2))
        paint = rng.uniform(15, 250) * (1 - rng.uniform(0, rng.choice([0.15, 0.8]), 3))
        cv2.fillConvexPoly(levels, corners.astype(np.int32), paint.tolist(), cv2.LINE_AA)
        if rng.random() < 0.4:
            cv2.polylines(levels, [corners.astype(np.int32)], True, rng.uniform(0, 120, 3).tolist(), 2, cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 4))):
        at = (rng.uniform(0, 1, 2) * size).astype(int).tolist()
        cv2.circle(levels, at, int(size * rng.uniform(0.02, 0.09)), (252, 250, 240), -1, cv2.LINE_AA)
    levels *= (1 + np.float32(0.12) * _lumps(size, 1, rng, 2))[..., None]
    sigma = size * float(rng.choice([0.002, 0.008, 0.02]))
    return _finish(np.asarray(cv2.GaussianBlur(levels, (0, 0), sigma), np.float32), rng)


def texture(seed: int, size: int = 512) -> UInt8Image:
    """Cloth, wood, paper, marble or noise at any scale and in any colour; size x size x 3."""
    rng = np.random.default_rng([seed, 6])
    y, x = np.mgrid[:size, :size].astype(np.float32) / np.float32(size)
    bend = _lumps(size, int(rng.integers(1, 5)), rng)
    turn = rng.uniform(0, np.pi)
    along = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))
    across = -x * np.float32(np.sin(turn)) + y * np.float32(np.cos(turn))
    kind = int(rng.integers(4))
    if kind == 0:
        pattern = np.sin(along * rng.uniform(40, 300)) + np.sin(across * rng.uniform(40, 300)) + bend * 0.3
    elif kind == 1:
        pattern = np.sin((along + 0.05 * bend) * rng.uniform(20, 120)) + bend * 0.4
    elif kind == 2:
        pattern = 1 - 2 * np.abs(_lumps(size, int(rng.integers(2, 10)), rng, 5, 0.6))
    else:
        pattern = _lumps(size, int(rng.integers(2, 60)), rng, 5, rng.uniform(0.4, 0.9))
    if rng.random() < 0.5:
        dark, light = rng.uniform(10, 160, 3).astype(np.float32), rng.uniform(60, 255, 3).astype(np.float32)
    else:
        # The colours of a fundus, so that colour alone does not make one.
        light = np.array([rng.uniform(120, 230), rng.uniform(60, 150), rng.uniform(15, 110)], np.float32)
        dark = light * rng.uniform(0.35, 0.95, 3).astype(np.float32)
    share = np.clip(0.5 + 0.3 * pattern, 0, 1)[..., None]
    return _finish(np.asarray(dark * (1 - share) + light * share, np.float32), rng)


KINDS: tuple[Callable[[int, int], UInt8Image], ...] = (
    external_eye,
    closed_lids,
    lens_cap,
    skin_blur,
    room,
    texture,
)
"""Every kind of picture that is no fundus."""
KINDS_BY_NAME: dict[str, Callable[[int, int], UInt8Image]] = {kind.__name__: kind for kind in KINDS}
"""The same by the name of its function."""
SHARES = (0.32, 0.14, 0.08, 0.18, 0.13, 0.15)
"""How often each kind is drawn: what stands before a retinal camera is mostly an eye."""


def behind_mask(rgb: UInt8Image, field: Mask) -> UInt8Image:
    """A picture as a camera with this mask shows it: black outside.

    Args:
        rgb: H x W x 3 uint8.
        field: H x W bool.
    """
    return np.asarray(np.where(field[..., None], rgb, np.uint8(0)), np.uint8)


def not_fundus(seed: int, size: int = 512) -> UInt8Image:
    """A picture of any kind, in half the cases behind the mask of one of the cameras.

    Args:
        seed: Which kind, what it looks like, which mask.
        size: Pixels a side.

    Returns:
        size x size x 3 uint8, RGB.
    """
    rng = np.random.default_rng([seed, 7])
    picture = KINDS[int(rng.choice(len(KINDS), p=SHARES))](int(rng.integers(2**31)), size)
    if rng.random() < 0.35:
        sigma = size * rng.uniform(0.004, 0.03)
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)
    if rng.random() < 0.5:
        camera = list(CAMERAS.values())[int(rng.integers(len(CAMERAS)))]
        picture = behind_mask(picture, camera.field(size))
    return picture


def not_fundus_in(rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """Replace the photograph by one that shows no retina, in half the cases behind the photograph's own mask.

    A retina is in the picture or is not: `strength` changes nothing, and is taken so that every fault is called alike.
    """
    del strength
    height, width = field.shape
    side = max(height, width)
    kind = KINDS[int(rng.choice(len(KINDS), p=SHARES))]
    picture = kind(int(rng.integers(2**31)), side)
    picture = picture[(side - height) // 2 :, (side - width) // 2 :][:height, :width]
    if rng.random() < 0.5:
        picture = np.where(field[..., None], picture, rgb)
    return np.ascontiguousarray(picture, np.uint8), np.ones(field.shape, np.bool_)
