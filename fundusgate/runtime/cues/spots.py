"""Bright round things: the optic disc, and the pale ghosts that dirt on the lens leaves near the centre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.runtime.cues.view import blur_inside

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.runtime.cues.vessels import Ridges
    from fundusgate.runtime.cues.view import CueView

CENTRAL = 0.55
"""Ghosts of a dirty front lens lie within this fraction of the radius."""

DISC_CLEARANCE = 0.26
"""Nothing this near the optic disc (fractions of the field's radius) is called a ghost."""

_SPOT_SIGMAS = (6.0, 11.0)
_SURROUND = 2.2


@dataclass(frozen=True)
class Spots:
    """Bright spots of one frame.

    Attributes:
        disc_x: optic disc candidate, right of the centre, fractions of the radius, -1..1.
        disc_y: optic disc candidate, below the centre, fractions of the radius, -1..1.
        disc_evidence: 0..1, brightness of the candidate against its surround, where vessels run into it.
        ghost: 0..1, whiteness of the palest compact central spot against its surround, away from the optic disc.
    """

    disc_x: float
    disc_y: float
    disc_evidence: float
    ghost: float


def _spot(image: NDArray[np.float32], view: CueView, sigma: float) -> NDArray[np.float32]:
    return blur_inside(image, view.inside, sigma) - blur_inside(image, view.inside, _SURROUND * sigma)


def measure_spots(view: CueView, ridges: Ridges) -> Spots:
    """Find the optic disc candidate and the palest ghost of a prepared view; all zero for a view without field."""
    if not view.core.any():
        return Spots(0.0, 0.0, 0.0, 0.0)
    response = np.minimum(ridges.dark * ridges.coherence, np.float32(0.15))
    vessels = cv2.boxFilter(response, cv2.CV_32F, (41, 41), borderType=cv2.BORDER_CONSTANT)
    yellow = np.asarray(view.luminance - np.float32(0.5) * view.white, np.float32)
    disc = np.maximum(_spot(yellow, view, 8.0), 0) * np.sqrt(vessels + np.float32(1e-4))
    disc[~view.core | (view.radius > 0.93)] = 0
    row, column = np.unravel_index(int(np.argmax(disc)), disc.shape)
    half = disc.shape[0] / 2
    x, y = (float(column) + 0.5) / half - 1, (float(row) + 0.5) / half - 1
    axis = (np.arange(disc.shape[0], dtype=np.float32) + 0.5) / np.float32(half) - 1
    away = np.hypot(axis[None, :] - x, axis[:, None] - y) > DISC_CLEARANCE
    central = view.core & (view.radius < CENTRAL) & away
    ghost = 0.0
    if central.any():
        ghost = max(float(_spot(view.white, view, sigma)[central].max()) for sigma in _SPOT_SIGMAS)
    return Spots(
        disc_x=x,
        disc_y=y,
        disc_evidence=float(np.clip(disc[row, column] / 0.02, 0, 1)),
        ghost=float(np.clip(ghost, 0, 1)),
    )
