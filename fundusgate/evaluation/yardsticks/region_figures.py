"""Figures of a map against annotated regions, from counts of pixels by class and by value.

All pixels of a data set are far too many to keep, and a thousand resamples of them too many to sort: each photograph is
reduced to a histogram of its map's values for each class, and histograms add up.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.evaluation.data_sets.annotation import Region

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 2048
"""Bins of a histogram."""
MOST_LOG_ODDS = 12.0
"""Bins are equal in log odds from -12 to 12, so that a map that keeps to values near 0 or 1 is still told apart:
0.3 % of a probability at 0.5, less towards the ends."""
KAPPA_STEPS = 128
"""Values of each threshold that are tried for the best kappa: quantiles of the map's values, each class weighing alike,
so that neither a map of few values nor a rare class is searched too coarsely."""

_CLASSES = (Region.GOOD, Region.USABLE, Region.BAD)


def histogram(values: NDArray[np.float32], regions: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count pixels by class and value; background is left out.

    Args:
        values: H x W, 0..1, 1 = degraded.
        regions: H x W of `Region` values.

    Returns:
        (3, BINS) int64: good, usable, bad; values rising.
    """
    bins = bins_of(values)
    return np.stack([np.bincount(bins[regions == region], minlength=BINS) for region in _CLASSES]).astype(np.int64)


def bins_of(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """The bin of each value, 0..BINS-1."""
    odds = np.clip(values.astype(np.float64), 1e-9, 1 - 1e-9)
    place = (np.clip(np.log(odds / (1 - odds)), -MOST_LOG_ODDS, MOST_LOG_ODDS) / MOST_LOG_ODDS + 1) / 2
    return np.minimum((place * BINS).astype(np.int64), BINS - 1)


def lower_edge(bin_index: int) -> float:
    """The smallest value that falls into a bin, 0..1; 0 for the first."""
    if bin_index == 0:
        return 0.0
    odds = (2 * bin_index / BINS - 1) * MOST_LOG_ODDS
    return 1 / (1 + math.exp(-odds))


def bad_figures(counts: NDArray[np.int64]) -> dict[str, float]:
    """Bad pixels against good and usable ones.

    Args:
        counts: (3, BINS) from `histogram`, summed over photographs.

    Returns:
        AUROC, AUPRC (average precision), sensitivity at 95 % specificity and the best Dice over all thresholds;
        not-a-number without a bad pixel, or without another.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

    names = ("Dice at its best threshold", "AUROC", "AUPRC", "sensitivity at 95 % specificity")
    rest, bad = counts[0] + counts[1], counts[2]
    if not rest.sum() or not bad.sum():
        return dict.fromkeys(names, math.nan)
    weight = np.concatenate([rest, bad]).astype(np.float64)
    truth = np.repeat([0, 1], BINS)
    value = np.tile(np.arange(BINS), 2)
    held = weight > 0
    truth, value, weight = truth[held], value[held], weight[held]
    false_positive, true_positive, _ = roc_curve(truth, value, sample_weight=weight, drop_intermediate=False)
    specific = true_positive[false_positive <= 0.05]
    dice, _ = best_dice(counts)
    area = roc_auc_score(truth, value, sample_weight=weight)
    precision = average_precision_score(truth, value, sample_weight=weight)
    return dict(zip(names, (dice, float(area), float(precision), float(specific.max())), strict=True))


def dice_by_bin(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Dice of bad when every pixel from a bin on is called bad: (BINS,); not-a-number where nothing is and none was."""
    bad = counts[2]
    called_bad = counts.sum(axis=0)[::-1].cumsum()[::-1]
    hits = bad[::-1].cumsum()[::-1]
    together = called_bad + bad.sum()
    dice: NDArray[np.float64] = np.full(BINS, math.nan)
    np.divide(2.0 * hits, together, out=dice, where=together > 0)
    return dice


def best_dice(counts: NDArray[np.int64]) -> tuple[float, int]:
    """The best Dice of bad, and the first bin that is called bad for it."""
    dice = dice_by_bin(counts)
    best = int(np.nanargmax(dice))
    return float(dice[best]), best


def best_kappa(counts: NDArray[np.int64]) -> tuple[float, tuple[int, int]]:
    """The best quadratic weighted kappa of good, usable and bad over pairs of thresholds.

    Cohen's kappa with weights (i - j)^2 (Cohen, 1968) in closed form, for all pairs at once: 1 - sum(w o) / sum(w e).

    Args:
        counts: (3, BINS) from `histogram`.

    Returns:
        Kappa; and the first bin called usable, the first called bad. Not-a-number with one class alone.
    """
    total = counts.sum()
    if np.count_nonzero(counts.sum(axis=1)) < 2:
        return math.nan, (0, 0)
    steps = _thresholds(counts)
    below = np.concatenate([np.zeros((3, 1)), counts.cumsum(axis=1)], axis=1)[:, steps]
    first, second = np.triu_indices(len(steps))
    called = np.stack([below[:, first], below[:, second] - below[:, first], below[:, -1:] - below[:, second]], axis=1)
    weights = (np.arange(3)[:, None] - np.arange(3)) ** 2
    true_share, called_share = counts.sum(axis=1) / total, called.sum(axis=0) / total
    observed = np.einsum("ij,ijk->k", weights, called) / total
    expected = np.einsum("ij,i,jk->k", weights, true_share, called_share)
    # thresholds that call everything by the one class that there is cannot occur: two classes are there
    kappa = 1 - observed / expected
    best = int(kappa.argmax())
    return float(kappa[best]), (int(steps[first[best]]), int(steps[second[best]]))


def _thresholds(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bins to begin a class at, rising, from 0 (everything) to BINS (nothing)."""
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    below = share.sum(axis=0).cumsum()
    quantiles = np.linspace(0, below[-1], KAPPA_STEPS + 1)[1:-1]
    inner = np.searchsorted(below, quantiles) + 1
    # both sides of a bin that holds much: it may belong to either class
    return np.unique(np.concatenate([[0, BINS], inner - 1, inner])).astype(np.int64)
