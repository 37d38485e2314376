from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from fundusgate.evaluation.data_sets.base import Item
from fundusgate.evaluation.data_sets.fqs import Opinion
from fundusgate.evaluation.yardsticks.base import FigureKey
from fundusgate.evaluation.yardsticks.opinion import MEAN, NETWORK, REPORTED, OpinionYardstick, opinion_figures
from tests.evaluation.pictures import prediction


def item(truth: float, *folds: str) -> Item[Opinion]:
    return Item(f"{truth}", Path("a.png"), f"{truth}", folds, Opinion(truth, None))


def test_by_hand() -> None:
    # differences 1, -1, 2, -2: the mean of the squares is 2.5
    found = opinion_figures(np.array([10.0, 20, 30, 40]), np.array([11.0, 19, 32, 38]))
    assert found["RMSE"] == pytest.approx(math.sqrt(2.5))
    assert found["SRCC"] == 1
    # centred: truth -15 -5 5 15, scores -14 -6 7 13: 470 / sqrt(500 * 450)
    assert found["PLCC"] == pytest.approx(470 / math.sqrt(500 * 450))


def test_perfect_inverted_and_constant() -> None:
    truth = np.array([20.0, 50, 80, 95])
    perfect = opinion_figures(truth, truth)
    assert perfect == {"PLCC": pytest.approx(1), "SRCC": pytest.approx(1), "RMSE": 0}
    inverted = opinion_figures(truth, 100 - truth)
    assert (inverted["PLCC"], inverted["SRCC"]) == (pytest.approx(-1), pytest.approx(-1))
    assert inverted["RMSE"] > 50
    constant = opinion_figures(truth, np.full(4, 50.0))
    assert math.isnan(constant["PLCC"])
    assert math.isnan(constant["SRCC"])
    assert all(math.isnan(value) for value in opinion_figures(np.array([]), np.array([])).values())


def test_folds_and_their_mean_and_both_readings() -> None:
    yardstick = OpinionYardstick(["one", "two"])
    seen = [
        yardstick.observe(item(10, "one"), prediction(score=10, opinion=90)),
        yardstick.observe(item(20, "one", "two"), prediction(score=20, opinion=80)),
        yardstick.observe(item(40, "two"), prediction(score=44, opinion=60)),
        yardstick.observe(item(70), prediction(score=0, opinion=0)),
    ]
    found = yardstick.gather(seen).figures(np.ones(4, np.int64))
    assert found[FigureKey(REPORTED, "RMSE", "one")] == 0
    assert found[FigureKey(REPORTED, "RMSE", "two")] == pytest.approx(math.sqrt(8))
    assert found[FigureKey(REPORTED, "RMSE", MEAN)] == pytest.approx(math.sqrt(8) / 2)
    assert found[FigureKey(NETWORK, "PLCC", MEAN)] == pytest.approx(-1)
    assert len(found) == 2 * 3 * 3


def test_counts_are_repetitions() -> None:
    rng = np.random.default_rng(3)
    truth, scores = rng.uniform(0, 100, 30), rng.uniform(0, 100, 30)
    counts = rng.integers(0, 4, 30)
    yardstick = OpinionYardstick()
    seen = [yardstick.observe(item(t), prediction(score=s)) for t, s in zip(truth, scores, strict=True)]
    found = yardstick.gather(seen).figures(counts)
    drawn = np.repeat(np.arange(30), counts)
    assert found[FigureKey(REPORTED, "SRCC")] == pytest.approx(stats.spearmanr(truth[drawn], scores[drawn]).statistic)
