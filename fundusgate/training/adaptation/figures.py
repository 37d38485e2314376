"""What the gate makes of the camera's photographs with one set of weights, and whether another set is surely better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.codes import Verdict
from fundusgate.evaluation.bootstrap import RESAMPLES, SEED, Estimate, estimate, resampled_counts
from fundusgate.runtime.score_scale import weighed
from fundusgate.runtime.verdict import judge
from fundusgate.training.photographs import Quality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fundusgate.runtime.profile import Profile
    from fundusgate.training.adaptation.camera import CameraPhotograph

    Vector = NDArray[np.float64]

SURE = 0.9
"""Share of the resamples in which a gain must be there."""
LEAST_GAIN = 0.005
"""Of the merit, under which new weights are not worth their risk."""
PASSING = (Verdict.ACCEPT, Verdict.ACCEPT_WITH_NOTE)


@dataclass(frozen=True, eq=False)
class Told:
    """What both networks say of one photograph.

    Attributes:
        degraded: (16, 16) float32, 0..1.
        retina: 0..1.
        opinion: The score network's score, 0..100, not clipped.
    """

    degraded: NDArray[np.float32]
    retina: float
    opinion: float


@dataclass(frozen=True, eq=False)
class Judged:
    """The gate's answers to all photographs with one set of weights.

    Attributes:
        reported: N, the reported score, 0..100.
        by_map: N, one less the mean of the map.
        by_score: N, the score network's word.
        kept: N, 1 where the photograph passes.
    """

    reported: Vector
    by_map: Vector
    by_score: Vector
    kept: Vector


def judged(photographs: Sequence[CameraPhotograph], told: Sequence[Told], profile: Profile) -> Judged:
    """Send each photograph through the gate."""
    rows = []
    for photograph, said in zip(photographs, told, strict=True):
        cells = photograph.framed.cells
        opinion = float(np.clip(said.opinion, 0, 100))
        score = weighed(opinion, said.degraded, cells, profile.score.by_map)
        verdict = judge(score, said.degraded, cells, said.retina, photograph.cues, profile).verdict
        hidden = float(said.degraded[cells].mean()) if cells.any() else 1.0
        rows.append((score, 1 - hidden, said.opinion, float(verdict in PASSING)))
    reported, by_map, by_score, kept = (np.asarray(column, np.float64) for column in zip(*rows, strict=True))
    return Judged(reported, by_map, by_score, kept)


@dataclass(frozen=True)
class Figures:
    """One set of weights on the camera.

    Attributes:
        auc: Of the reported score, good over reject.
        auc_map: Of the map alone.
        auc_score: Of the score network alone.
        kept: By label: share that passes.
        merit: Mean of the AUC and of the balanced share of right decisions (good kept, rejects refused).
    """

    auc: Estimate
    auc_map: Estimate
    auc_score: Estimate
    kept: dict[Quality, Estimate]
    merit: Estimate


class Measure:
    """Figures with 95 % intervals over patients; every set of weights is resampled alike, so that pairs compare.

    Args:
        labels: Of the photographs.
        patients: Whose each is.
        resamples: How often to draw.
    """

    def __init__(self, labels: Sequence[Quality], patients: Sequence[str], resamples: int = RESAMPLES) -> None:
        self._of = {quality: np.asarray([label is quality for label in labels]) for quality in Quality}
        # How often each photograph counts: once in the first row, as it was drawn in the others.
        drawn = resampled_counts(patients, resamples, SEED)
        self._counts = np.asarray([np.ones(len(labels)), *drawn], np.float64)

    def figures(self, answers: Judged) -> Figures:
        """All figures of one set of weights."""
        return Figures(
            auc=_estimate(self._auc(answers.reported)),
            auc_map=_estimate(self._auc(answers.by_map)),
            auc_score=_estimate(self._auc(answers.by_score)),
            kept={
                quality: _estimate(self._share(answers.kept, quality))
                for quality, chosen in self._of.items()
                if chosen.any()
            },
            merit=_estimate(self._merit(answers)),
        )

    def gain(self, before: Judged, after: Judged) -> tuple[float, float]:
        """How much the merit rises, and in what share of the resamples it does."""
        gain, *drawn = self._merit(after) - self._merit(before)
        defined = np.asarray([each for each in drawn if not np.isnan(each)])
        return float(gain), float((defined > 0).mean()) if defined.size else 0.0

    def _auc(self, values: Vector) -> Vector:
        """AUC in every resample: pairs of a good photograph and a reject, counted as often as both were drawn."""
        good, reject = self._of[Quality.GOOD], self._of[Quality.REJECT]
        difference = values[good][:, None] - values[reject][None]
        ordered = (difference > 0) + 0.5 * (difference == 0)
        goods, rejects = self._counts[:, good], self._counts[:, reject]
        return _ratio(((goods @ ordered) * rejects).sum(1), goods.sum(1) * rejects.sum(1))

    def _share(self, kept: Vector, quality: Quality) -> Vector:
        weight = self._counts[:, self._of[quality]]
        return _ratio(weight @ kept[self._of[quality]], weight.sum(1))

    def _merit(self, answers: Judged) -> Vector:
        right = (self._share(answers.kept, Quality.GOOD) + 1 - self._share(answers.kept, Quality.REJECT)) / 2
        return (self._auc(answers.reported) + right) / 2


def _ratio(share: Vector, whole: Vector) -> Vector:
    return np.divide(share, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def _estimate(values: Vector) -> Estimate:
    return estimate(float(values[0]), values[1:])
