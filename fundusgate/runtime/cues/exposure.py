"""Whether there is the right amount of light in the picture. Nothing here scales by the picture's own maximum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fundusgate.runtime.cues.view import CueView

DARK = 0.14
"""Luminance (0..1, mean of red and green) under which 8-bit camera pictures hold little but noise."""

BRIGHT = 0.86
"""Luminance above which a channel or both are burnt out."""

SIGNAL = 0.03
"""Luminance under which nothing at all was recorded (about 8 of 255)."""


@dataclass(frozen=True)
class Exposure:
    """Light of one frame, over the field (disc and frame).

    Attributes:
        mean: mean luminance, 0..1.
        upper: luminance that the brightest quarter of the field has, 0..1: a shadow over half the field leaves it, an
            under-exposed flash does not.
        dark_fraction: fraction of the field darker than `DARK`, 0..1.
        bright_fraction: fraction of the field brighter than `BRIGHT`, 0..1.
        empty_fraction: fraction of the field with no signal at all, 0..1; 1 for an empty field.
    """

    mean: float
    upper: float
    dark_fraction: float
    bright_fraction: float
    empty_fraction: float


def measure_exposure(view: CueView) -> Exposure:
    """Measure exposure on a prepared view; an empty field counts as entirely dark."""
    light = view.field_luminance
    if light.size == 0:
        return Exposure(mean=0.0, upper=0.0, dark_fraction=1.0, bright_fraction=0.0, empty_fraction=1.0)
    return Exposure(
        mean=float(light.mean()),
        upper=view.upper_luminance,
        dark_fraction=float(np.mean(light < DARK)),
        bright_fraction=float(np.mean(light > BRIGHT)),
        empty_fraction=float(np.mean(light < SIGNAL)),
    )
