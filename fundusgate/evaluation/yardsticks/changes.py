"""What another precision changed, photograph by photograph, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fundusgate.codes import Verdict


def verdict_flips(precision: str, reference: Sequence[Verdict], other: Sequence[Verdict]) -> str:
    """How many verdicts another precision changed, with Wilson's 95 % interval.

    Args:
        precision: The other's name.
        reference: Verdicts in fp32.
        other: Verdicts of the same photographs in the other precision.
    """
    from scipy import stats

    flipped = sum(first is not second for first, second in zip(reference, other, strict=True))
    interval = stats.binomtest(flipped, len(reference)).proportion_ci(0.95, method="wilson")
    share = 100 * flipped / len(reference)
    return (
        f"{precision} changes the verdict of {flipped} of {len(reference)} photographs ({share:.1f} %, 95 % interval"
        f" {100 * interval.low:.1f} to {100 * interval.high:.1f})."
    )


def score_moves(precision: str, reading: str, reference: Sequence[float], other: Sequence[float]) -> str:
    """How far another precision moves scores.

    Args:
        precision: The other's name.
        reading: Which score.
        reference: Scores in fp32, 0..100.
        other: Scores of the same photographs in the other precision.
    """
    moved = np.abs(np.subtract(other, reference))
    return (
        f"{precision} moves the {reading} by {moved.mean():.2f} on average, {np.quantile(moved, 0.99):.2f} at the 99th"
        f" percentile, {moved.max():.2f} at most."
    )
