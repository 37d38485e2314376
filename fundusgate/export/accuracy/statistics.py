"""The few statistics that accuracy is told in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray


def wilson_interval(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion (Wilson, JASA 22:209, 1927); (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    interval = stats.binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Spearman's; 1 where both are constant and equal, 0 where one alone is constant."""
    if _constant(one) or _constant(other):
        return float(np.array_equal(one, other))
    return float(stats.spearmanr(one, other).statistic)


def linear_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Pearson's; 1 where both are constant and equal, 0 where one alone is constant."""
    if _constant(one) or _constant(other):
        return float(np.array_equal(one, other))
    return float(stats.pearsonr(one, other).statistic)


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Dice's coefficient of two masks; 1 where both are empty."""
    total = int(one.sum()) + int(other.sum())
    return 1.0 if total == 0 else 2 * int((one & other).sum()) / total


def _constant(values: NDArray[np.float64]) -> bool:
    return bool(np.ptp(values) == 0)
