"""Smooth random shapes in 0..1: where in the field a fault lies, and how softly it ends.

All work on a coarse grid (a quarter of the photograph's side) and are upsampled by whoever needs pixels: every fault
here but a lash is out of focus in the camera, so it has no detail at the photograph's own resolution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from fundusgate.phantom.arrays import FieldGeometry, Float32, Mask

COARSE_STEP = 4
"""Photograph pixels a side of one cell of the coarse grid."""


@dataclass(frozen=True)
class Grid:
    """Coarse coordinates in units of the field's radius, origin at the field's centre.

    Attributes:
        x: h x w, grows to the right; 1 at the field's edge.
        y: h x w, grows downwards.
    """

    x: Float32
    y: Float32

    @classmethod
    def of(cls, field: Mask, geometry: FieldGeometry) -> Grid:
        """The coarse grid of a photograph with this field mask (H x W), whose measures are `geometry`."""
        height, width = field.shape
        h, w = -(-height // COARSE_STEP), -(-width // COARSE_STEP)
        xs = ((np.arange(w, dtype=np.float32) + 0.5) * (width / w) - 0.5 - geometry.cx) / (geometry.diameter / 2)
        ys = ((np.arange(h, dtype=np.float32) + 0.5) * (height / h) - 0.5 - geometry.cy) / (geometry.diameter / 2)
        x, y = np.meshgrid(xs.astype(np.float32), ys.astype(np.float32))
        return cls(x=x, y=y)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the coarse grid."""
        return self.x.shape[0], self.x.shape[1]


def smoothstep(value: Float32, low: float, high: float) -> Float32:
    """Hermite step: 0 below `low`, 1 above `high` (either order of the two)."""
    t = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def cloud(shape: tuple[int, int], cells: int, rng: np.random.Generator, octaves: int = 3) -> Float32:
    """Band-limited noise of mean 0 and standard deviation about 1.

    Args:
        shape: Rows and columns wanted.
        cells: Lumps across the first octave; each further octave doubles it at half the height.
        rng: Source of randomness.
        octaves: How many octaves.
    """
    height, width = shape
    out = np.zeros(shape, np.float32)
    power = 0.0
    for octave in range(octaves):
        n = cells * 2**octave
        seeds = rng.standard_normal((n + 3, n + 3)).astype(np.float32)
        lump = cv2.resize(seeds, (width, height), interpolation=cv2.INTER_CUBIC)
        out += lump * np.float32(0.5**octave)
        power += 0.25**octave
    # Cubic interpolation between independent values leaves about two thirds of their standard deviation.
    return out / np.float32(0.68 * math.sqrt(power))


def blob(grid: Grid, rng: np.random.Generator, centre: tuple[float, float], radius: float, softness: float) -> Float32:
    """An irregular ellipse: 1 inside, 0 outside.

    Args:
        grid: Where.
        rng: Source of randomness (axes, tilt, ragged edge).
        centre: x, y in field radii.
        radius: Mean radius in field radii.
        softness: Width of the edge as a fraction of the radius, over 0.
    """
    angle = rng.uniform(0, math.pi)
    stretch = rng.uniform(1.0, 1.7)
    dx, dy = grid.x - np.float32(centre[0]), grid.y - np.float32(centre[1])
    u = (dx * math.cos(angle) + dy * math.sin(angle)) * math.sqrt(stretch)
    v = (-dx * math.sin(angle) + dy * math.cos(angle)) / math.sqrt(stretch)
    distance = np.sqrt(u * u + v * v) / np.float32(radius)
    distance += cloud(grid.shape, 4, rng, octaves=2) * np.float32(rng.uniform(0.05, 0.25))
    return smoothstep(distance.astype(np.float32), 1 + softness / 2, 1 - softness / 2)


def edge_band(grid: Grid, rng: np.random.Generator, angle: float, reach: float, softness: float) -> Float32:
    """Everything beyond a slightly curved line across the field: 1 beyond it.

    Args:
        grid: Where.
        rng: Source of randomness (curvature and waviness of the line).
        angle: Direction of the covered side, radians, 0 right and pi/2 down.
        reach: How far the cover comes in from the field's edge, in field radii (0 touches, 2 covers all).
        softness: Width of the edge in field radii, over 0.
    """
    along = grid.x * math.cos(angle) + grid.y * math.sin(angle)
    across = -grid.x * math.sin(angle) + grid.y * math.cos(angle)
    line = along + across * across * np.float32(rng.uniform(-0.25, 0.35))
    line += cloud(grid.shape, 2, rng, octaves=2) * np.float32(rng.uniform(0.0, 0.08))
    limit = 1.0 - reach
    return smoothstep(line.astype(np.float32), limit - softness / 2, limit + softness / 2)


def crescent(grid: Grid, angle: float, thickness: float, softness: float) -> Float32:
    """What lies outside a circle of the field's size moved away from `angle`: a crescent along the field's rim.

    Args:
        grid: Where.
        angle: Direction of the crescent's thickest point, radians, 0 right and pi/2 down.
        thickness: At its thickest, in field radii.
        softness: Width of the inner edge in field radii, over 0.
    """
    dx, dy = grid.x + np.float32(thickness * math.cos(angle)), grid.y + np.float32(thickness * math.sin(angle))
    return smoothstep(np.sqrt(dx * dx + dy * dy).astype(np.float32), 1 - softness / 2, 1 + softness / 2)


def sector(grid: Grid, rng: np.random.Generator, angle: float, width: float, softness: float) -> Float32:
    """A wedge with its tip near the field's centre, as a local cortical opacity throws.

    Args:
        grid: Where.
        rng: Source of randomness (where the tip is, waviness).
        angle: Direction of the wedge's axis, radians.
        width: Full opening in radians.
        softness: Width of the edges in radians, over 0.
    """
    tip = rng.uniform(-0.3, 0.3, 2)
    dx, dy = grid.x - np.float32(tip[0]), grid.y - np.float32(tip[1])
    turn = np.arctan2(dy, dx) - np.float32(angle)
    turn = np.abs((turn + math.pi) % (2 * math.pi) - math.pi)
    turn += cloud(grid.shape, 3, rng, octaves=2) * np.float32(0.08)
    beyond = smoothstep(np.sqrt(dx * dx + dy * dy).astype(np.float32), 0.02, 0.3)
    return smoothstep(turn.astype(np.float32), width / 2 + softness / 2, width / 2 - softness / 2) * beyond


def ring(grid: Grid, inner: float, softness: float, centre: tuple[float, float] = (0.0, 0.0)) -> Float32:
    """Everything outside a circle: 1 outside.

    Args:
        grid: Where.
        inner: The circle's radius in field radii.
        softness: Width of the edge in field radii, over 0.
        centre: x, y in field radii.
    """
    dx, dy = grid.x - np.float32(centre[0]), grid.y - np.float32(centre[1])
    distance = np.sqrt(dx * dx + dy * dy).astype(np.float32)
    return smoothstep(distance, inner - softness / 2, inner + softness / 2)
