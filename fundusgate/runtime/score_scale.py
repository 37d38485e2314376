"""From the score network's raw output to the mean opinion score that is reported."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

BEST = 100.0


@dataclass(frozen=True)
class ScoreScale:
    """How raw output becomes a mean opinion score.

    Attributes:
        scale: reported = scale x raw (100 for FTHNet, whose raw output is on 0..1 and unclamped).
        high_is_good: False turns the scale round.
        knots: pairs (before, after) on the reported scale, both rising: a monotone calibration, linear between knots
            and constant outside them. Empty for none. It can move working points, never the order of photographs.
    """

    scale: float
    high_is_good: bool = True
    knots: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a scale or a calibration that could turn the order of photographs round.

        Raises:
            ValueError: the scale is not positive and finite, or the knots do not rise.
        """
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"score scale is {self.scale}, must be finite and above 0")
        for (before, after), (next_before, next_after) in zip(self.knots, self.knots[1:], strict=False):
            if not (before < next_before and after <= next_after):
                raise ValueError(f"score calibration {self.knots} must rise: sort the knots, merge equal ones")

    def report(self, raw: float) -> float:
        """Mean opinion score 0..100, clipped; not-a-number stays not-a-number (and is never accepted)."""
        value = self.scale * raw
        if not self.high_is_good:
            value = BEST - value
        if self.knots:
            before, after = zip(*self.knots, strict=True)
            value = float(np.interp(value, before, after))
        return float(np.clip(value, 0.0, BEST))
