"""What the camera does to the retina's light: uneven illumination, optics, sensor, software, file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.phantom.transfer import grain

if TYPE_CHECKING:
    from fundusgate.phantom.arrays import Float32, Mask, UInt8Image
    from fundusgate.phantom.cameras import CameraModel


def illumination(camera: CameraModel, size: int, rng: np.random.Generator) -> Float32:
    """Light that reaches sensor pixels from an even retina, 1 in the middle; size x size x 3.

    It falls off towards the rim, is never quite centred, and is never quite white at the edge.
    """
    radius = camera.circle_radius(size)
    y, x = (np.mgrid[:size, :size].astype(np.float32) - np.float32((size - 1) / 2)) / np.float32(radius)
    ox, oy = rng.normal(0, 0.13, 2)
    square = (x - np.float32(ox)) ** 2 + (y - np.float32(oy)) ** 2
    fall = 1 - np.float32(camera.falloff) * square * (0.55 + 0.45 * square)
    rim = np.clip(square, 0, 1.4)[..., None]
    tint = 1 + rim * (np.asarray(camera.tint, np.float32) - 1)
    lean = rng.normal(0, 0.06, 2)
    slope = 1 + x * np.float32(lean[0]) + y * np.float32(lean[1])
    return np.asarray(np.clip(fall * slope, 0.08, None)[..., None] * tint, np.float32)


def rim_glow(camera: CameraModel, size: int, rng: np.random.Generator) -> Float32:
    """The faint coloured haze that even good photographs have along part of the rim, levels, size x size x 3."""
    radius = camera.circle_radius(size)
    y, x = (np.mgrid[:size, :size].astype(np.float32) - np.float32((size - 1) / 2)) / np.float32(radius)
    angle = rng.uniform(0, 2 * np.pi)
    towards = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    distance = np.sqrt(x * x + y * y)
    strength = rng.exponential(0.5)
    shape = np.clip((distance - 0.72) / 0.28, 0, 1.2) ** 2 * np.clip(towards + 0.25, 0, 1.2)
    colour = np.array([[60, 80, 120], [110, 100, 80], [70, 105, 100]], np.float32)[int(rng.integers(3))]
    return np.asarray(shape[..., None] * colour * np.float32(min(0.9, strength)), np.float32)


def shoulder(levels: Float32) -> Float32:
    """Compress what lies over 200 levels smoothly towards 255, as cameras' tone curves do."""
    over = np.maximum(levels - 200, 0)
    return np.asarray(np.minimum(levels, 200) + 55 * (1 - np.exp(-over / 70)), np.float32)


def develop(levels: Float32, field: Mask, camera: CameraModel, rng: np.random.Generator) -> UInt8Image:
    """Optics, tone, noise, sharpening and file of the camera.

    Args:
        levels: size x size x 3, lit, before the camera's optics.
        field: size x size, the camera's mask.
        camera: Which.
        rng: Source of the noise.
    """
    size = field.shape[0]
    diameter = 2 * camera.circle_radius(size)
    out = cv2.GaussianBlur(levels, (0, 0), max(0.25, camera.softness * diameter))
    out = shoulder(np.asarray(out, np.float32))
    # Photon noise in gamma-coded levels is nearly even; a little colour noise of larger grain from demosaicking.
    coarse = cv2.GaussianBlur(np.ascontiguousarray(grain(size, size, rng)), (0, 0), 1.1)
    out += grain(size, size, rng) * np.float32(camera.noise * 0.8) + coarse * np.float32(camera.noise * 1.4)
    if camera.sharpening:
        out += np.float32(camera.sharpening) * (out - cv2.GaussianBlur(out, (0, 0), 0.0028 * diameter))
    # The mask is a stop in the camera: sharp, but not a staircase.
    edge = cv2.GaussianBlur(field.astype(np.float32), (0, 0), 0.7)[..., None]
    black = np.float32(camera.surround) + np.abs(grain(size, size, rng)) * np.float32(0.4 * (camera.surround > 0))
    out = out * edge + black * (1 - edge)
    picture = np.clip(out + 0.5, 0, 255).astype(np.uint8)
    if camera.jpeg:
        coded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, camera.jpeg])[1]
        picture = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))[..., ::-1].copy()
    return np.asarray(picture, np.uint8)
