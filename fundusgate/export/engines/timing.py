"""Milliseconds of an engine, every run counted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.engines.record import Timings

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fundusgate.runtime.backends.base import Backend

WARM_UP_SECONDS = 0.5
SECONDS = 3.0
FEWEST_RUNS = 30


def time_backend(
    backend: Backend, photograph: NDArray[np.uint8], clock: Callable[[], float] = time.perf_counter
) -> Timings:
    """Run a photograph over and over, from the bytes in to the numbers out.

    Back to back, as this compares engines with each other; at a camera's cadence clocks ramp down and every run takes
    longer, which `fundusgate bench` measures.

    Args:
        backend: Open.
        photograph: uint8 S x S x 3.
        clock: Seconds.

    Returns:
        Over at least 3 seconds and 30 runs after half a second of warming up.

    Raises:
        BackendError: It failed.
    """
    _run_for(backend, photograph, clock, WARM_UP_SECONDS, 1)
    spent = 1000 * np.array(_run_for(backend, photograph, clock, SECONDS, FEWEST_RUNS))
    median, p90, p99 = (float(value) for value in np.percentile(spent, (50, 90, 99)))
    return Timings(runs=len(spent), median=median, p90=p90, p99=p99, longest=float(spent.max()))


def _run_for(
    backend: Backend, photograph: NDArray[np.uint8], clock: Callable[[], float], seconds: float, fewest: int
) -> list[float]:
    begun = clock()
    spent: list[float] = []
    while clock() - begun < seconds or len(spent) < fewest:
        started = clock()
        backend.infer(photograph)
        spent.append(clock() - started)
    return spent
