"""Whether the field is full: how much of it is seen at all, and whether the light leans to one side."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.cues.exposure import SIGNAL

if TYPE_CHECKING:
    from fundusgate.runtime.cues.view import CueView

LIT = 0.35
"""A pixel is lit when it has this fraction of the luminance that the brighter quarter of the field has."""


LEANS = 0.1
"""Distance of the light's centre from the field's, fractions of the radius, from which a side is said to be dark."""


class Side(str, Enum):
    """A side of the picture, as it is shown."""

    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"


@dataclass(frozen=True)
class Centring:
    """Centring figures of one frame.

    Attributes:
        field_fraction: part of the whole circle that is in the photograph and lit, 0..1.
        lean_x: where the light's centre lies, right of the field's own, fractions of the radius.
        lean_y: where the light's centre lies, below the field's own, fractions of the radius.
    """

    field_fraction: float
    lean_x: float
    lean_y: float

    @property
    def lean(self) -> float:
        """Distance of the light's centre from the field's, fractions of the radius, 0 and up."""
        return float(np.hypot(self.lean_x, self.lean_y))

    @property
    def dark_side(self) -> Side | None:
        """Where light is missing most; None where it is even. Which way to aim for it depends on the optics."""
        if self.lean < LEANS:
            return None
        if abs(self.lean_x) >= abs(self.lean_y):
            return Side.LEFT if self.lean_x > 0 else Side.RIGHT
        return Side.TOP if self.lean_y > 0 else Side.BOTTOM


def measure_centring(view: CueView) -> Centring:
    """Measure centring on a prepared view; nothing visible for a view without field."""
    if not view.inside.any():
        return Centring(0.0, 0.0, 0.0)
    side = view.inside.shape[0]
    light = view.luminance
    lit = view.inside & (light > max(SIGNAL, LIT * view.upper_luminance))
    axis = (np.arange(side, dtype=np.float32) + 0.5) / np.float32(side / 2) - 1
    column = light.sum(axis=0)
    row = light.sum(axis=1)
    total = max(float(column.sum()), 1e-6)
    area = float(view.inside.sum())
    lean_x = float((column * axis).sum()) / total - float((view.inside.sum(axis=0) * axis).sum()) / area
    lean_y = float((row * axis).sum()) / total - float((view.inside.sum(axis=1) * axis).sum()) / area
    return Centring(field_fraction=min(1.0, float(lit.sum()) / (np.pi / 4 * side * side)), lean_x=lean_x, lean_y=lean_y)
