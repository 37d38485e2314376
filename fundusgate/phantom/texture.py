"""Noise that belongs to the retina, not to the picture: the same place looks the same in every view of an eye."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from fundusgate.phantom.arrays import Float32

LATTICE = 256
Coordinates = NDArray[np.floating[Any]]
"""H x W places in the lattice, in units of its cells."""


class Lattice:
    """A periodic random field that can be asked at any coordinates.

    Args:
        seed: The eye's; each use takes its own `layer`.
    """

    def __init__(self, seed: int) -> None:
        self._values = np.random.default_rng([seed, 77]).standard_normal((LATTICE, LATTICE)).astype(np.float32)

    def at(self, u: Coordinates, v: Coordinates, layer: int, octaves: int = 1, roughness: float = 0.5) -> Float32:
        """Smooth noise of mean 0 and standard deviation about 1.

        Args:
            u: H x W coordinates; features are about one unit across.
            v: The other coordinate, H x W.
            layer: Which of the independent fields.
            octaves: How many times the frequency doubles.
            roughness: Height of each octave over the one before.
        """
        total = np.zeros(u.shape, np.float32)
        power = 0.0
        for octave in range(octaves):
            shift = 37.31 * layer + 11.17 * octave
            x = np.mod(u * np.float32(2**octave) + np.float32(shift), LATTICE).astype(np.float32)
            y = np.mod(v * np.float32(2**octave) + np.float32(shift * 1.7), LATTICE).astype(np.float32)
            sampled = cv2.remap(self._values, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
            total += np.asarray(sampled, np.float32) * np.float32(roughness**octave)
            power += roughness ** (2 * octave)
        return np.asarray(total / np.float32(0.7 * np.sqrt(power)), np.float32)
