"""FunPiQ: where a map says that anatomy cannot be seen, against annotated pixels (Wang et al., arXiv 2606.25915)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.evaluation.data_sets.annotation import AnnotationError, read_annotation
from fundusgate.evaluation.data_sets.funpiq import Annotated, Source
from fundusgate.evaluation.yardsticks.base import FigureKey, ObservationError, Sample, Yardstick
from fundusgate.evaluation.yardsticks.map_resolution import at_annotation
from fundusgate.evaluation.yardsticks.region_figures import (
    bad_figures,
    best_dice,
    best_kappa,
    bins_of,
    dice_by_bin,
    histogram,
    lower_edge,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.evaluation.data_sets.base import Item
    from fundusgate.evaluation.prediction import Prediction

MAP = "map"
KAPPA = "kappa (quadratic), three classes, at its best thresholds"


@dataclass(frozen=True, eq=False)
class RegionsSeen:
    """One photograph's pixels, counted.

    Attributes:
        counts: (3, BINS) int64 from `histogram`.
        source: Where the photograph comes from.
    """

    counts: NDArray[np.int64]
    source: Source


class RegionYardstick(Yardstick[Annotated, RegionsSeen]):
    """Three-class quadratic kappa; bad against good and usable: Dice, AUROC, AUPRC, sensitivity at 95 % specificity.

    Pixels of all photographs are pooled, background is left out. The best thresholds are sought anew in each resample,
    so that the intervals hold what the search gains.

    Args:
        cell: The bundle's own working point, 0..1, at which Dice is given as well.
    """

    def __init__(self, cell: float) -> None:
        self._cell = cell

    def observe(self, item: Item[Annotated], prediction: Prediction) -> RegionsSeen:
        """The annotation's pixels by class and by the map's value.

        Raises:
            ObservationError: The annotation cannot be used, or is of another picture.
        """
        try:
            regions = read_annotation(item.truth.annotation)
        except AnnotationError as error:
            raise ObservationError(str(error)) from error
        if not regions.any():
            raise ObservationError("the annotation is background alone")
        values = at_annotation(prediction, (regions.shape[0], regions.shape[1]))
        return RegionsSeen(histogram(values, regions), item.truth.source)

    def gather(self, observations: Sequence[RegionsSeen]) -> Sample:
        """Every photograph's counts as one array."""
        return _RegionSample(np.stack([one.counts for one in observations]), self._cell)

    def row(self, observation: RegionsSeen) -> dict[str, object]:
        """Pixels of each class, and Dice of bad at the bundle's own working point."""
        good, usable, bad = (int(pixels) for pixels in observation.counts.sum(axis=1))
        dice = float(dice_by_bin(observation.counts)[_first_bin(self._cell)])
        return {
            "source": observation.source.value,
            "good_pixels": good,
            "usable_pixels": usable,
            "bad_pixels": bad,
            "dice": None if np.isnan(dice) else dice,
        }

    def remarks(self, observations: Mapping[str, Sequence[RegionsSeen]]) -> tuple[str, ...]:
        """How many photographs each source gave, and the best thresholds."""
        seen = next(iter(observations.values()))
        sources = Counter(one.source.value for one in seen)
        lines = ["Photographs: " + ", ".join(f"{count} {source}" for source, count in sorted(sources.items())) + "."]
        for precision, held in observations.items():
            best = best_thresholds(np.sum([one.counts for one in held], axis=0))
            lines.append(
                f"Best thresholds in {precision}: Dice from {best['dice']:.3f}; kappa usable from"
                f" {best['kappa_usable']:.3f}, bad from {best['kappa_bad']:.3f}."
            )
        return tuple(lines)

    def draw(self, observations: Mapping[str, Sequence[RegionsSeen]], folder: Path) -> list[Path]:
        """Confusion matrices in pixels at the best thresholds, and ROC curves of bad against the rest."""
        from fundusgate.evaluation.report.plots import Confusion, Roc, draw_confusions, draw_rocs

        confusions, curves = [], []
        for precision, seen in observations.items():
            counts = np.sum([one.counts for one in seen], axis=0)
            _, (usable, bad) = best_kappa(counts)
            parts = np.stack([part.sum(axis=1) for part in np.split(counts, [usable, bad], axis=1)], axis=1)
            where = f"{MAP}, {precision}; usable from {lower_edge(usable):.2f}, bad from {lower_edge(bad):.2f}"
            confusions.append(Confusion(where, ["good", "usable", "bad"], parts))
            truth = np.repeat([False, True], counts.shape[1])
            weight = np.concatenate([counts[0] + counts[1], counts[2]])
            value = np.tile(np.arange(counts.shape[1]), 2)
            curves.append(Roc(f"{MAP}, {precision}", truth.tolist(), value.tolist(), weight.tolist()))
        return [
            draw_confusions(confusions, len(observations), folder / "confusion.png"),
            draw_rocs("bad against good and usable", curves, folder / "roc.png"),
        ]


class _RegionSample(Sample):
    def __init__(self, counts: NDArray[np.int64], cell: float) -> None:
        self._shape = counts.shape[1:]
        # products of float64 are exact here: counts of pixels lie far below 2^53, and run on the fast library
        self._counts = counts.reshape(len(counts), -1).astype(np.float64)
        self._cell = cell

    def figures(self, counts: NDArray[np.int64]) -> dict[FigureKey, float]:
        """See `Sample.figures`."""
        pooled = np.rint(counts.astype(np.float64) @ self._counts).astype(np.int64).reshape(self._shape)
        found = {FigureKey(MAP, KAPPA): best_kappa(pooled)[0]}
        for metric, value in bad_figures(pooled).items():
            found[FigureKey(MAP, metric)] = value
        own = float(dice_by_bin(pooled)[_first_bin(self._cell)])
        found[FigureKey(MAP, f"Dice at the bundle's threshold {self._cell:g}")] = own
        return found


def best_thresholds(counts: NDArray[np.int64]) -> dict[str, float]:
    """The values, 0..1, at which Dice and kappa are best.

    Args:
        counts: (3, BINS), pooled.
    """
    _, (usable, bad) = best_kappa(counts)
    return {
        "dice": lower_edge(best_dice(counts)[1]),
        "kappa_usable": lower_edge(usable),
        "kappa_bad": lower_edge(bad),
    }


def _first_bin(cell: float) -> int:
    return int(bins_of(np.array([cell], dtype=np.float32))[0])
