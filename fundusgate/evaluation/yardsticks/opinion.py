"""FQS: how well scores follow the doctors' mean opinion (Gong et al., Scientific Reports 15:40524, table 2)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.evaluation.data_sets.fqs import Opinion
from fundusgate.evaluation.yardsticks.base import REFERENCE, FigureKey, Sample, Yardstick
from fundusgate.evaluation.yardsticks.changes import score_moves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.evaluation.data_sets.base import Item
    from fundusgate.evaluation.prediction import Prediction

NETWORK = "score network"
REPORTED = "reported score"
MEAN = "mean of folds"
METRICS = ("PLCC", "SRCC", "RMSE")


@dataclass(frozen=True)
class OpinionSeen:
    """One photograph's scores.

    Attributes:
        truth: The doctors' mean opinion score, 0..100.
        opinion: The score network's own.
        score: The reported one, weighed with the map.
        folds: The test folds that hold it.
    """

    truth: float
    opinion: float
    score: float
    folds: tuple[str, ...]


class OpinionYardstick(Yardstick[Opinion, OpinionSeen]):
    """Pearson's and Spearman's correlation and the root mean square error, for each test fold and their mean.

    No curve is fitted between score and opinion before the correlation, as in the published evaluation.

    Args:
        folds: Names of the test folds; empty for one figure over all photographs.
    """

    def __init__(self, folds: Sequence[str] = ()) -> None:
        self._folds = tuple(folds)

    def observe(self, item: Item[Opinion], prediction: Prediction) -> OpinionSeen:
        """The doctors' score beside the networks'."""
        return OpinionSeen(item.truth.score, prediction.opinion, prediction.score, item.folds)

    def gather(self, observations: Sequence[OpinionSeen]) -> Sample:
        """Every photograph's scores and folds as arrays."""
        return _OpinionSample(observations, self._folds)

    def row(self, observation: OpinionSeen) -> dict[str, object]:
        """The three scores, and the folds."""
        return {
            "mean_opinion_score": observation.truth,
            "score_network": observation.opinion,
            "reported_score": observation.score,
            "folds": " ".join(observation.folds),
        }

    def remarks(self, observations: Mapping[str, Sequence[OpinionSeen]]) -> tuple[str, ...]:
        """How far another precision moves the scores."""
        if REFERENCE not in observations:
            return ()
        return tuple(
            score_moves(
                precision,
                reading,
                [_read(one, reading) for one in observations[REFERENCE]],
                [_read(one, reading) for one in held],
            )
            for precision, held in observations.items()
            if precision != REFERENCE
            for reading in (NETWORK, REPORTED)
        )

    def draw(self, observations: Mapping[str, Sequence[OpinionSeen]], folder: Path) -> list[Path]:
        """Scatter plots with the identity line."""
        from fundusgate.evaluation.report.plots import Scatter, draw_scatter

        panels = [
            Scatter(f"{reading}, {precision}", [one.truth for one in seen], [_read(one, reading) for one in seen])
            for precision, seen in observations.items()
            for reading in (NETWORK, REPORTED)
        ]
        return [draw_scatter(panels, 2, folder / "scores.png")]


class _OpinionSample(Sample):
    def __init__(self, observations: Sequence[OpinionSeen], folds: tuple[str, ...]) -> None:
        self._truth = np.array([one.truth for one in observations])
        self._scores = {
            reading: np.array([_read(one, reading) for one in observations]) for reading in (NETWORK, REPORTED)
        }
        self._members = {fold: np.array([fold in one.folds for one in observations], dtype=bool) for fold in folds}

    def figures(self, counts: NDArray[np.int64]) -> dict[FigureKey, float]:
        """See `Sample.figures`."""
        found: dict[FigureKey, float] = {}
        for reading, scores in self._scores.items():
            if not self._members:
                for metric, value in self._of(scores, counts).items():
                    found[FigureKey(reading, metric)] = value
                continue
            folds = {fold: self._of(scores, counts * inside) for fold, inside in self._members.items()}
            for metric in METRICS:
                found[FigureKey(reading, metric, MEAN)] = float(np.mean([one[metric] for one in folds.values()]))
            for fold, one in folds.items():
                for metric in METRICS:
                    found[FigureKey(reading, metric, fold)] = one[metric]
        return found

    def _of(self, scores: NDArray[np.float64], counts: NDArray[np.int64]) -> dict[str, float]:
        drawn = np.repeat(np.arange(len(counts)), counts)
        return opinion_figures(self._truth[drawn], scores[drawn])


def opinion_figures(truth: NDArray[np.float64], scores: NDArray[np.float64]) -> dict[str, float]:
    """PLCC, SRCC and RMSE of scores against opinions.

    Args:
        truth: (n,) mean opinion scores, 0..100.
        scores: (n,) predicted ones on the same scale.

    Returns:
        By name. Correlations are not-a-number below two photographs or where one side is constant.
    """
    from scipy import stats
    from sklearn.metrics import mean_squared_error

    if not len(truth):
        return dict.fromkeys(METRICS, math.nan)
    rmse = math.sqrt(mean_squared_error(truth, scores))
    if np.ptp(truth) == 0 or np.ptp(scores) == 0:
        return {"PLCC": math.nan, "SRCC": math.nan, "RMSE": rmse}
    return {
        "PLCC": float(stats.pearsonr(truth, scores).statistic),
        "SRCC": float(stats.spearmanr(truth, scores).statistic),
        "RMSE": rmse,
    }


def _read(seen: OpinionSeen, reading: str) -> float:
    return seen.opinion if reading == NETWORK else seen.score
