"""Percentiles that are samples themselves, and how far they may be moved by chance.

Percentiles are nearest-rank (the smallest sample that at least p percent of all are at most): always a latency that
was really seen, never one made up between two, and the same as sorting the raw samples by hand gives. Nothing is
clipped and no outlier is left out.

Latencies that follow each other are alike (clocks, heat, other programs), so that resampling them one by one would
understate chance. They are resampled in blocks on a circle (Politis and Romano, 1992) whose length grows with the
cube root of their number, as the theory of the block bootstrap asks (Hall, Horowitz and Jing, 1995).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

PERCENTILES = (50, 90, 95, 99)
METHOD = "nearest rank"
CONFIDENCE = 0.99
"""Of an interval: a run compares dozens of figures, and at 95 % several of them would differ by chance."""
RESAMPLES = 1000
SEED = 20260921
_CHUNK_VALUES = 2_000_000
"""Resampled values that are held at once: a soak has tens of thousands of samples."""


@dataclass(frozen=True)
class Interval:
    """Between which values a figure may lie by chance."""

    low: float
    high: float

    @property
    def has_zero(self) -> bool:
        """Whether no difference at all is among them."""
        return self.low <= 0 <= self.high


def rank(percent: int, count: int) -> int:
    """Where the percentile lies among sorted samples, from 0.

    Args:
        percent: 1..100.
        count: Samples, 1 and up.
    """
    # whole numbers: 0.9 * 10 is a little over 9 on some machines, and would be the next sample
    return max(0, -(-percent * count // 100) - 1)


def percentile(samples: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile.

    Args:
        samples: One and up, any unit.
        percent: 1..100; 100 is the largest.

    Raises:
        ValueError: No samples, or a percentage out of range.
    """
    if not samples:
        raise ValueError("no samples: nothing has a percentile")
    if not 1 <= percent <= 100:
        raise ValueError(f"percent is {percent}, must be 1..100")
    return sorted(samples)[rank(percent, len(samples))]


def variation(samples: Sequence[float]) -> float | None:
    """The coefficient of variation: standard deviation (of the sample, n - 1) over the mean; None under two samples."""
    mean = float(np.mean(samples)) if len(samples) > 1 else 0.0
    return float(np.std(samples, ddof=1)) / mean if mean > 0 else None


def difference_interval(
    before: Sequence[float], after: Sequence[float], percent: int, confidence: float = CONFIDENCE
) -> Interval:
    """The percentile bootstrap interval of how much a percentile has grown.

    Args:
        before: Samples of one run in the order in which they were taken.
        after: Of the other run.
        percent: Which percentile, 1..100.
        confidence: Share of the resampled differences that lies inside, 0..1.

    Returns:
        Of `percentile(after) - percentile(before)`.
    """
    first, second = np.random.default_rng(SEED).spawn(2)
    differences = _resampled(after, percent, second) - _resampled(before, percent, first)
    return _interval(differences, confidence)


def paired_share_interval(
    samples: Sequence[Sequence[float]], weights: Sequence[float], confidence: float = CONFIDENCE
) -> Interval:
    """The bootstrap interval of a share: medians, weighted and added, over the first of the medians.

    Args:
        samples: One and up, each as long as the others, of things that were taken in turn.
        weights: One for each of them.
        confidence: Share of the resampled shares that lies inside, 0..1.
    """
    rng = np.random.default_rng(SEED)
    arrays = [np.asarray(each, dtype=np.float64) for each in samples]
    shares = []
    # the same presses of each: what slowed one round down slowed all of it
    for chosen in _draws(len(arrays[0]), rng):
        medians = [_at_rank(array[chosen], 50) for array in arrays]
        shares.append(sum(weight * each for weight, each in zip(weights, medians, strict=True)) / medians[0])
    return _interval(np.concatenate(shares), confidence)


def _interval(values: NDArray[np.float64], confidence: float) -> Interval:
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, (tail, 1 - tail))
    return Interval(float(low), float(high))


def _resampled(samples: Sequence[float], percent: int, rng: np.random.Generator) -> NDArray[np.float64]:
    values = np.asarray(samples, dtype=np.float64)
    return np.concatenate([_at_rank(values[chosen], percent) for chosen in _draws(len(values), rng)])


def _at_rank(values: NDArray[np.float64], percent: int) -> NDArray[np.float64]:
    place = rank(percent, values.shape[1])
    return np.asarray(np.partition(values, place, axis=1)[:, place], dtype=np.float64)


def _draws(count: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Which samples each resample takes: (resamples of a chunk, count) int64, in chunks."""
    length = max(1, round(count ** (1 / 3)))
    blocks = -(-count // length)
    rows = max(1, min(RESAMPLES, _CHUNK_VALUES // count))
    within = np.arange(length)
    for start in range(0, RESAMPLES, rows):
        many = min(rows, RESAMPLES - start)
        starts = rng.integers(0, count, (many, blocks))
        yield ((starts[:, :, None] + within).reshape(many, -1)[:, :count] % count).astype(np.int64)
