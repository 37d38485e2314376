"""How far an engine is from the fp32 graph, and how far it may be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.codes import CauseCode
from fundusgate.phantom import degrade, render
from fundusgate.runtime.engines.record import EngineParity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fundusgate.runtime.backends.base import Backend
    from fundusgate.runtime.manifest import OutputSpec

CHECK_SEEDS = (11, 23)
CHECK_FAULTS = (CauseCode.FOCUS, CauseCode.TOO_DARK)


@dataclass(frozen=True)
class Limits:
    """What an engine may differ by: the accuracy budget of `export`, on a few check inputs instead of a parity set."""

    score: float = 2.0
    """Largest difference of a score, points of 100."""
    map: float = 0.02
    """Mean absolute difference of a map's cells, 0..1."""
    retina: float = 0.05
    """Largest difference of the probability that a retina is there."""


@cache
def check_photographs(size: int) -> tuple[NDArray[np.uint8], ...]:
    """Photographs to compare on: phantoms sharp, blurred and dark, and a black frame; equal for equal sizes.

    Args:
        size: Side S in pixels.

    Returns:
        uint8 S x S x 3 arrays, not to be written to.
    """
    phantoms = [render(seed, size) for seed in CHECK_SEEDS]
    clear, first = [phantom.rgb for phantom in phantoms], phantoms[0]
    faulty = [degrade(first.rgb, first.field, fault, 0.6, seed=5).rgb for fault in CHECK_FAULTS]
    photographs = (*clear, *faulty, np.zeros_like(first.rgb))
    for photograph in photographs:
        photograph.flags.writeable = False
    return photographs


def compare(
    engine: Backend,
    reference: Backend,
    outputs: Sequence[OutputSpec],
    photographs: Sequence[NDArray[np.uint8]],
    limits: Limits,
) -> EngineParity:
    """Run both on the same photographs.

    Args:
        engine: The engine, open.
        reference: The fp32 graph on ONNX Runtime, open.
        outputs: What the manifest says of the outputs.
        photographs: uint8 S x S x 3 each.
        limits: What may differ.

    Returns:
        The differences, and the limits that they go beyond.

    Raises:
        BackendError: One of them failed.
    """
    differences: dict[str, list[NDArray[np.float64]]] = {output.name: [] for output in outputs}
    for photograph in photographs:
        given, wanted = engine.infer(photograph), reference.infer(photograph)
        for name, held in differences.items():
            held.append(np.abs(given[name].astype(np.float64) - wanted[name]))
    means = {name: float(np.mean(np.stack(held))) for name, held in differences.items()}
    largest = {name: float(np.max(np.stack(held))) for name, held in differences.items()}
    beyond = [_judged(output, means[output.name], largest[output.name], limits) for output in outputs]
    return EngineParity(
        reference="onnxruntime fp32",
        images=len(photographs),
        mean_abs_difference=means,
        max_abs_difference=largest,
        beyond=tuple(reason for reason in beyond if reason),
    )


def _judged(output: OutputSpec, mean: float, largest: float, limits: Limits) -> str:
    if output.meaning == "mean_opinion_score":
        points = largest * output.scale
        return (
            f"{output.name} differs by {points:.2f} points, {limits.score:g} allowed" if points > limits.score else ""
        )
    if output.meaning == "degraded":
        return f"{output.name} differs by {mean:.4f} in the mean, {limits.map:g} allowed" if mean > limits.map else ""
    return f"{output.name} differs by {largest:.3f}, {limits.retina:g} allowed" if largest > limits.retina else ""
