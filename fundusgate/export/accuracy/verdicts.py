"""Verdicts from networks' stored outputs, by the runtime's own functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.manifest import Role
from fundusgate.runtime.outputs import output_that_means, read_map, score_scale
from fundusgate.runtime.prepared import CELLS
from fundusgate.runtime.score_scale import weighed
from fundusgate.runtime.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from fundusgate.codes import Verdict
    from fundusgate.export.accuracy.photographs import PreparedSet
    from fundusgate.runtime.manifest import ModelManifest
    from fundusgate.runtime.profile import Profile

Outputs = dict[str, "NDArray[np.float32]"]
"""A network's outputs over photographs: by name, photographs first."""

BEST_SCORE = 100.0
"""What stands in for a score network that is not there: it never decides."""


def scores(manifest: ModelManifest, outputs: Outputs) -> NDArray[np.float64]:
    """Reported mean opinion scores, 0..100."""
    scale = score_scale(manifest)
    raw = outputs[output_that_means(manifest, "mean_opinion_score").name]
    return np.array([scale.report(float(value.ravel()[0])) for value in raw])


def maps(manifest: ModelManifest, outputs: Outputs) -> Iterator[tuple[NDArray[np.float32], float | None]]:
    """Photograph after photograph: the (16, 16) map of degraded cells, and the probability of a retina."""
    for index in range(len(next(iter(outputs.values())))):
        yield read_map(manifest, {name: values[index] for name, values in outputs.items()})


def verdicts(
    photographs: PreparedSet,
    profile: Profile,
    manifests: Mapping[Role, ModelManifest],
    outputs: Mapping[Role, Outputs],
) -> list[Verdict]:
    """The verdict on every photograph; a network that is not there is taken to find nothing wrong.

    Args:
        photographs: With their cues and cells.
        profile: The thresholds.
        manifests: Of the networks that are there.
        outputs: Of the same networks.
    """
    count = len(photographs.photographs)
    nothing: tuple[NDArray[np.float32], float | None] = (np.zeros((CELLS, CELLS), np.float32), None)
    mapped = maps(manifests[Role.MAP], outputs[Role.MAP]) if Role.MAP in outputs else iter([nothing] * count)
    scored = scores(manifests[Role.SCORE], outputs[Role.SCORE]) if Role.SCORE in outputs else np.full(count, BEST_SCORE)
    share = profile.score.by_map if Role.MAP in outputs else 0.0
    reported = (
        (weighed(float(score), degraded, seen.cells, share), degraded, retina, seen)
        for seen, (degraded, retina), score in zip(photographs.photographs, mapped, scored, strict=True)
    )
    return [
        judge(score, degraded, seen.cells, retina, seen.cues, profile).verdict
        for score, degraded, retina, seen in reported
    ]
