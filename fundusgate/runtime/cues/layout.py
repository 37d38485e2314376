"""How light, white and vessels lie over the field: towards the rim, from which side, how deep.

Everything here is slow, so it is read off a quarter of the pixels (64 x 64 means over the field).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.cues.view import COARSE, SIDE, quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.runtime.cues.view import CueView

RINGS = (0.25, 0.45, 0.62, 0.78, 0.92)
"""Outer radii of the rings in which light is averaged, fractions of the field's radius."""

HALF_LIT = 0.5
"""A cell is dark under this fraction of the luminance of the brighter tenth of the field."""

STRIP = 0.15
"""Half the width of the strip along which depth is measured, radii."""

BAND = 0.45
"""Top and bottom begin this far from the middle, and the middle ends there, radii."""

_CELLS = SIDE // COARSE
_AXIS = (np.arange(_CELLS, dtype=np.float32) + 0.5) / np.float32(_CELLS / 2) - 1
_X, _Y = np.meshgrid(_AXIS, _AXIS)
_RADIUS = np.hypot(_X, _Y)
_RING: NDArray[np.int64] = np.digitize(_RADIUS, RINGS)
_LEAST = 0.03


@dataclass(frozen=True)
class Layout:
    """Where things lie in one frame.

    Attributes:
        peak: luminance of the brighter tenth of the field, 0..1: what light there is where there is most.
        outer: mean luminance of the outermost ring as a fraction of the brightest ring's, 0..1.
        dark: share of the field that is less than half as bright as the brighter tenth, 0..1.
        depth_top: how deep darkness reaches in from the top along the middle strip, radii, 0..2.
        depth_bottom: the same from the bottom.
        white_top: whiteness of the top over the middle's, -1..1.
        white_bottom: the same of the bottom.
        seen_top: vessel visibility of the top less that of the whole, -1..1.
        seen_bottom: the same of the bottom.
    """

    peak: float
    outer: float
    dark: float
    depth_top: float
    depth_bottom: float
    white_top: float
    white_bottom: float
    seen_top: float
    seen_bottom: float


def measure_layout(view: CueView, visibility: NDArray[np.float32]) -> Layout:
    """Measure the layout of a prepared view; all zero for a view without field.

    Args:
        view: the prepared view.
        visibility: (16, 16) map of `visibility_of`.
    """
    share = view.coarse.share
    field = share > 0.5
    if not field.any():
        return Layout(*([0.0] * 9))
    inverse = np.float32(1) / np.maximum(share, np.float32(0.5))
    light = np.asarray(view.coarse.sums(view.luminance) * inverse, np.float32)
    white = view.coarse.sums(view.white) * inverse
    peak = quantile(light[field], 0.9)
    ring = _RING[field]
    counts = np.bincount(ring, minlength=len(RINGS) + 1)[: len(RINGS)]
    sums = np.bincount(ring, weights=light[field], minlength=len(RINGS) + 1)[: len(RINGS)]
    rings = sums / np.maximum(counts, 1)
    lit = light > max(_LEAST, HALF_LIT * peak)
    parts = {name: float(white[band & field].mean()) if (band & field).any() else 0.0 for name, band in _BANDS.items()}
    cells = np.asarray(share.reshape(16, 4, 16, 4).mean(axis=(1, 3)) > 0.5)
    whole = float(visibility[cells].mean()) if cells.any() else 0.0
    seen = {
        name: float(visibility[band & cells].mean()) - whole if (band & cells).any() else 0.0
        for name, band in _CELL_BANDS.items()
    }
    return Layout(
        peak=peak,
        outer=float(rings[-1]) / max(float(rings.max()), _LEAST),
        dark=float(np.count_nonzero(field & ~lit)) / int(np.count_nonzero(field)),
        depth_top=_depth(lit, field),
        depth_bottom=_depth(lit[::-1], field[::-1]),
        white_top=parts["top"] - parts["middle"],
        white_bottom=parts["bottom"] - parts["middle"],
        seen_top=seen["top"],
        seen_bottom=seen["bottom"],
    )


def _depth(lit: NDArray[np.bool_], field: NDArray[np.bool_]) -> float:
    """How far in from the first row of the field the middle strip stays dark, radii."""
    counted = np.count_nonzero(field[:, _STRIP], axis=1)
    bright = np.count_nonzero((lit & field)[:, _STRIP], axis=1)
    rows = np.flatnonzero(counted > 0)
    reached = np.flatnonzero((counted > 0) & (2 * bright >= counted))
    if not reached.size:
        return 2.0
    return float(reached[0] - rows[0]) * 2 / _CELLS


_STRIP = np.abs(_AXIS) < STRIP
_BANDS = {"top": _Y < -BAND, "bottom": _Y > BAND, "middle": _RADIUS < BAND}
_CELL_BANDS = {name: _BANDS[name][1::4, 1::4] for name in ("top", "bottom")}
