"""Presses at a camera's rhythm, because a device that idles between them is slower than one that never rests."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.bench.errors import BenchError
from fundusgate.bench.series import Series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEAST_WARM_UP = 3
"""Presses, however short the warm-up: the first ones pay for memory and for the choice of kernels."""


@dataclass(frozen=True)
class Effort:
    """How much is measured; both the time and the count must be reached.

    Attributes:
        seconds: of samples, 0 and up.
        least: samples, 1 and up.
        warm_up: seconds before the first sample, 0 and up.
    """

    seconds: float = 10.0
    least: int = 100
    warm_up: float = 2.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.seconds) and self.seconds >= 0 and self.least >= 1):
            raise BenchError(f"{self.seconds} seconds and {self.least} samples: give 0 and up, and at least one sample")
        if not (math.isfinite(self.warm_up) and self.warm_up >= 0):
            raise BenchError(f"a warm-up of {self.warm_up} seconds: give 0 and up")


@dataclass(frozen=True)
class Clock:
    """Where the time comes from; a test brings its own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Pressed:
    """One press that was made.

    Attributes:
        due: on the monotonic clock.
        stages: milliseconds by stage.
        skipped: moments of the cadence between this press and the one before.
    """

    due: float
    stages: dict[str, float]
    skipped: int


REAL_CLOCK = Clock()


def measure(
    press: Callable[[float], dict[str, float]],
    cadence_hz: float | None,
    effort: Effort,
    clock: Clock = REAL_CLOCK,
    told: Callable[[int], None] | None = None,
) -> Series:
    """Warm up, then sample, at one cadence.

    A press is due at every period from the start. Where a verdict takes longer than a period, the moments that pass
    meanwhile are skipped and counted, as a camera's frames are dropped that nobody has time for; latencies count from
    when a press was due, so that a program that wakes up late cannot look quick.

    Args:
        press: Presses once; takes when it was due, gives milliseconds by stage.
        cadence_hz: Presses a second, over 0; None for back to back.
        effort: How much.
        clock: Monotonic.
        told: Called after each sample with how many there are.
    """
    presses = _presses(press, cadence_hz, clock)
    began = clock.now()
    warm = 0
    while warm < LEAST_WARM_UP or clock.now() - began < effort.warm_up:
        next(presses)
        warm += 1
    samples: list[Pressed] = []
    began = clock.now()
    while len(samples) < effort.least or clock.now() - began < effort.seconds:
        samples.append(next(presses))
        if told is not None:
            told(len(samples))
    stages = {name: [sample.stages[name] for sample in samples] for name in samples[0].stages}
    due = [round(sample.due, 9) for sample in samples]
    return Series.of(cadence_hz, warm, due, stages, sum(sample.skipped for sample in samples))


def _presses(press: Callable[[float], dict[str, float]], cadence_hz: float | None, clock: Clock) -> Iterator[Pressed]:
    if cadence_hz is not None and not (math.isfinite(cadence_hz) and cadence_hz > 0):
        raise BenchError(f"a cadence of {cadence_hz} Hz: give a number over 0, or max for back to back")
    start, slot, before = clock.now(), 0, -1
    while True:
        due = clock.now() if cadence_hz is None else start + slot / cadence_hz
        # never waits actively: a real camera's gaps are idle, and clocks fall in them
        while (wait := due - clock.now()) > 0:
            clock.sleep(wait)
        yield Pressed(due, press(due), slot - before - 1)
        before = slot
        late = 0 if cadence_hz is None else math.ceil((clock.now() - start) * cadence_hz)
        slot = max(slot + 1, late)
