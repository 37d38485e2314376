"""What minutes without a pause leave behind: samples, the machine's readings beside them, what follows from both."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from pydantic import Field, FiniteFloat, model_validator

from fundusgate.bench.series import ALTERED, VERDICT, Plain, Series, alike
from fundusgate.bench.statistics import percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

MINUTE = 60.0
LONGEST_SILENCE = 10.0
"""Seconds without a power reading over which a straight line is no longer drawn."""


class Reading(Plain):
    """The machine at one moment of a soak; null where it does not say."""

    at_s: FiniteFloat
    watts: FiniteFloat | None
    celsius: FiniteFloat | None
    gpu_hz: int | None
    cpu_hz: list[int | None]
    memory_hz: int | None
    braking: list[str]
    throttle_events: int
    load: FiniteFloat


def joules(readings: Sequence[Reading]) -> float | None:
    """Energy over the readings, by trapezoids.

    A sensor that does not answer now and then is bridged by a straight line, for `LONGEST_SILENCE` at most.

    Returns:
        Joules; None where the first or the last reading does not tell the power, or too many between them do not.
    """
    told = [(reading.at_s, reading.watts) for reading in readings if reading.watts is not None]
    if len(told) < 2 or readings[0].watts is None or readings[-1].watts is None:
        return None
    total = 0.0
    for (start, before), (end, after) in pairwise(told):
        if end - start > LONGEST_SILENCE:
            return None
        total += (end - start) * (before + after) / 2
    return total


class Soak(Plain):
    """Minutes without a pause, with the machine's readings beside the samples."""

    series: Series
    readings: list[Reading]
    idle: list[Reading] = Field(description="some seconds before the first press")
    rails: list[str] = Field(description="which supplies the watts are made of")
    idle_watts: FiniteFloat | None = Field(description="median of idle")
    joules: FiniteFloat | None = Field(description="over the readings, trapezoids")
    joules_a_verdict: FiniteFloat | None = Field(description="the first presses, which are no samples, counted too")
    joules_a_verdict_above_idle: FiniteFloat | None
    first_minute_p50_ms: FiniteFloat
    last_minute_p50_ms: FiniteFloat
    throttle_events: int = Field(description="that the machine counted during the soak")

    @model_validator(mode="after")
    def _follows(self) -> Self:
        if not self.readings:
            raise ValueError("a soak without readings")
        figures = _figures(self.series, self.readings, self.idle)
        if not all(alike(getattr(self, name), value) for name, value in figures.items()):
            raise ValueError(f"the soak's figures {ALTERED}")
        return self

    @classmethod
    def of(cls, series: Series, readings: Sequence[Reading], idle: Sequence[Reading], rails: Sequence[str]) -> Soak:
        """With the figures that follow.

        Args:
            series: The samples.
            readings: Over the same time, the first presses included; one and up.
            idle: Before it.
            rails: Which supplies make the watts.
        """
        return cls.model_validate(
            {
                "series": series,
                "readings": list(readings),
                "idle": list(idle),
                "rails": list(rails),
                **_figures(series, readings, idle),
            }
        )


def _figures(series: Series, readings: Sequence[Reading], idle: Sequence[Reading]) -> dict[str, float | None]:
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
    return {
        "idle_watts": idle_watts,
        "joules": energy,
        "joules_a_verdict": None if energy is None else energy / verdicts,
        "joules_a_verdict_above_idle": above,
        "first_minute_p50_ms": percentile([took for due, took in pairs if due <= start + MINUTE], 50),
        "last_minute_p50_ms": percentile([took for due, took in pairs if due >= end - MINUTE], 50),
        "throttle_events": readings[-1].throttle_events - readings[0].throttle_events,
    }
