"""What the outputs of a bundle's networks mean: meaning, scale and polarity as their manifests state them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.prepared import CELLS
from fundusgate.runtime.score_scale import ScoreScale

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fundusgate.runtime.manifest import ModelManifest, OutputSpec


class AssessorError(RuntimeError):
    """An assessor that cannot be opened or used; the message says what to do."""


def output_that_means(manifest: ModelManifest, meaning: str) -> OutputSpec:
    """The output of a network that has a meaning.

    Raises:
        AssessorError: it states none.
    """
    for output in manifest.outputs:
        if output.meaning == meaning:
            return output
    raise AssessorError(f"{manifest.name} states no output that means {meaning!r}: export it again")


def score_scale(manifest: ModelManifest) -> ScoreScale:
    """How a score network's raw output is reported."""
    stated = output_that_means(manifest, "mean_opinion_score")
    return ScoreScale(scale=stated.scale, high_is_good=stated.polarity == "high_is_good")


def read_map(
    manifest: ModelManifest, outputs: Mapping[str, NDArray[np.float32]]
) -> tuple[NDArray[np.float32], float | None]:
    """A map network's outputs as the gate takes them.

    Returns:
        (16, 16), 0..1 with 1 = degraded; and the probability of a retina, None where the network states none.
    """
    spec = output_that_means(manifest, "degraded")
    values = np.clip(spec.scale * outputs[spec.name].reshape(CELLS, CELLS), 0, 1).astype(np.float32)
    degraded = values if spec.polarity == "high_is_bad" else (1 - values).astype(np.float32)
    for output in manifest.outputs:
        if output.meaning == "retina":
            probability = float(np.clip(output.scale * float(outputs[output.name].ravel()[0]), 0, 1))
            return degraded, probability if output.polarity == "high_is_good" else 1 - probability
    return degraded, None
