"""Latencies of presses at one cadence: every sample, and the figures that follow from them."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from fundusgate.bench.statistics import PERCENTILES, percentile, variation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

VERDICT = "verdict"
"""The stage that is the whole: from the moment for which the press was due to the gate's word."""
ALTERED = "do not follow from the samples: the file was altered"


class Plain(BaseModel):
    """A part of a record: what is read cannot be changed, and holds nothing that is unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def to_nanoseconds(milliseconds: float) -> float:
    """Rounded to what the clock can tell: further digits are of the subtraction, and would double a record's size."""
    return round(milliseconds, 6)


def alike(one: float | None, other: float | None) -> bool:
    """Whether two figures say the same; another processor may add in another order, which moves the last digits."""
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


class Summary(Plain):
    """Figures of samples, milliseconds; each percentile is itself a sample (nearest rank)."""

    count: int
    mean: FiniteFloat
    min: FiniteFloat
    p50: FiniteFloat
    p90: FiniteFloat
    p95: FiniteFloat
    p99: FiniteFloat
    max: FiniteFloat
    variation: FiniteFloat | None
    """Coefficient of variation; None under two samples."""

    @classmethod
    def of(cls, samples: Sequence[float]) -> Summary:
        """Of one sample and up."""
        figures = {f"p{percent}": percentile(samples, percent) for percent in PERCENTILES}
        mean = sum(samples) / len(samples)
        spread = {"min": min(samples), "max": max(samples), "mean": mean, "variation": variation(samples)}
        return cls.model_validate({"count": len(samples), **figures, **spread})

    def agrees(self, other: Summary) -> bool:
        """Whether both say the same."""
        mine, theirs = self.model_dump(), other.model_dump()
        return all(alike(value, theirs[name]) for name, value in mine.items())


class Series(Plain):
    """Presses at one cadence."""

    cadence_hz: FiniteFloat | None = Field(description="presses a second; null for back to back")
    warm_up: int = Field(description="presses before the first sample, at the same cadence")
    due_s: list[FiniteFloat] = Field(description="when each press was due, seconds on the monotonic clock")
    stages_ms: dict[str, list[FiniteFloat]] = Field(description="raw samples by stage, in the order of due_s")
    summaries: dict[str, Summary]
    missed: int = Field(description="verdicts that came later than one period after their press was due")
    skipped: int = Field(description="moments of the cadence without a press: the one before was still at work")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        lengths = {len(samples) for samples in self.stages_ms.values()}
        if VERDICT not in self.stages_ms or lengths != {len(self.due_s)} or not self.due_s:
            raise ValueError(f"every stage, {VERDICT!r} among them, needs one sample for each press")
        if self.summaries.keys() != self.stages_ms.keys() or not all(
            Summary.of(samples).agrees(self.summaries[name]) for name, samples in self.stages_ms.items()
        ):
            raise ValueError(f"the summaries {ALTERED}")
        if self.missed != _late(self.cadence_hz, self.stages_ms[VERDICT]):
            raise ValueError(f"the late verdicts {ALTERED}")
        return self

    @classmethod
    def of(
        cls,
        cadence_hz: float | None,
        warm_up: int,
        due_s: Sequence[float],
        stages_ms: Mapping[str, Sequence[float]],
        skipped: int,
    ) -> Series:
        """With the figures that follow from the samples."""
        return cls(
            cadence_hz=cadence_hz,
            warm_up=warm_up,
            due_s=list(due_s),
            stages_ms={name: list(samples) for name, samples in stages_ms.items()},
            summaries={name: Summary.of(samples) for name, samples in stages_ms.items()},
            missed=_late(cadence_hz, stages_ms[VERDICT]),
            skipped=skipped,
        )

    @property
    def name(self) -> str:
        """For tables: `10 Hz`, `back to back`."""
        return "back to back" if self.cadence_hz is None else f"{self.cadence_hz:g} Hz"


def _late(cadence_hz: float | None, verdicts: Sequence[float]) -> int:
    return 0 if cadence_hz is None else sum(1 for each in verdicts if each > 1e3 / cadence_hz)
