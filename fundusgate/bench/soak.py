"""Minutes without a pause: what heat does to the latencies, and what a verdict costs in energy."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from fundusgate.bench.cadence import Effort, measure
from fundusgate.bench.errors import BenchError
from fundusgate.bench.soaked import MINUTE, Reading, Soak
from fundusgate.bench.watch import INTERVAL, Watch
from fundusgate.device.board.power import read_power
from fundusgate.device.board.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOT = Path("/")
IDLE = 5.0
"""Seconds over which the idle power is read."""


def soak(
    press: Callable[[float], dict[str, float]],
    minutes: float,
    cadence_hz: float | None,
    told: Callable[[int], None] | None = None,
    root: Path = _ROOT,
    interval: float = INTERVAL,
) -> Soak:
    """Press for minutes beside a thread that reads the machine.

    Args:
        press: Presses once; takes when it was due, gives milliseconds by stage.
        minutes: Over 0.
        cadence_hz: Presses a second; None for back to back.
        told: Called after each sample with how many there are.
        root: Of the machine's files.
        interval: Seconds between readings.
    """
    if not minutes > 0:
        raise BenchError(f"a soak of {minutes} minutes: give more than 0")
    rails = read_power(Tree(root)).counted
    idle: list[Reading] = []
    if rails:
        with Watch(root, interval) as watch:
            time.sleep(IDLE)
        idle = watch.readings
    with Watch(root, interval) as watch:
        # no warm-up: how the device changes from cold to hot is what a soak is for
        series = measure(press, cadence_hz, Effort(seconds=MINUTE * minutes, least=1, warm_up=0.0), told=told)
    return Soak.of(series, watch.readings, idle, rails)
