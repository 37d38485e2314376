"""Figures of three grades, as EyeQ's paper and its published code count them (Fu et al., MICCAI 2019)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.evaluation.quality import Quality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.runtime.profile import ScoreThresholds

_GRADES = [int(grade) for grade in Quality]


def grades_of(scores: NDArray[np.float64], limits: ScoreThresholds) -> NDArray[np.int64]:
    """Grades by the gate's own working points: at or above `accept` good, below `retake` reject."""
    grades = np.where(scores >= limits.accept, Quality.GOOD, Quality.USABLE)
    return np.where(scores >= limits.retake, grades, Quality.REJECT).astype(np.int64)


def confusion(
    truth: NDArray[np.int64], grades: NDArray[np.int64], counts: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Confusion matrix: (3, 3) int64, a row for each true grade, a column for each predicted one."""
    pairs = np.bincount(3 * truth + grades, weights=counts, minlength=9)
    return np.rint(pairs).astype(np.int64).reshape(3, 3)


def grade_figures(matrix: NDArray[np.int64]) -> dict[str, float]:
    """Accuracy, macro precision, recall and F1, plain and quadratic kappa.

    Macro: the mean over the three grades, as EyeQ's paper reports them; a grade that is never predicted has precision
    0. Scikit-learn counts each cell of the matrix as one photograph of its weight, which is exact.

    Args:
        matrix: (3, 3), a row for each true grade.
    """
    from sklearn.metrics import accuracy_score, cohen_kappa_score, precision_recall_fscore_support

    truth, grades = (axis.ravel() for axis in np.indices((3, 3)))
    weight = matrix.ravel().astype(np.float64)
    names = ("accuracy", "precision (macro)", "recall (macro)", "F1 (macro)", "kappa", "kappa (quadratic)")
    if not weight.sum():
        return dict.fromkeys(names, math.nan)
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, grades, labels=_GRADES, average="macro", sample_weight=weight, zero_division=0.0
    )
    # every photograph of one grade, and called so: agreement by chance is all there is
    several = np.count_nonzero(matrix.sum(axis=0) + matrix.sum(axis=1)) > 1
    kappas = [
        float(cohen_kappa_score(truth, grades, labels=_GRADES, weights=kind, sample_weight=weight))
        if several
        else math.nan
        for kind in (None, "quadratic")
    ]
    accuracy = accuracy_score(truth, grades, sample_weight=weight)
    return dict(zip(names, (float(accuracy), float(precision), float(recall), float(f1), *kappas), strict=True))


def area_figures(
    truth: NDArray[np.int64], scores: NDArray[np.float64], middle: float, counts: NDArray[np.int64]
) -> dict[str, float]:
    """Areas under ROC curves.

    `AUC` is the mean of one-against-the-rest over the three grades, as EyeQ's code has it. It needs a value for each
    grade and there is one score: read as a cumulative link model with the two working points, good ranks by the score,
    reject by its opposite, usable by nearness to the middle of the points, whatever the model's slope.

    Args:
        truth: (n,) grades.
        scores: (n,) high is good.
        middle: Half way between the working points.
        counts: (n,) how often each counts.
    """
    by_grade = {
        Quality.GOOD: scores,
        Quality.USABLE: -np.abs(scores - middle),
        Quality.REJECT: -scores,
    }
    areas = {grade: _area(truth == grade, value, counts) for grade, value in by_grade.items()}
    extremes = truth != Quality.USABLE
    over = _area(truth[extremes] == Quality.GOOD, scores[extremes], counts[extremes])
    return {
        "AUC": float(np.mean(list(areas.values()))),
        "AUC reject against the rest": areas[Quality.REJECT],
        "AUC good over reject": over,
    }


def _area(positive: NDArray[np.bool_], values: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    from sklearn.metrics import roc_auc_score

    drawn = counts > 0
    held = positive[drawn]
    if held.all() or not held.any():
        return math.nan
    return float(roc_auc_score(held, values[drawn], sample_weight=counts[drawn]))
