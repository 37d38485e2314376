"""What the rim of the field does by direction: haze crescents, lids and lashes, the ring of a small pupil.

All of these enter from the edge, so one profile of the rim (twelve sectors against the middle) serves them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.cues.view import ANGLE, RADIUS, SIDE, quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.runtime.cues.view import CueView

SECTORS = 12
"""Sectors of 30 degrees; sector 0 is centred on the right, 3 on the top, 6 on the left, 9 on the bottom."""

RIM_DEPTH = (0.04, 0.30)
"""The rim: this deep inside the field's own edge, fractions of the disc's radius (a cut disc's flat edge too)."""

MIDDLE = 0.5
"""The middle: within this fraction of the radius."""

_SECTOR = (np.round(ANGLE / np.float32(360 / SECTORS)).astype(np.int8) % SECTORS).ravel()
_BY_SECTOR = np.flatnonzero(RADIUS.ravel() <= 1)[np.argsort(_SECTOR[RADIUS.ravel() <= 1], kind="stable")]
"""The circle's pixels, sector by sector: the rim's are picked out of them without sorting."""
_SECTOR_ENDS = np.cumsum(np.bincount(_SECTOR[_BY_SECTOR], minlength=SECTORS))
_MIDDLE = RADIUS < MIDDLE
_DARK_FLOOR = 0.05
_FEWEST = 20
_PARTS = {"top": [2, 3, 4], "bottom": [8, 9, 10], "left": [5, 6, 7], "right": [11, 0, 1]}


@dataclass(frozen=True)
class Rim:
    """Figures of the rim.

    Attributes:
        haze: (12,) float64, whiteness of each sector, 0..1 (the smallest of R, G, B: stray light adds to all three
            colours, a retina has little blue); zero where a sector has no pixels.
        shade: (12,) float64, 0..1, how much darker than the middle or the lit part (0 as bright, 1 black).
        haze_top: 0..1, haze of the top over the bottom's, where that is the field's main direction of haze.
        haze_bottom: 0..1, the same for the bottom over the top.
        haze_side: 0..1, haze of one side over the other's, where sideways is the main direction: the camera is beside
            the pupil's axis.
        lid_top: 0..1, shade of the top that the bottom does not share, nor the sides by more than twice.
        lid_bottom: 0..1, the same for the bottom against the top.
        shade_side: 0..1, shade of the left or the right that the other side does not share.
        ring: 0..1, shade that nearly every direction shares.
    """

    haze: NDArray[np.float64]
    shade: NDArray[np.float64]
    haze_top: float
    haze_bottom: float
    haze_side: float
    lid_top: float
    lid_bottom: float
    shade_side: float
    ring: float


def measure_rim(view: CueView) -> Rim:
    """Measure the rim of a prepared view; all zero for a view without field or without middle."""
    none = np.zeros(SECTORS)
    middle = view.inside & _MIDDLE
    if np.count_nonzero(middle) < _FEWEST:
        return Rim(none, none, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    light = view.luminance
    depth = (view.depth * np.float32(2 / SIDE)).ravel()[_BY_SECTOR]
    rim = np.flatnonzero((depth > RIM_DEPTH[0]) & (depth < RIM_DEPTH[1]))
    ends = np.searchsorted(rim, _SECTOR_ENDS)
    pixels = _BY_SECTOR[rim]
    white_rim, light_rim = view.white.ravel()[pixels], light.ravel()[pixels]
    # a lid or a shadow that reaches past the middle must not pass for a dark retina
    bright_part = 0.85 * view.upper_luminance
    reference = max(quantile(light[middle], 0.5), bright_part, _DARK_FLOOR)
    haze, shade = np.zeros(SECTORS), np.zeros(SECTORS)
    for index in range(SECTORS):
        here = slice(int(ends[index - 1]) if index else 0, int(ends[index]))
        if here.stop - here.start < _FEWEST:
            continue
        # the upper quartile: a crescent may be thinner than the rim; the median: a lid covers it all
        haze[index] = quantile(white_rim[here], 0.75)
        shade[index] = float(np.clip(1 - quantile(light_rim[here], 0.5) / reference, 0, 1))
    upward = float(haze[_PARTS["top"]].mean() - haze[_PARTS["bottom"]].mean())
    sideways = abs(float(haze[_PARTS["left"]].mean() - haze[_PARTS["right"]].mean()))
    shades = {name: float(np.median(shade[part])) for name, part in _PARTS.items()}
    dark_side = max(shades["left"], shades["right"])
    light_side = min(shades["left"], shades["right"])
    return Rim(
        haze=haze,
        shade=shade,
        haze_top=max(upward, 0.0) if upward >= sideways else 0.0,
        haze_bottom=max(-upward, 0.0) if -upward >= sideways else 0.0,
        haze_side=sideways if sideways > abs(upward) else 0.0,
        lid_top=max(shades["top"] - max((dark_side + light_side) / 4, shades["bottom"]), 0.0),
        lid_bottom=max(shades["bottom"] - max((dark_side + light_side) / 4, shades["top"]), 0.0),
        shade_side=dark_side - light_side,
        ring=float(np.quantile(shade, 0.2)),
    )
