"""EyeQ: three grades, as its paper and its published code count them (Fu et al., MICCAI 2019, arXiv 1907.05345)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.codes import Verdict
from fundusgate.evaluation.data_sets.base import Cut
from fundusgate.evaluation.data_sets.eyeq_crop import CROP, CUT_HERE
from fundusgate.evaluation.quality import Quality
from fundusgate.evaluation.yardsticks.base import REFERENCE, FigureKey, Sample, Yardstick
from fundusgate.evaluation.yardsticks.changes import verdict_flips
from fundusgate.evaluation.yardsticks.grade_figures import area_figures, confusion, grade_figures, grades_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.evaluation.data_sets.base import Item
    from fundusgate.evaluation.prediction import Prediction
    from fundusgate.runtime.profile import ScoreThresholds

NETWORK = "score network"
REPORTED = "reported score"
VERDICT = "verdict"
_OF_VERDICT = {
    Verdict.ACCEPT: Quality.GOOD,
    Verdict.ACCEPT_WITH_NOTE: Quality.USABLE,
    Verdict.RETAKE: Quality.REJECT,
    Verdict.CANNOT_OBTAIN: Quality.REJECT,
}


@dataclass(frozen=True)
class GradeSeen:
    """One photograph's grades.

    Attributes:
        truth: The graders'.
        opinion: The score network's score, 0..100, high is good.
        score: The reported score.
        verdict: The gate's verdict.
        size: Height and width of the photograph as the networks' pre-processing met it, pixels.
        cut: What was done to it before.
    """

    truth: Quality
    opinion: float
    score: float
    verdict: Verdict
    size: tuple[int, int]
    cut: Cut = Cut.NONE


class GradeYardstick(Yardstick[Quality, GradeSeen]):
    """Accuracy, macro precision, recall and F1, kappa, and areas under ROC curves.

    A score becomes a grade by the profile's two working points, set before and not fitted to EyeQ: at or above
    `accept` good, below `retake` reject. Accept, accept with a note and retake are read as good, usable and reject.

    Args:
        limits: The working points.
    """

    def __init__(self, limits: ScoreThresholds) -> None:
        self._limits = limits

    def observe(self, item: Item[Quality], prediction: Prediction) -> GradeSeen:
        """The graders' grade beside scores and verdict."""
        said = prediction
        return GradeSeen(item.truth, said.opinion, said.score, said.verdict, said.size, item.cut)

    def gather(self, observations: Sequence[GradeSeen]) -> Sample:
        """Every photograph's grades and scores as arrays."""
        return _GradeSample(observations, self._limits)

    def row(self, observation: GradeSeen) -> dict[str, object]:
        """Grades and scores."""
        return {
            "quality": observation.truth.label,
            "score_network": observation.opinion,
            "reported_score": observation.score,
            "verdict": observation.verdict.value,
        }

    def remarks(self, observations: Mapping[str, Sequence[GradeSeen]]) -> tuple[str, ...]:
        """Whether the photographs are EyeQ's crop, and what another precision changed."""
        seen = next(iter(observations.values()))
        cropped = sum(one.size == (CROP, CROP) for one in seen)
        if any(one.cut is Cut.EYEQ for one in seen):
            first = f"Photographs that were not {CROP} x {CROP} were {CUT_HERE}"
        elif cropped == len(seen):
            first = f"Every photograph is {CROP} x {CROP}, EyeQ's own crop, as in the papers."
        else:
            first = (
                f"{cropped} of {len(seen)} photographs are {CROP} x {CROP}, EyeQ's own crop, which papers report on;"
                " the others are framed from the original by this program alone."
            )
        flips = [
            verdict_flips(precision, [one.verdict for one in observations[REFERENCE]], [one.verdict for one in held])
            for precision, held in observations.items()
            if REFERENCE in observations and precision != REFERENCE
        ]
        return (first, *flips)

    def draw(self, observations: Mapping[str, Sequence[GradeSeen]], folder: Path) -> list[Path]:
        """Confusion matrices and ROC curves."""
        from fundusgate.evaluation.report.plots import Confusion, Roc, draw_confusions, draw_rocs

        labels = [grade.label for grade in Quality]
        confusions = [
            Confusion(f"{reading}, {precision}", labels, confusion(_truths(seen), _graded(seen, reading, self._limits)))
            for precision, seen in observations.items()
            for reading in (NETWORK, REPORTED, VERDICT)
        ]
        curves = []
        for reading in (NETWORK, REPORTED):
            for precision, seen in observations.items():
                extremes = [one for one in seen if one.truth is not Quality.USABLE]
                good = [one.truth is Quality.GOOD for one in extremes]
                curves.append(Roc(f"{reading}, {precision}", good, [_score(one, reading) for one in extremes]))
        return [
            draw_confusions(confusions, 3, folder / "confusion.png"),
            draw_rocs("good over reject", curves, folder / "roc.png"),
        ]


class _GradeSample(Sample):
    def __init__(self, observations: Sequence[GradeSeen], limits: ScoreThresholds) -> None:
        self._truth = _truths(observations)
        self._grades = {reading: _graded(observations, reading, limits) for reading in (NETWORK, REPORTED, VERDICT)}
        self._scores = {
            reading: np.array([_score(one, reading) for one in observations]) for reading in (NETWORK, REPORTED)
        }
        self._middle = (limits.accept + limits.retake) / 2

    def figures(self, counts: NDArray[np.int64]) -> dict[FigureKey, float]:
        """See `Sample.figures`."""
        found: dict[FigureKey, float] = {}
        for reading, grades in self._grades.items():
            for metric, value in grade_figures(confusion(self._truth, grades, counts)).items():
                found[FigureKey(reading, metric)] = value
            if reading in self._scores:
                areas = area_figures(self._truth, self._scores[reading], self._middle, counts)
                for metric, value in areas.items():
                    found[FigureKey(reading, metric)] = value
        return found


def _truths(observations: Sequence[GradeSeen]) -> NDArray[np.int64]:
    return np.array([int(one.truth) for one in observations], dtype=np.int64)


def _score(seen: GradeSeen, reading: str) -> float:
    return seen.opinion if reading == NETWORK else seen.score


def _graded(observations: Sequence[GradeSeen], reading: str, limits: ScoreThresholds) -> NDArray[np.int64]:
    if reading == VERDICT:
        return np.array([int(_OF_VERDICT[one.verdict]) for one in observations], dtype=np.int64)
    return grades_of(np.array([_score(one, reading) for one in observations]), limits)
