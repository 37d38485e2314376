"""Photographs with discs of every kind: within the frame and past it, of every way of resizing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.disc import Disc

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZES = (64, 96, 160, 224, 384)


def random_case(seed: int) -> tuple[NDArray[np.uint8], Disc, int]:
    """A photograph of 20 to 700 pixels a side, its disc, and the size to frame it at."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(20, 700, 2)
    rgb = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if seed % 3 == 0:
        rgb = (rgb // 8 + np.linspace(0, 220, width)[None, :, None]).astype(np.uint8)
    size = int(rng.choice(SIZES))
    radius = (
        rng.uniform(3, 500),
        size / 2,
        size,
        1.5 * size,
        size * rng.integers(2, 5),
        rng.uniform(0.2, 1.2) * min(height, width) / 2,
    )[seed % 6]
    cx, cy = rng.uniform(-0.1, 1.1, 2) * (width, height)
    return rgb, Disc(float(cx), float(cy), float(radius), bounded=True), size
