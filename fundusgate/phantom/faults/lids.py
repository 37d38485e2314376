"""LASH_LID: a lid and its lashes hang into the beam, far out of focus."""

from __future__ import annotations

import math

import cv2
import numpy as np

from fundusgate.phantom.arrays import FieldGeometry, Float32, Mask, UInt8Image
from fundusgate.phantom.shapes import Grid, cloud, edge_band, smoothstep
from fundusgate.phantom.transfer import Tone, transmit


def _lashes(grid: Grid, above: bool, reach: float, rng: np.random.Generator) -> Float32:
    """Defocused lashes as opacity 0..1 on the coarse grid, rooted in the lid's edge."""
    canvas = np.zeros(grid.shape, np.uint8)
    scale = float(1 / max(1e-6, abs(grid.x[0, 1] - grid.x[0, 0])))
    origin = np.array([-grid.x[0, 0] * scale, -grid.y[0, 0] * scale])
    side = -1.0 if above else 1.0
    for _ in range(int(rng.integers(7, 18))):
        root = rng.uniform(-0.9, 0.9)
        length = rng.uniform(0.25, 0.65) * (0.5 + 0.6 * reach)
        lean = 0.6 * root + rng.normal(0, 0.2)
        t = np.linspace(0, 1, 12)
        x = root + length * (lean * t + rng.normal(0, 0.25) * t * t)
        y = side * (1.02 - reach - length * t * math.cos(lean * 0.6))
        points = np.stack([x, y], axis=1) * scale + origin
        for i in range(len(t) - 1):
            thick = max(1, round(scale * 0.035 * (1 - t[i])))
            start, end = points[i].round().astype(int).tolist(), points[i + 1].round().astype(int).tolist()
            cv2.line(canvas, start, end, int(rng.uniform(200, 255)), thick, cv2.LINE_AA)
    sigma = max(0.4, 0.014 * scale * rng.uniform(0.6, 1.6))
    soft = cv2.GaussianBlur(canvas, (0, 0), sigma)
    return np.asarray(soft, np.float32) / np.float32(255)


def blink(rgb: UInt8Image, field: Mask, closed: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """A lid on its way down or up: `closed` 0 (open) to 1 (nothing but lid)."""
    grid = Grid.of(field, FieldGeometry.of(field))
    edge = grid.y + np.float32(0.12) * grid.x * grid.x
    lid = smoothstep(edge, 2.6 * closed - 1.0, 2.6 * closed - 1.35)
    veil = (lid * (1.1 - 0.3 * grid.y))[..., None] * np.array([44, 22, 14], np.float32)
    tone = Tone(gain=np.asarray(1 - np.float32(0.985) * lid, np.float32), veil=np.asarray(veil, np.float32), noise=0.8)
    return transmit(rgb, field, None, tone, rng)


def lash_lid(rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """Dark cover from above (mostly) or below, with lashes hanging from it and the lid's pink reflex at its edge."""
    grid = Grid.of(field, FieldGeometry.of(field))
    above = bool(rng.random() < 0.75)
    reach = 0.05 + 1.05 * strength * rng.uniform(0.75, 1.1)
    angle = (-1 if above else 1) * math.pi / 2 + rng.normal(0, 0.12)
    lid = edge_band(grid, rng, angle, reach, 0.12 + 0.35 * rng.random())
    lashes = _lashes(grid, above, reach, rng) * np.float32(min(1.0, 2.5 * strength) * rng.uniform(0.6, 1.0))
    opacity = 1 - (1 - lid * np.float32(min(1.0, 4 * strength) * 0.98)) * (1 - lashes)
    glow = smoothstep(lid, 0.15, 0.75) * np.clip(0.9 + 0.2 * cloud(grid.shape, 2, rng, 2), 0.2, 2)
    skin = np.array([1.0, rng.uniform(0.55, 0.8), rng.uniform(0.4, 0.75)], np.float32)
    veil = (glow * (1 - np.float32(0.7) * lashes))[..., None] * skin * np.float32(rng.uniform(8, 55))
    tone = Tone(gain=(1 - opacity).astype(np.float32), veil=veil.astype(np.float32), noise=0.8)
    return transmit(rgb, field, None, tone, rng)
