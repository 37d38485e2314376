"""The share of positives among unlabelled samples, from a scorer's values on both: what nnPU calls the class prior.

Both ways assume that positives were drawn like those that hide among the unlabelled. Degradations that are made are not
quite like those of the field, so what comes out is a guide; ``docs/visibility.md`` shows how far it can be trusted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST = 30
"""Samples on either side below which nothing is estimated."""


@dataclass(frozen=True)
class PriorEstimate:
    """The share of positives among the unlabelled, and where it was read off.

    Attributes:
        prior: 0..1.
        threshold: Score at and above which the two shares were compared.
        positives: Share of the positives at or above it, 0..1.
        unlabelled: Share of the unlabelled at or above it, 0..1.
    """

    prior: float
    threshold: float
    positives: float
    unlabelled: float


def best_bin(
    positive: NDArray[np.floating], unlabelled: NDArray[np.floating], slack: float = 0.01, doubt: float = 0.1
) -> PriorEstimate:
    """Best Bin Estimation (Garg et al., NeurIPS 2021, algorithm 1).

    At a threshold above which only positives score, the unlabelled reach it as often as the positives do times their
    share. The threshold is the one where that ratio, plus what chance could add to it, is least: high enough to hold
    no negatives, low enough to hold many positives.

    Args:
        positive: N scores of positives that the scorer was not trained on, high means positive.
        unlabelled: M scores of the unlabelled.
        slack: The paper's gamma.
        doubt: The paper's delta, 0..1: how often the bound may fail.

    Returns:
        The estimate; what it gives is an upper bound where no score is free of negatives.

    Raises:
        ValueError: Fewer than 30 on either side, or a score that is not a number.
    """
    p, u = _sorted(positive, "positives"), _sorted(unlabelled, "unlabelled")
    # A threshold between two positives gives no better ratio than the higher of them: their own scores are all.
    thresholds = np.unique(p)
    above_p = 1 - np.searchsorted(p, thresholds, side="left") / len(p)
    above_u = 1 - np.searchsorted(u, thresholds, side="left") / len(u)
    chance = math.sqrt(math.log(4 / doubt) / (2 * len(u))) + math.sqrt(math.log(4 / doubt) / (2 * len(p)))
    best = int(np.argmin((above_u + (1 + slack) * chance) / above_p))
    share_p, share_u = float(above_p[best]), float(above_u[best])
    return PriorEstimate(min(1.0, share_u / share_p), float(thresholds[best]), share_p, share_u)


def mean_ratio(positive: NDArray[np.floating], unlabelled: NDArray[np.floating]) -> float:
    """Elkan and Noto (KDD 2008): mean score of the unlabelled over mean score of held-out positives, 0..1.

    Their estimator e1 of how often positives are labelled, solved for the share of positives. It takes every bit of
    score that a negative gets for a positive's, so it is too high where the scorer is unsure.

    Args:
        positive: N probabilities 0..1 of positives that the scorer was not trained on.
        unlabelled: M probabilities of the unlabelled.

    Raises:
        ValueError: Fewer than 30 on either side, a score that is not a number, or no positive scores above 0.
    """
    p, u = _sorted(positive, "positives"), _sorted(unlabelled, "unlabelled")
    if p.mean() <= 0:
        raise ValueError("no positive scores above 0: this scorer cannot tell a share")
    return float(min(1.0, u.mean() / p.mean()))


def _sorted(scores: NDArray[np.floating], kind: str) -> NDArray[np.float64]:
    values = np.sort(np.asarray(scores, np.float64).ravel())
    if len(values) < LEAST:
        raise ValueError(f"{len(values)} {kind}: a share of positives is estimated from {LEAST} on")
    if not np.isfinite(values).all():
        raise ValueError(f"a score of the {kind} is not a number")
    return values
