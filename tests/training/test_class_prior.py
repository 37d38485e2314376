from __future__ import annotations

import math

import numpy as np
import pytest

from fundusgate.training.class_prior import best_bin, mean_ratio


def mixture(share: float, count: int, rng: np.random.Generator) -> np.ndarray:
    positives = rng.random(count) < share
    return np.where(positives, rng.normal(2.0, 1.0, count), rng.normal(-2.0, 1.0, count))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4, 0.8])
def test_best_bin_finds_the_share_of_a_known_mixture(share: float) -> None:
    rng = np.random.default_rng(3)
    told = best_bin(rng.normal(2.0, 1.0, 8000), mixture(share, 8000, rng))
    assert told.prior == pytest.approx(share, abs=0.02)


def test_best_bin_by_hand() -> None:
    # 40 positives: 20 score 1 and 20 score 3. 100 unlabelled: 90 score 0, 6 score 1, 4 score 3.
    positive = np.array([1.0] * 20 + [3.0] * 20)
    unlabelled = np.array([0.0] * 90 + [1.0] * 6 + [3.0] * 4)
    # From 1 on: 10/100 over 40/40 = .1; from 3 on: 4/100 over 20/40 = .08, but chance weighs twice there.
    chance = math.sqrt(math.log(40) / 200) + math.sqrt(math.log(40) / 80)
    assert 0.1 + 1.01 * chance < 0.08 + 2 * 1.01 * chance
    told = best_bin(positive, unlabelled)
    assert (told.prior, told.threshold, told.positives, told.unlabelled) == pytest.approx((0.1, 1.0, 1.0, 0.1))


def test_negatives_among_the_low_positives_are_passed_over() -> None:
    rng = np.random.default_rng(1)
    # Half of the positives score where all negatives do: only the upper half tells.
    positive = np.concatenate([rng.uniform(0, 1, 4000), rng.uniform(1, 2, 4000)])
    hidden = np.concatenate([rng.uniform(0, 1, 800), rng.uniform(1, 2, 800)])
    unlabelled = np.concatenate([hidden, rng.uniform(0, 1, 6400)])
    told = best_bin(positive, unlabelled)
    assert told.threshold > 0.95
    assert told.prior == pytest.approx(0.2, abs=0.02)
    assert mean_ratio(positive, unlabelled) > 0.5


def test_mean_ratio_by_hand() -> None:
    assert mean_ratio(np.full(30, 0.8), np.array([0.0] * 30 + [0.8] * 10)) == pytest.approx(0.25)


@pytest.mark.parametrize("estimate", [best_bin, mean_ratio])
def test_too_few_or_broken_scores_are_refused(estimate: object) -> None:
    enough = np.linspace(0, 1, 40)
    with pytest.raises(ValueError, match="29 positives"):
        estimate(enough[:29], enough)  # type: ignore[operator]
    with pytest.raises(ValueError, match="unlabelled is not a number"):
        estimate(enough, np.append(enough, np.nan))  # type: ignore[operator]


def test_a_scorer_that_finds_nothing_tells_no_share() -> None:
    with pytest.raises(ValueError, match="no positive scores above 0"):
        mean_ratio(np.zeros(40), np.zeros(40))
