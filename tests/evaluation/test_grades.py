from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from fundusgate.codes import Verdict
from fundusgate.evaluation.data_sets.base import Item
from fundusgate.evaluation.quality import Quality
from fundusgate.evaluation.yardsticks.base import FigureKey
from fundusgate.evaluation.yardsticks.grade_figures import area_figures, confusion, grade_figures, grades_of
from fundusgate.evaluation.yardsticks.grades import NETWORK, REPORTED, VERDICT, GradeYardstick
from fundusgate.runtime.profile import ScoreThresholds
from tests.evaluation.pictures import prediction

LIMITS = ScoreThresholds(accept=66.0, retake=55.0, by_map=0.0)
SCORES = {Quality.GOOD: 80.0, Quality.USABLE: 60.0, Quality.REJECT: 30.0}
VERDICTS = {
    Quality.GOOD: Verdict.ACCEPT,
    Quality.USABLE: Verdict.ACCEPT_WITH_NOTE,
    Quality.REJECT: Verdict.CANNOT_OBTAIN,
}


def figures(scores: dict[Quality, float], verdicts: dict[Quality, Verdict]) -> dict[FigureKey, float]:
    yardstick = GradeYardstick(LIMITS)
    seen = [
        yardstick.observe(
            Item(f"{index}", Path("a.png"), f"{index}", (), truth),
            prediction(score=scores[truth], verdict=verdicts[truth]),
        )
        for index, truth in enumerate([*Quality] * 3)
    ]
    return yardstick.gather(seen).figures(np.ones(len(seen), np.int64))


def test_a_perfect_predictor() -> None:
    for key, value in figures(SCORES, VERDICTS).items():
        assert value == pytest.approx(1), key


def test_an_inverted_predictor_is_told_at_once() -> None:
    """What a mistake in polarity would give: good and reject exchanged."""
    exchanged = {Quality.GOOD: Quality.REJECT, Quality.USABLE: Quality.USABLE, Quality.REJECT: Quality.GOOD}
    found = figures(
        {truth: SCORES[said] for truth, said in exchanged.items()},
        {truth: VERDICTS[said] for truth, said in exchanged.items()},
    )
    for reading in (NETWORK, REPORTED, VERDICT):
        assert found[FigureKey(reading, "accuracy")] == pytest.approx(1 / 3)
        assert found[FigureKey(reading, "kappa (quadratic)")] == pytest.approx(-1)
    assert found[FigureKey(NETWORK, "AUC good over reject")] == 0
    assert found[FigureKey(NETWORK, "AUC reject against the rest")] == 0
    # usable still is nearest to the middle: 1/3 of the mean
    assert found[FigureKey(NETWORK, "AUC")] == pytest.approx(1 / 3)


def test_by_hand() -> None:
    # rows are true grades
    found = grade_figures(np.array([[6, 2, 0], [1, 3, 0], [0, 1, 3]]))
    assert found["accuracy"] == pytest.approx(12 / 16)
    assert found["precision (macro)"] == pytest.approx((6 / 7 + 3 / 6 + 1) / 3)
    assert found["recall (macro)"] == pytest.approx((6 / 8 + 3 / 4 + 3 / 4) / 3)
    assert found["F1 (macro)"] == pytest.approx((12 / 15 + 6 / 10 + 6 / 7) / 3)
    chance = (8 * 7 + 4 * 6 + 4 * 3) / 16**2
    assert found["kappa"] == pytest.approx((12 / 16 - chance) / (1 - chance))


def test_the_matrix_stands_for_its_photographs() -> None:
    rng = np.random.default_rng(1)
    truth, said, counts = rng.integers(0, 3, 200), rng.integers(0, 3, 200), rng.integers(0, 5, 200)
    drawn = np.repeat(np.arange(200), counts)
    said[truth == 2] = 2
    found = grade_figures(confusion(truth, said, counts))
    for metric, theirs in (("precision", metrics.precision_score), ("recall", metrics.recall_score)):
        assert found[f"{metric} (macro)"] == pytest.approx(theirs(truth[drawn], said[drawn], average="macro"))
    assert found["F1 (macro)"] == pytest.approx(metrics.f1_score(truth[drawn], said[drawn], average="macro"))
    kappa = metrics.cohen_kappa_score(truth[drawn], said[drawn], weights="quadratic")
    assert found["kappa (quadratic)"] == pytest.approx(kappa)


def test_a_row_of_the_matrix_is_a_true_grade() -> None:
    truth, said = np.array([0, 0, 0, 2]), np.array([0, 1, 1, 2])
    assert confusion(truth, said).tolist() == [[1, 2, 0], [0, 0, 0], [0, 0, 1]]


def test_working_points_belong_to_the_better_grade() -> None:
    scores = np.array([100.0, 66.0, 65.99, 55.0, 54.99, 0.0])
    assert grades_of(scores, LIMITS).tolist() == [0, 0, 1, 1, 2, 2]


def test_areas_are_scikit_learns() -> None:
    rng = np.random.default_rng(2)
    truth, scores, counts = rng.integers(0, 3, 300), rng.uniform(0, 100, 300).round(), rng.integers(0, 3, 300)
    drawn = np.repeat(np.arange(300), counts)
    found = area_figures(truth, scores, 60.5, counts)
    one = metrics.roc_auc_score(truth[drawn] == 2, -scores[drawn])
    assert found["AUC reject against the rest"] == pytest.approx(one)


def test_a_grade_that_is_not_there_leaves_its_figures_undefined() -> None:
    counts = np.ones(4, np.int64)
    found = area_figures(np.zeros(4, np.int64), np.arange(4.0), 50.0, counts)
    assert all(math.isnan(value) for value in found.values())
    alone = grade_figures(np.diag([4, 0, 0]))
    assert alone["accuracy"] == 1
    assert math.isnan(alone["kappa"])
    assert all(math.isnan(value) for value in grade_figures(np.zeros((3, 3), np.int64)).values())


def test_whether_the_photographs_are_eyeqs_crop_is_said() -> None:
    yardstick = GradeYardstick(LIMITS)
    item = Item("a", Path("a.png"), "a", (), Quality.GOOD)
    cropped, original = (yardstick.observe(item, prediction(side=side)) for side in (800, 2000))
    assert "Every photograph is 800 x 800" in yardstick.remarks({"fp32": [cropped, cropped]})[0]
    assert "1 of 2 photographs are 800 x 800" in yardstick.remarks({"fp32": [cropped, original]})[0]
