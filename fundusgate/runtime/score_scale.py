"""From the score network's raw output to the mean opinion score that is reported."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEST = 100.0

HIDDEN = (0.0, 0.03, 0.1, 0.25, 0.5, 0.8, 1.0)
KEPT = (1.0, 0.97, 0.86, 0.66, 0.46, 0.22, 0.1)
"""Share of a photograph's score that it keeps with that share of its disc hidden: a good one (82) falls to 54 with a
quarter hidden, between the class means of usable and reject in FQS (Gong et al. 2025)."""
MAP_HIDDEN = (0.0, 0.02, 0.05, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.4, 0.65, 1.0)
MAP_WORTH = (82.0, 80.0, 74.5, 69.5, 63.5, 57.0, 51.0, 46.0, 41.5, 35.0, 22.0, 8.0)
"""What a map vouches for: the mean opinion score of a photograph of which it calls that share hidden (the mean of its
probabilities over the disc). The classes of EyeQ's training photographs come by it to about the class means of FQS
(`benchmarks/fit_map_worth.py`; medians .02 good, .09 usable, .31 reject); beyond, where a class says no more, it falls
as `KEPT` does. It lies below that: what spoils a real photograph seldom hides it wholly, and the map says so."""


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


def map_worth(hidden: float | NDArray[np.float32]) -> NDArray[np.float64]:
    """The mean opinion score, 0..100, to expect where a map calls these shares (0..1) of photographs hidden."""
    return np.asarray(np.interp(hidden, MAP_HIDDEN, MAP_WORTH), np.float64)


def weighed(score: float, degraded: NDArray[np.float32], cells: NDArray[np.bool_], by_map: float) -> float:
    """The reported score: the score network's word, weighed with what the map saw.

    The first score network was trained briefly and errs on cameras with colours of their own, where the map holds
    (`docs/results.md` has both alone and together); the profile says how much each counts.

    Args:
        score: the score network's mean opinion score, 0..100, high is good.
        degraded: (16, 16) map, 0..1, 1 = anatomy cannot be seen.
        cells: (16, 16) bool, the cells inside the visible field.
        by_map: the map's share, 0..1; at 0 the score network's word stands alone.

    Returns:
        0..100; it falls when the score falls and when any cell rises. Not-a-number stays not-a-number.
    """
    if by_map == 0:
        return score
    hidden = float(degraded[cells].mean()) if cells.any() else 1.0
    seen = float(map_worth(hidden)) if math.isfinite(hidden) else math.nan
    return (1 - by_map) * score + by_map * seen
