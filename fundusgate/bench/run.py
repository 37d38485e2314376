"""A whole benchmark: every cadence, the parts alone, and what was asked for beside them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from fundusgate.bench.cadence import Effort, measure
from fundusgate.bench.cautions import cautions
from fundusgate.bench.environment import environment_of, setup_of
from fundusgate.bench.errors import BenchError
from fundusgate.bench.loadgen import check_installed, second_opinion
from fundusgate.bench.parts import overhead, plain_work, preparation_parts
from fundusgate.bench.photographs import MemoryCamera
from fundusgate.bench.press import PressToVerdict
from fundusgate.bench.record import BenchRecord
from fundusgate.bench.soak import soak
from fundusgate.device.board.board import read_board
from fundusgate.runtime import Assessor
from fundusgate.runtime.backends.processors import usable_processors
from fundusgate.runtime.bundle import shipped_bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.device.cameras.base import Camera

CADENCES: tuple[float | None, ...] = (5.0, 10.0, 15.0, 30.0, None)
"""Presses a second; None is back to back."""


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Attributes:
        bundle: folder; None for the shipped one.
        precision: "auto", "fp32" or "int8".
        backend: "auto", "tensorrt", "cuda", "cpu" or "openvino".
        threads: of each network on the processor; None for every processor.
        cadences: presses a second, over 0; None for back to back.
        effort: at each cadence.
        soak_minutes: over 0; None for no soak. It runs at the last of the cadences.
        loadgen: whether MLPerf LoadGen presses, too.
        flags: what the user asked for, kept in the record.
    """

    bundle: Path | None = None
    precision: str = "auto"
    backend: str = "auto"
    threads: int | None = None
    cadences: tuple[float | None, ...] = CADENCES
    effort: Effort = field(default_factory=Effort)
    soak_minutes: float | None = None
    loadgen: bool = False
    flags: dict[str, Any] = field(default_factory=dict)


def _counter(cadence: float | None, told: Callable[[str], None]) -> Callable[[int], None]:
    name = "back to back" if cadence is None else f"at {cadence:g} Hz"
    return lambda count: told(f"{name}: {count} verdicts")


def _silent(_: str) -> None:
    """Tell nobody."""


def run(
    plan: Plan,
    photographs: Sequence[NDArray[np.uint8]],
    camera: Camera | None = None,
    told: Callable[[str], None] = _silent,
) -> BenchRecord:
    """Measure.

    Args:
        plan: What.
        photographs: One and up, each H x W x 3 uint8, RGB: given by a camera in memory, and used for the parts.
        camera: Not opened; pressed instead of the camera in memory.
        told: Hears what is being done.

    Raises:
        BenchError: The plan cannot be followed.
        AssessorError, BundleError, BackendError: The networks cannot be opened or fail.
        CameraError: The camera cannot be opened or gives no photograph.
    """
    if not plan.cadences:
        raise BenchError("no cadence: give at least one, such as 10 or max")
    if plan.loadgen:
        check_installed()
    began, load = datetime.now(timezone.utc), os.getloadavg()
    before = read_board()
    threads = plan.threads if plan.threads is not None else usable_processors()
    folder = shipped_bundle() if plan.bundle is None else plan.bundle
    eye = MemoryCamera(photographs) if camera is None else camera
    with Assessor.open(folder, precision=plan.precision, threads=threads, backend=plan.backend) as assessor, eye:
        known = photographs if camera is None else None
        setup = setup_of(before, assessor, eye.name, known, plan.cadences, threads)
        presser = PressToVerdict(eye, assessor)
        series = []
        for cadence in plan.cadences:
            series.append(measure(presser.press, cadence, plan.effort, told=_counter(cadence, told)))
        told("the parts alone")
        parts = preparation_parts(photographs, folder, plan.effort.least, assessor.framer)
        memory = MemoryCamera(photographs)
        plain = plain_work(folder, assessor, plan.backend, plan.precision, threads)
        # from memory: waiting for a sensor's next exposure is no overhead of ours
        with memory, plain as work:
            share = overhead(PressToVerdict(memory, assessor).press, work, photographs, plan.effort.least)
        opinion = None
        if plan.loadgen:
            told("MLPerf LoadGen presses")
            opinion = second_opinion(presser.press, plan.effort.seconds, plan.effort.least)
        soaked = None
        if plan.soak_minutes is not None:
            told("soak")
            soaked = soak(presser.press, plan.soak_minutes, plan.cadences[-1], told=_counter(plan.cadences[-1], told))
    after = read_board()
    return BenchRecord(
        setup=setup,
        environment=environment_of(began, before, after, load, assessor.running, plan.flags),
        series=series,
        parts_ms=parts,
        overhead=share,
        soak=soaked,
        loadgen=opinion,
        warnings=cautions(setup, before, after, load[0], series, soaked, opinion),
    )
