"""FOCUS and MOTION: the optics or the hand smear the picture; the sensor's own noise stays."""

from __future__ import annotations

import math

import numpy as np

from fundusgate.phantom.arrays import FieldGeometry, Mask, UInt8Image
from fundusgate.phantom.optics import (
    blur_inside,
    disc_kernel,
    disc_survival,
    motion_kernel,
    motion_survival,
    shrink_for,
)
from fundusgate.phantom.transfer import Blur, Tone, own_noise, transmit
from fundusgate.phantom.visibility import ReferenceVessel

LARGEST_DEFOCUS = 0.035
"""Radius of the defocus disc at strength 1, in field diameters: 18 px of 512."""
LONGEST_SMEAR = 0.10
"""Length of the smear at strength 1, in field diameters."""


GROWTH = 1.5
"""Kernels grow with strength to this power: small errors are common, and half strength is where vessels go."""


def focus(rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """Defocus: a uniform disc of light for every point (geometrical optics), noise of the sensor on top."""
    geometry = FieldGeometry.of(field)
    radius = LARGEST_DEFOCUS * geometry.diameter * strength**GROWTH
    shrink = shrink_for(radius)
    image = blur_inside(np.asarray(rgb, np.float32), field, disc_kernel(max(0.05, radius / shrink)), shrink)
    survival = disc_survival(radius, ReferenceVessel().width * geometry.diameter)
    return transmit(rgb, field, Blur(image, survival), Tone(noise=own_noise(rgb, field)), rng)


def motion(rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """A smear along one slightly bent path; vessels along it survive, those across it do not."""
    geometry = FieldGeometry.of(field)
    length = LONGEST_SMEAR * geometry.diameter * strength**GROWTH
    shrink = shrink_for(length / 3)
    kernel = motion_kernel(max(0.1, length / shrink), rng.uniform(0, math.pi), rng.normal(0, 0.35))
    image = blur_inside(np.asarray(rgb, np.float32), field, kernel, shrink)
    survival = motion_survival(length, ReferenceVessel().width * geometry.diameter)
    return transmit(rgb, field, Blur(image, survival), Tone(noise=own_noise(rgb, field)), rng)
