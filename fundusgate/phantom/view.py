"""Which part of the retina a picture shows, and at what scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.codes import Laterality

if TYPE_CHECKING:
    from fundusgate.phantom.anatomy import Eye
    from fundusgate.phantom.arrays import Float32


@dataclass(frozen=True)
class View:
    """A square picture of the retina.

    Attributes:
        size: Pixels a side.
        scale: Pixels a degree.
        x: What lies in the middle, degrees of a right eye (fovea at the origin, x towards the disc, y down).
        y: The same, downwards.
        mirrored: True for a left eye.
        torsion: Turn of the retina in the picture, radians.
    """

    size: int
    scale: float
    x: float
    y: float
    mirrored: bool
    torsion: float

    @classmethod
    def of(cls, eye: Eye, size: int, scale: float, gaze: tuple[float, float]) -> View:
        """The view of an eye with `gaze` (degrees of a right eye) in the middle."""
        return cls(size, scale, gaze[0], gaze[1], eye.laterality is Laterality.OS, eye.torsion)

    def degrees(self) -> tuple[Float32, Float32]:
        """Retinal x and y of every pixel, size x size each."""
        middle = (self.size - 1) / 2
        v, u = (np.mgrid[: self.size, : self.size].astype(np.float32) - np.float32(middle)) / np.float32(self.scale)
        if self.mirrored:
            u = -u
        c, s = math.cos(self.torsion), math.sin(self.torsion)
        return np.asarray(c * u + s * v + self.x, np.float32), np.asarray(-s * u + c * v + self.y, np.float32)

    def pixels(self, points: Float32) -> Float32:
        """Pixels of retinal points, N x 2 in degrees to N x 2 (column, row)."""
        dx, dy = points[:, 0] - self.x, points[:, 1] - self.y
        c, s = math.cos(self.torsion), math.sin(self.torsion)
        u, v = c * dx - s * dy, s * dx + c * dy
        if self.mirrored:
            u = -u
        middle = (self.size - 1) / 2
        return np.stack([u * self.scale + middle, v * self.scale + middle], axis=1).astype(np.float32)
