"""Percentile intervals by resampling patients: photographs of one patient go in and out together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

RESAMPLES = 1000
SEED = 20260915
CONFIDENCE = 0.95
MOST_UNDEFINED = 0.1
"""Share of resamples in which a figure may be undefined (a class that is not drawn) before it gets no interval."""


@dataclass(frozen=True)
class Estimate:
    """A figure and its interval.

    Attributes:
        value: On the whole data set; not-a-number where it is undefined.
        low: Lower end of the 95 % percentile interval; None where too few resamples define it.
        high: Upper end.
    """

    value: float
    low: float | None
    high: float | None


def resampled_counts(patients: Sequence[str], resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Draw as many patients as there are, with replacement, again and again.

    Args:
        patients: Whose each photograph is.
        resamples: How often to draw.
        seed: The same seed draws the same.

    Yields:
        (n,) int64, how often each photograph counts; photographs of one patient count alike.
    """
    names, owner = np.unique(np.asarray(patients, dtype=np.str_), return_inverse=True)
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))
        yield drawn[owner].astype(np.int64)


def estimate(value: float, resampled: NDArray[np.float64]) -> Estimate:
    """A figure with its percentile interval (Efron and Tibshirani, 1993, chapter 13).

    Args:
        value: The figure on the whole data set.
        resampled: (resamples,) the figure in each resample; not-a-number where it was undefined.
    """
    defined = resampled[~np.isnan(resampled)]
    if np.isnan(value) or not defined.size or 1 - defined.size / resampled.size > MOST_UNDEFINED:
        return Estimate(float(value), None, None)
    outside = (1 - CONFIDENCE) / 2
    low, high = np.quantile(defined, [outside, 1 - outside])
    return Estimate(float(value), float(low), float(high))
