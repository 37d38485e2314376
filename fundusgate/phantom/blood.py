"""Vessels as absorbing columns of blood: coverage maps, and what each leaves of the light behind it.

A column of diameter w seen from the front is longest in the middle, so a vessel is darkest along its axis; arteries
carry oxygenated blood, which lets more red through, and their walls throw a bright reflex along the axis (Brinchmann-
Hansen and Heier 1986, Theoretical relations between light streak characteristics and optical properties of retinal
vessels).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from fundusgate.phantom.anatomy import Eye
    from fundusgate.phantom.arrays import Float32, UInt8Image
    from fundusgate.phantom.view import View

FINE = 4
"""Vessels are drawn this much larger and averaged down: widths and places to a quarter of a pixel."""
SHIFT = 3
"""Fractional bits of OpenCV's drawing coordinates."""
LAYERS = ((1.0, 150), (0.78, 205), (0.5, 255))
"""Share of the diameter and path length (of 255) of the nested strokes that make up a round column."""
ARTERY = (0.09, 0.47, 0.42)
VEIN = (0.27, 0.74, 0.62)
"""Optical density (natural logarithm) of a full trunk, R, G, B."""
FULL_TRUNK = 0.42
"""Degrees; thinner vessels hold less blood and are paler."""


@dataclass(frozen=True)
class Blood:
    """Coverage maps of one view, size x size, 0..1.

    Attributes:
        arteries: Path length through arterial blood, 1 = a full trunk's axis.
        veins: The same of venous blood.
        reflex: Coverage by the bright streak along wide vessels.
        vessels: Coverage by any vessel, whatever its thickness: the ground truth.
    """

    arteries: Float32
    veins: Float32
    reflex: Float32
    vessels: Float32

    def transmitted(self, contrast: float) -> Float32:
        """The share of light that comes back through the vessels, size x size x 3, 0..1."""
        density = self.arteries[..., None] * np.asarray(ARTERY, np.float32)
        density += self.veins[..., None] * np.asarray(VEIN, np.float32)
        return np.asarray(np.exp(-np.float32(contrast) * density), np.float32)


def _strokes(canvas: UInt8Image, points: Float32, widths: Float32, levels: Float32) -> None:
    corners = np.round(points * (1 << SHIFT)).astype(np.int32)
    thick = np.maximum(1, np.round(widths)).astype(int)
    for i in range(len(corners) - 1):
        start, end = corners[i].tolist(), corners[i + 1].tolist()
        cv2.line(canvas, start, end, float(levels[i]), int(thick[i]), cv2.LINE_AA, SHIFT)


def _down(canvas: UInt8Image, size: int) -> Float32:
    small = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def draw_blood(eye: Eye, view: View) -> Blood:
    """Draw an eye's vessels into a view."""
    size = view.size
    canvases = {kind: np.zeros((size * FINE, size * FINE), np.uint8) for kind in ("artery", "vein", "reflex", "any")}
    drawn = []
    for vessel in eye.vessels:
        points = view.pixels(vessel.points)
        if ((points > -20) & (points < size + 20)).all(axis=1).any():
            drawn.append((vessel, (points + 0.5) * FINE - 0.5, vessel.diameter * view.scale * FINE))
    for share, path in LAYERS:
        for vessel, points, widths in drawn:
            # Blood column against a full trunk's; a thin vessel's path is short in proportion, but its walls show.
            depth = 0.30 + 0.70 * np.minimum(vessel.diameter / FULL_TRUNK, 1.0)
            kind = "artery" if vessel.artery else "vein"
            _strokes(canvases[kind], points, widths * share, np.asarray(path * depth, np.float32))
    for vessel, points, widths in drawn:
        _strokes(canvases["any"], points, widths, np.full(len(points), 255, np.float32))
        wide = vessel.diameter > (0.16 if vessel.artery else 0.30)
        if wide.any():
            last = int(np.flatnonzero(wide)[-1]) + 1
            bright = (255 if vessel.artery else 90) * np.clip((vessel.diameter[:last] - 0.14) / 0.12, 0, 1)
            _strokes(canvases["reflex"], points[:last], widths[:last] * 0.26, np.asarray(bright, np.float32))
    arteries, veins, reflex, vessels = (_down(canvases[k], size) for k in ("artery", "vein", "reflex", "any"))
    return Blood(arteries=arteries, veins=veins, reflex=reflex, vessels=vessels)
