"""Minutes without a pause: what heat does to the latencies, and what a verdict costs in energy."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from fundusgate.bench.cadence import Effort, measure
from fundusgate.bench.errors import BenchError
from fundusgate.bench.record import VERDICT, Reading, Series, Soak
from fundusgate.bench.statistics import percentile
from fundusgate.bench.watch import INTERVAL, Watch, joules
from fundusgate.device.board.power import read_power
from fundusgate.device.board.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ROOT = Path("/")
IDLE = 5.0
"""Seconds over which the idle power is read."""
MINUTE = 60.0


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
    return evaluated(series, watch.readings, idle, rails)


def evaluated(series: Series, readings: Sequence[Reading], idle: Sequence[Reading], rails: Sequence[str]) -> Soak:
    """What follows from a soak's samples and readings.

    Args:
        series: The samples.
        readings: Over the same time, warm-up included.
        idle: Before it.
        rails: Which supplies make the watts.
    """
    watts = [reading.watts for reading in idle if reading.watts is not None]
    idle_watts = median(watts) if watts else None
    energy = joules(readings)
    # the readings span the few warm-up presses, too
    verdicts = series.warm_up + len(series.due_s)
    above = None
    if energy is not None and idle_watts is not None:
        above = (energy - idle_watts * (readings[-1].at_s - readings[0].at_s)) / verdicts
    pairs = list(zip(series.due_s, series.stages_ms[VERDICT], strict=True))
    start, end = pairs[0][0], pairs[-1][0]
    return Soak(
        series=series,
        readings=list(readings),
        rails=list(rails),
        idle_watts=idle_watts,
        joules=energy,
        joules_a_verdict=None if energy is None else energy / verdicts,
        joules_a_verdict_above_idle=above,
        first_minute_p50_ms=percentile([took for due, took in pairs if due <= start + MINUTE], 50),
        last_minute_p50_ms=percentile([took for due, took in pairs if due >= end - MINUTE], 50),
        throttle_events=readings[-1].throttle_events - readings[0].throttle_events,
    )
