"""OFF_CENTRE and SMALL_PUPIL: the beam misses the pupil, or the pupil is smaller than the beam."""

from __future__ import annotations

import math

import cv2
import numpy as np

from fundusgate.phantom.arrays import FieldGeometry, Mask, UInt8Image
from fundusgate.phantom.shapes import COARSE_STEP, Grid, blob, cloud, crescent, ring, smoothstep
from fundusgate.phantom.transfer import Tone, transmit


def off_centre(rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """The view moves over the retina, so that disc or fovea leave, and the far side goes dark behind the iris."""
    geometry = FieldGeometry.of(field)
    angle = rng.uniform(0, 2 * math.pi)
    shift = 0.9 * strength * rng.uniform(0.8, 1.0) * geometry.diameter / 2
    height, width = field.shape
    # What leaves is lost; what would enter was never photographed, and lies in the shadow that hides it.
    matrix = np.array([[1, 0, -shift * math.cos(angle)], [0, 1, -shift * math.sin(angle)]], np.float32)
    moved = np.asarray(cv2.warpAffine(rgb, matrix, (width, height)), np.uint8)
    covered = cv2.warpAffine(field.astype(np.uint8), matrix, (width, height)).astype(bool)
    moved = np.where(covered[..., None], moved, np.uint8(0))
    grid = Grid.of(field, geometry)
    thickness = 2 * shift / geometry.diameter
    soft = 0.06 + 0.25 * thickness * rng.uniform(0.6, 1.2)
    shadow = crescent(grid, angle, thickness * 1.1 + 0.02, soft)
    # Where the field is cut, its moved edge is straight; the shadow covers it with the same softness.
    empty = cv2.resize((field & ~covered).astype(np.float32), grid.shape[::-1], interpolation=cv2.INTER_AREA)
    reach = max(1, round(soft * geometry.diameter / 4 / COARSE_STEP))
    grown = cv2.dilate(empty, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    shadow = np.maximum(shadow, cv2.blur(grown, (2 * reach + 1, 2 * reach + 1)))
    gain = 1 - shadow
    rim = np.exp(-(((gain - 0.4) / 0.25) ** 2)) * np.float32(rng.uniform(0, 26))
    tint = np.array([1.0, rng.uniform(0.75, 0.95), rng.uniform(0.55, 0.9)], np.float32)
    out, hidden = transmit(moved, field, None, Tone(gain=gain, veil=rim[..., None] * tint, noise=0.5), rng)
    return np.where(field[..., None], out, rgb), (hidden | ~covered) & field


def small_pupil(rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """A dark ring that closes in, sometimes with a shadow from one side, and the grey reflex of the iris in it."""
    grid = Grid.of(field, FieldGeometry.of(field))
    centre = (rng.normal(0, 0.10), rng.normal(0, 0.10))
    inner = 1.05 - 0.75 * strength * rng.uniform(0.8, 1.05)
    edge = ring(grid, inner, 0.25 + 0.45 * strength * rng.uniform(0.5, 1.2), centre)
    gain = 1 - np.float32(min(1.0, 2 * strength) * rng.uniform(0.88, 0.99)) * edge
    if rng.random() < 0.5:
        angle = rng.uniform(0, 2 * math.pi)
        far = (math.cos(angle) * rng.uniform(0.3, 0.7), math.sin(angle) * rng.uniform(0.3, 0.7))
        shade = blob(grid, rng, far, 0.2 + 0.5 * strength, 1.2)
        gain *= 1 - np.float32(0.9 * strength) * shade
    gain *= 1 - np.float32(0.35 * strength)
    reflex = smoothstep(edge, 0.2, 1.0) * np.clip(1 + 0.2 * cloud(grid.shape, 2, rng, 2), 0, 2)
    tint = np.array([1.0, rng.uniform(0.85, 1.1), rng.uniform(0.7, 1.1)], np.float32)
    veil = reflex[..., None] * tint * np.float32(strength * rng.uniform(0, 22))
    tone = Tone(gain=gain.astype(np.float32), veil=veil.astype(np.float32), noise=1.2 * strength)
    return transmit(rgb, field, None, tone, rng)
