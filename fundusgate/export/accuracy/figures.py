"""How far one precision is from another, in the field's figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.calibration.manifest import Band
from fundusgate.export.accuracy.statistics import dice, linear_correlation, rank_correlation, wilson_interval
from fundusgate.export.accuracy.verdicts import maps, scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fundusgate.codes import Verdict
    from fundusgate.export.accuracy.photographs import PreparedSet
    from fundusgate.export.accuracy.verdicts import Outputs
    from fundusgate.runtime.manifest import ModelManifest


@dataclass(frozen=True)
class ScoreFigures:
    """Mean opinion score against fp32's; differences in points."""

    srcc: float
    plcc: float
    mean: float
    p99: float
    largest: float


@dataclass(frozen=True)
class MapFigures:
    """Map against fp32's, over the cells of the visible field; differences on 0..1."""

    mean: float
    p99: float
    largest: float
    dice: float
    """Of the cells at or above the working threshold, all photographs together."""
    retina_largest: float | None
    """Largest difference of the probability of a retina; None where the network states none."""


@dataclass(frozen=True)
class Share:
    """A proportion with Wilson's 95 % interval."""

    hits: int
    trials: int
    share: float = field(init=False)
    low: float = field(init=False)
    high: float = field(init=False)

    def __post_init__(self) -> None:
        low, high = wilson_interval(self.hits, self.trials)
        object.__setattr__(self, "share", self.hits / self.trials if self.trials else 0.0)
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    def __str__(self) -> str:
        return f"{self.hits} of {self.trials} ({100 * self.share:.2f} %, {100 * self.low:.2f} to {100 * self.high:.2f})"


@dataclass(frozen=True)
class Flips:
    """Verdicts that differ from fp32's."""

    total: Share
    by_band: dict[str, Share]
    changes: dict[str, int]
    """How often which verdict became which, such as "accept -> retake"."""


def score_figures(manifest: ModelManifest, reference: Outputs, measured: Outputs) -> ScoreFigures:
    """Compare a score network's outputs over the same photographs."""
    one, other = scores(manifest, reference), scores(manifest, measured)
    apart = np.abs(one - other)
    return ScoreFigures(
        srcc=rank_correlation(one, other),
        plcc=linear_correlation(one, other),
        mean=float(apart.mean()),
        p99=float(np.percentile(apart, 99)),
        largest=float(apart.max()),
    )


def map_figures(
    manifest: ModelManifest, reference: Outputs, measured: Outputs, photographs: PreparedSet, threshold: float
) -> MapFigures:
    """Compare a map network's outputs over the same photographs.

    Args:
        manifest: The network's.
        reference: Of fp32.
        measured: Of the other precision.
        photographs: With their visible cells.
        threshold: From this value a cell counts as degraded.
    """
    apart, ones, others, retina = [], [], [], []
    pairs = zip(photographs.photographs, maps(manifest, reference), maps(manifest, measured), strict=True)
    for seen, (one, one_retina), (other, other_retina) in pairs:
        ones.append(one[seen.cells])
        others.append(other[seen.cells])
        apart.append(np.abs(ones[-1] - others[-1]))
        if one_retina is not None and other_retina is not None:
            retina.append(abs(one_retina - other_retina))
    differences = np.concatenate(apart)
    if not differences.size:
        differences = np.zeros(1, np.float32)
    return MapFigures(
        mean=float(differences.mean()),
        p99=float(np.percentile(differences, 99)),
        largest=float(differences.max()),
        dice=dice(np.concatenate(ones) >= threshold, np.concatenate(others) >= threshold),
        retina_largest=max(retina) if retina else None,
    )


def flips(photographs: PreparedSet, reference: Sequence[Verdict], measured: Sequence[Verdict]) -> Flips:
    """Count verdicts that changed, by quality band."""
    bands = [seen.entry.band for seen in photographs.photographs]
    changed = [one is not other for one, other in zip(reference, measured, strict=True)]
    by_band = {}
    for band in Band:
        among = [flag for flag, its in zip(changed, bands, strict=True) if its is band]
        by_band[band.value] = Share(sum(among), len(among))
    changes: dict[str, int] = {}
    for one, other in zip(reference, measured, strict=True):
        if one is not other:
            name = f"{one.value} -> {other.value}"
            changes[name] = changes.get(name, 0) + 1
    return Flips(Share(sum(changed), len(changed)), by_band, changes)
