"""The outside of an eye, open and closed, as a retinal camera sees it on its way in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.phantom.texture import Lattice

if TYPE_CHECKING:
    from fundusgate.phantom.arrays import Float32, UInt8Image

IRISES = np.array([[82, 56, 38], [58, 40, 30], [112, 132, 150], [96, 108, 72], [128, 96, 58]], np.float32)
"""Brown, dark brown, blue, green, amber."""


@dataclass(frozen=True)
class EyeOpening:
    """Where the eye lies in the picture, in picture sides, origin in the middle, y down.

    Attributes:
        x: Middle of the opening.
        y: The same, downwards.
        width: From corner to corner.
        openness: Height over width of the opening; 0 is closed.
    """

    x: float
    y: float
    width: float
    openness: float


def _coordinates(size: int) -> tuple[Float32, Float32]:
    y, x = np.mgrid[:size, :size].astype(np.float32) / np.float32(size) - np.float32(0.5)
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _skin(x: Float32, y: Float32, noise: Lattice, rng: np.random.Generator) -> Float32:
    red = rng.uniform(95, 235)
    green = red * rng.uniform(0.58, 0.78)
    tone = np.array([red, green, green * rng.uniform(0.7, 0.9)], np.float32)
    pores = noise.at(x * 60, y * 60, 0, octaves=2) * np.float32(0.02) + noise.at(x * 5, y * 5, 1, 3) * np.float32(0.05)
    light = 1 - np.float32(rng.uniform(0.1, 0.7)) * (x * x + y * y) + x * np.float32(rng.normal(0, 0.25))
    return np.asarray(tone * (light + pores)[..., None], np.float32)


def _lid_lines(opening: EyeOpening, x: Float32) -> tuple[Float32, Float32]:
    """Rows of the upper and lower lid's edge at every pixel's column; equal outside the corners."""
    t = np.clip((x - np.float32(opening.x)) / np.float32(opening.width / 2), -1, 1)
    arch = (1 - t * t) * (1 - 0.18 * t)
    upper = opening.y - np.float32(opening.openness * opening.width * 0.62) * arch
    lower = opening.y + np.float32(opening.openness * opening.width * 0.38) * (1 - t * t)
    return np.asarray(upper, np.float32), np.asarray(lower, np.float32)


def _draw_lashes(levels: Float32, opening: EyeOpening, rng: np.random.Generator) -> None:
    size = levels.shape[0]
    closed = opening.openness < 0.05
    for upper in (True, False):
        for _ in range(int(rng.integers(45, 80)) if upper else int(rng.integers(15, 35))):
            t = rng.uniform(-0.95, 0.95)
            arch = (1 - t * t) * opening.openness * opening.width
            x = opening.x + t * opening.width / 2
            y = opening.y + (-0.62 * (1 - 0.18 * t) if upper else 0.38) * arch
            length = opening.width * rng.uniform(0.08, 0.17) * (1.0 if upper else 0.55)
            lean = 0.9 * t + rng.normal(0, 0.12)
            up = -1.0 if upper and not closed else 0.8
            s = np.linspace(0, 1, 7)
            px = x + length * (np.sin(lean) * s + 0.15 * t * s * s)
            py = y + up * length * (np.cos(lean) * s - 0.25 * s * (1 - s))
            points = np.round((np.stack([px, py], axis=1) + 0.5) * size * 8).astype(np.int32)
            dark = rng.uniform(8, 45)
            thick = max(1, round(size / 420))
            cv2.polylines(levels, [points], False, (dark * 1.2, dark, dark * 0.9), thick, cv2.LINE_AA, 3)


def _globe(x: Float32, y: Float32, opening: EyeOpening, noise: Lattice, rng: np.random.Generator) -> Float32:
    """Sclera with its vessels, iris, pupil and the lamp's reflexes."""
    ix, iy = opening.x + rng.normal(0, 0.06) * opening.width, opening.y - 0.08 * opening.openness * opening.width
    dx, dy = x - np.float32(ix), y - np.float32(iy)
    radius = np.float32(0.215 * opening.width)
    distance = np.sqrt(dx * dx + dy * dy) / radius
    angle = np.arctan2(dy, dx)
    veins = np.clip(np.abs(noise.at(x * 9, y * 22, 2, octaves=3)) * -4 + 0.7, 0, 1)
    white = np.array([222, 208, 200], np.float32) * (1 - 0.16 * np.clip(distance - 1, 0, 2) ** 2)[..., None]
    white = white - (veins * np.clip(distance - 1, 0, 1))[..., None] * np.array([14, 60, 56], np.float32)
    colour = IRISES[int(rng.integers(len(IRISES)))] * np.float32(rng.uniform(0.8, 1.3))
    fibres = 1 + 0.28 * noise.at(np.cos(angle) * 9 + 60, np.sin(angle) * 9 + distance * 0.8, 3, octaves=3)
    fibres = fibres * (0.75 + 0.45 * np.exp(-(((distance - 0.55) / 0.2) ** 2)))
    iris = colour * (fibres * (1 - 0.65 * np.clip((distance - 0.85) / 0.15, 0, 1)))[..., None]
    pupil = np.float32(rng.uniform(0.25, 0.6))
    # The camera's own lamp makes some pupils glow.
    glow = np.array([170, 60, 30], np.float32) * np.float32(rng.uniform(0, 1) if rng.random() < 0.4 else 0.05)
    inside = np.clip((pupil - distance) / 0.05 + 0.5, 0, 1)[..., None]
    iris = iris * (1 - inside) + (glow + 8) * inside
    edge = np.clip((1 - distance) / 0.07 + 0.5, 0, 1)[..., None]
    out = white * (1 - edge) + iris * edge
    for _ in range(int(rng.integers(1, 4))):
        rx, ry = rng.normal(0, 0.3, 2)
        spot = ((dx / radius - np.float32(rx)) ** 2 + (dy / radius - np.float32(ry)) ** 2) / rng.uniform(0.002, 0.03)
        out = out + np.exp(-(spot**2))[..., None] * np.float32(230)
    return np.asarray(out, np.float32)


def eye_at(seed: int, size: int, opening: EyeOpening) -> UInt8Image:
    """An eye from outside with its opening where it is wanted; size x size x 3 uint8."""
    rng = np.random.default_rng([seed, 8])
    x, y = _coordinates(size)
    noise = Lattice(seed)
    turn = rng.normal(0, 0.12)
    u = np.asarray(x * math.cos(turn) + y * math.sin(turn), np.float32)
    v = np.asarray(-x * math.sin(turn) + y * math.cos(turn), np.float32)
    levels = _skin(u, v, noise, rng)
    upper, lower = _lid_lines(opening, u)
    # The fold above the lid, and the shade under the brow.
    for lift, depth, width in ((0.16, 0.35, 0.012), (-0.12, 0.15, 0.02)):
        fold = (v - upper + np.float32(lift * opening.width)) / np.float32(width)
        across = np.clip(1 - ((u - opening.x) / (0.62 * opening.width)) ** 2, 0, 1)
        levels *= 1 - np.float32(depth) * (np.exp(-(fold**2)) * across)[..., None]
    soft = np.float32(0.006)
    inside = np.clip((v - upper) / soft, 0, 1) * np.clip((lower - v) / soft, 0, 1)
    globe = _globe(u, v, opening, noise, rng)
    shade = 1 - 0.55 * np.exp(-np.maximum(v - upper, 0) / np.float32(0.05))
    levels = levels * (1 - inside[..., None]) + globe * shade[..., None] * inside[..., None]
    margin = np.exp(-(((v - lower) / 0.008) ** 2)) + np.exp(-(((v - upper) / 0.007) ** 2))
    within = (np.abs(u - opening.x) < opening.width / 2).astype(np.float32)
    levels *= 1 - np.float32(0.45) * np.clip(margin * within, 0, 1)[..., None]
    flat = np.ascontiguousarray(levels, np.float32)
    _draw_lashes(flat, opening, rng)
    flat = np.asarray(cv2.GaussianBlur(flat, (0, 0), size * rng.uniform(0.0012, 0.006)), np.float32)
    gain = np.float32(rng.uniform(0.45, 1.15))
    out = flat * gain + rng.standard_normal(flat.shape).astype(np.float32) * np.float32(rng.uniform(0.8, 3))
    return np.asarray(np.clip(out + 0.5, 0, 255), np.uint8)


def external_eye(seed: int, size: int = 512) -> UInt8Image:
    """An open eye from outside, near or far: lids, lashes, sclera, iris, pupil, reflexes; size x size x 3."""
    rng = np.random.default_rng([seed, 1])
    width = float(rng.uniform(0.5, 1.9))
    opening = EyeOpening(rng.normal(0, 0.08), rng.normal(0, 0.06), width, rng.uniform(0.22, 0.5))
    return eye_at(seed, size, opening)


def closed_lids(seed: int, size: int = 512) -> UInt8Image:
    """A closed eye: skin, the line between the lids, lashes; size x size x 3."""
    rng = np.random.default_rng([seed, 2])
    opening = EyeOpening(rng.normal(0, 0.08), rng.normal(0.05, 0.1), float(rng.uniform(0.6, 1.6)), 0.01)
    return eye_at(seed, size, opening)
