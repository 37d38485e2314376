"""MEDIA_OPACITY: the lens or the vitreous scatters; contrast falls, a veil rises, edges soften."""

from __future__ import annotations

import numpy as np

from fundusgate.phantom.arrays import FieldGeometry, Mask, UInt8Image
from fundusgate.phantom.optics import gaussian_inside, gaussian_survival
from fundusgate.phantom.shapes import Grid, cloud
from fundusgate.phantom.transfer import Blur, Tone, own_noise, transmit
from fundusgate.phantom.visibility import ReferenceVessel


def media_opacity(rgb: UInt8Image, field: Mask, strength: float, rng: np.random.Generator) -> tuple[UInt8Image, Mask]:
    """Diffuse haze, patchy as cataract is; blue is scattered and absorbed most, so the picture yellows or greens."""
    geometry = FieldGeometry.of(field)
    grid = Grid.of(field, geometry)
    sigma = 0.007 * geometry.diameter * strength
    image = gaussian_inside(np.asarray(rgb, np.float32), field, max(0.05, sigma))
    survival = gaussian_survival(np.array([sigma], np.float32), ReferenceVessel().width * geometry.diameter)
    patches = np.clip(1 + np.float32(rng.uniform(0.05, 0.25)) * cloud(grid.shape, 2, rng, 2), 0.5, 1.5)
    # Beer-Lambert: what comes through unscattered falls exponentially with the opacity's density.
    opacity = 1 - np.exp(np.float32(-2.8 * strength**1.3) * patches)
    mean = rgb[field].reshape(-1, 3)[::17].mean(axis=0).astype(np.float32)
    grey = np.float32(mean.mean())
    scatter = np.array([1.0, rng.uniform(0.95, 1.15), rng.uniform(0.7, 1.05)], np.float32)
    veil_colour = (0.45 * mean + 0.55 * grey * scatter) * np.float32(rng.uniform(0.75, 1.35))
    gain = 1 - opacity
    veil = opacity[..., None] * veil_colour.astype(np.float32)
    tone = Tone(gain=gain, veil=veil, noise=own_noise(rgb, field))
    return transmit(rgb, field, Blur(image, float(survival[0])), tone, rng)
