"""TOO_DARK and TOO_BRIGHT: exposure, with the black level, noise, clipping and rounding that make the loss real."""

from __future__ import annotations

import numpy as np

from fundusgate.phantom.arrays import FieldGeometry, Mask, UInt8Image
from fundusgate.phantom.shapes import Grid, cloud
from fundusgate.phantom.transfer import Tone, transmit

GAMMA = 2.2
"""Display levels are light to the power 1/2.2, so a stop of light is a factor of 0.73 in levels."""
MOST_STOPS_UNDER = 7.0
MOST_STOPS_OVER = 4.5


def too_dark(rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """Up to seven stops too little light, unevenly, with the read noise that the tone curve lifts in the dark."""
    geometry = FieldGeometry.of(field)
    grid = Grid.of(field, geometry)
    lean = rng.normal(0, 0.5, 2)
    uneven = grid.x * lean[0] + grid.y * lean[1] + cloud(grid.shape, 2, rng, 2) * np.float32(0.25)
    stops = strength * (MOST_STOPS_UNDER + np.clip(uneven, -1.2, 1.2))
    gain = np.power(2.0, -stops / GAMMA).astype(np.float32)
    noise = strength * rng.uniform(1.2, 2.6)
    return transmit(rgb, field, None, Tone(gain=gain, veil=-strength * rng.uniform(2.0, 7.0), noise=noise), rng)


def too_bright(rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """Up to four stops too much light, strongest on one side or in the middle, clipped as a sensor clips."""
    geometry = FieldGeometry.of(field)
    grid = Grid.of(field, geometry)
    centre = rng.normal(0, 0.45, 2)
    distance = (grid.x - np.float32(centre[0])) ** 2 + (grid.y - np.float32(centre[1])) ** 2
    over = np.exp(-distance / np.float32(rng.uniform(0.5, 2.5))) * rng.uniform(0.1, 0.5)
    stops = strength * MOST_STOPS_OVER * (1 - over.max() + over)
    gain = np.power(2.0, stops / GAMMA).astype(np.float32)
    # Stray light grows with the exposure and lifts the weakest channel most: over-exposed eyes turn pale, not orange.
    tint = np.array([0.6, 1.0, 1.0], np.float32) * np.float32(strength * rng.uniform(30, 80))
    veil = ((gain - 1) / np.float32(max(1e-3, float(gain.max()) - 1)))[..., None] * tint
    return transmit(rgb, field, None, Tone(gain=gain, veil=veil.astype(np.float32), noise=0.5 * strength), rng)
