"""Bright round things: the optic disc, and the pale ghosts that dirt on the lens leaves near the centre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.runtime.cues.view import RADIUS, SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.runtime.cues.vessels import Ridges
    from fundusgate.runtime.cues.view import CoarseField, CueView

CENTRAL = 0.55
"""Ghosts of a dirty front lens lie within this fraction of the radius."""

DISC_CLEARANCE = 0.26
"""Nothing this near the optic disc (fractions of the field's radius) is called a ghost."""

_SPOT_SIGMAS = (6.0, 11.0)
_WIDE_SIGMA = 20.0
_SURROUND = 2.2
_NEAR = (RADIUS <= 0.93).astype(np.float32)
_MIDDLE = (RADIUS < CENTRAL).astype(np.float32)
_CENTRAL = RADIUS < CENTRAL
_AXIS = (np.arange(SIDE, dtype=np.float32) + 0.5) / np.float32(SIDE / 2) - 1


@dataclass(frozen=True)
class Spots:
    """Bright spots of one frame.

    Attributes:
        disc_x: optic disc candidate, right of the centre, fractions of the radius, -1..1.
        disc_y: optic disc candidate, below the centre, fractions of the radius, -1..1.
        disc_evidence: 0..1, brightness of the candidate against its surround, where vessels run into it.
        ghost: 0..1, whiteness of the palest compact central spot against its surround, away from the optic disc.
        pale: 0..1, the same near the centre wherever the optic disc is believed to be.
        pale_second: 0..1, the same near the centre away from the palest place of the whole field.
        pale_wide: 0..1, the same at twice the width: a large ghost.
        pale_radius: where that spot lies, fractions of the field's radius.
    """

    disc_x: float
    disc_y: float
    disc_evidence: float
    ghost: float
    pale: float
    pale_second: float
    pale_wide: float
    pale_radius: float


def _spot(sums: NDArray[np.float32], coarse: CoarseField, sigma: float) -> NDArray[np.float32]:
    return coarse.full(coarse.mean(sums, sigma) - coarse.mean(sums, _SURROUND * sigma))


def measure_spots(view: CueView, ridges: Ridges) -> Spots:
    """Find the optic disc candidate and the palest ghost of a prepared view; all zero for a view without field."""
    if not view.core.any():
        return Spots(*([0.0] * 8))
    vessels = cv2.boxFilter(
        np.minimum(ridges.response, np.float32(0.15)), cv2.CV_32F, (41, 41), borderType=cv2.BORDER_CONSTANT
    )
    white = view.coarse.sums(view.white)
    yellow = view.coarse.sums(view.luminance) - white * np.float32(0.5)
    disc = np.maximum(_spot(yellow, view.coarse, 8.0), 0) * np.sqrt(vessels + np.float32(1e-4))
    disc *= view.core_weight
    disc *= _NEAR
    disc_row, disc_column = divmod(int(np.argmax(disc)), disc.shape[1])
    x, y = float(_AXIS[disc_column]), float(_AXIS[disc_row])
    away = (_AXIS[None, :] - np.float32(x)) ** 2 + (_AXIS[:, None] - np.float32(y)) ** 2 > DISC_CLEARANCE**2
    central = view.core & _CENTRAL & away
    ghost = 0.0
    spots = [_spot(white, view.coarse, sigma) for sigma in _SPOT_SIGMAS]
    if central.any():
        ghost = max(float(spot[central].max()) for spot in spots)
    pale = cv2.max(spots[0], spots[1]) * view.core_weight
    wide = _spot(white, view.coarse, _WIDE_SIGMA) * view.core_weight
    first, row, column = _palest(pale * _MIDDLE)
    # what is left once the palest place of all is taken out: a ghost stands beside the optic disc, which is pale too
    _, top, left = _palest(pale)
    beside = (_AXIS[None, :] - _AXIS[left]) ** 2 + (_AXIS[:, None] - _AXIS[top]) ** 2 > DISC_CLEARANCE**2
    second, _, _ = _palest(pale * beside * _MIDDLE)
    return Spots(
        disc_x=x,
        disc_y=y,
        disc_evidence=float(np.clip(disc[disc_row, disc_column] / 0.02, 0, 1)),
        ghost=float(np.clip(ghost, 0, 1)),
        pale=first,
        pale_second=second,
        pale_wide=float(np.clip((wide * _MIDDLE).max(), 0, 1)),
        pale_radius=float(RADIUS[row, column]),
    )


def _palest(pale: NDArray[np.float32]) -> tuple[float, int, int]:
    """The greatest value, 0..1, with its row and column."""
    row, column = divmod(int(np.argmax(pale)), pale.shape[1])
    return float(np.clip(pale[row, column], 0, 1)), row, column
