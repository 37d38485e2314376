"""Graphs timed side by side: one inference of each in turn, so that whatever else the machine does meets all alike."""

from __future__ import annotations

import contextlib
import statistics
import time
from typing import TYPE_CHECKING

from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

WARM_UP = 2
"""Rounds that are not counted."""


def milliseconds(
    graphs: Mapping[str, Path], image: NDArray[np.uint8], rounds: int, threads: int
) -> dict[str, list[float]]:
    """Time graphs on ONNX Runtime's CPU provider.

    Args:
        graphs: By name.
        image: S x S x 3, what every one of them takes.
        rounds: Inferences of each.
        threads: Of ONNX Runtime.

    Returns:
        By name, the times in the rounds' order.

    Raises:
        BackendError: ONNX Runtime does not take a graph.
    """
    spent: dict[str, list[float]] = {name: [] for name in graphs}
    with contextlib.ExitStack() as opened:
        backends = {
            name: opened.enter_context(OnnxRuntimeBackend(path, threads, spin=True)) for name, path in graphs.items()
        }
        for _ in range(WARM_UP + rounds):
            for name, backend in backends.items():
                started = time.perf_counter()
                backend.infer(image)
                spent[name].append(1000 * (time.perf_counter() - started))
    return {name: times[WARM_UP:] for name, times in spent.items()}


def ratio(reference: list[float], measured: list[float]) -> float:
    """How many times quicker than the reference: the median over rounds that both ran in."""
    return statistics.median(one / other for one, other in zip(reference, measured, strict=True))
