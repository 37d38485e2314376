"""What a benchmark leaves behind: one JSON that holds every raw sample and everything that was measured beside them."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from fundusgate.bench.errors import BenchError
from fundusgate.bench.statistics import METHOD, PERCENTILES, percentile, variation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from typing_extensions import Self

SCHEMA_VERSION = 1
VERDICT = "verdict"
"""The stage that is the whole: from the moment for which the press was due to the gate's word."""


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Summary(_Plain):
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
        """Whether both say the same; another processor may add in another order, which moves the last digits."""
        mine, theirs = self.model_dump(), other.model_dump()
        return all(
            theirs[name] == value or (None not in (value, theirs[name]) and isclose(value, theirs[name], rel_tol=1e-9))
            for name, value in mine.items()
        )


class Series(_Plain):
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
            raise ValueError("the summaries do not follow from the samples: the file was altered")
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
        late = 0 if cadence_hz is None else sum(1 for each in stages_ms[VERDICT] if each > 1e3 / cadence_hz)
        return cls(
            cadence_hz=cadence_hz,
            warm_up=warm_up,
            due_s=list(due_s),
            stages_ms={name: list(samples) for name, samples in stages_ms.items()},
            summaries={name: Summary.of(samples) for name, samples in stages_ms.items()},
            missed=late,
            skipped=skipped,
        )

    @property
    def name(self) -> str:
        """For tables: `10 Hz`, `back to back`."""
        return "back to back" if self.cadence_hz is None else f"{self.cadence_hz:g} Hz"


class Overhead(_Plain):
    """Press to verdict beside the same networks alone, taken in turn; milliseconds."""

    verdict_ms: list[FiniteFloat]
    preprocess_ms: list[FiniteFloat] = Field(description="within verdict_ms: disc, framing, cues")
    networks_ms: list[FiniteFloat] = Field(description="both networks on their own sessions, inputs ready")
    share: FiniteFloat = Field(description="1 - median(networks) / median(verdict)")
    share_low: FiniteFloat
    share_high: FiniteFloat
    glue_share: FiniteFloat = Field(description="1 - median(preprocess + networks) / median(verdict)")
    glue_share_low: FiniteFloat
    glue_share_high: FiniteFloat


class Reading(_Plain):
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


class Soak(_Plain):
    """Minutes without a pause, with the machine's readings beside the samples."""

    series: Series
    readings: list[Reading]
    rails: list[str] = Field(description="which supplies the watts are made of")
    idle_watts: FiniteFloat | None = Field(description="median before the soak")
    joules: FiniteFloat | None = Field(description="over the readings, trapezoids")
    joules_a_verdict: FiniteFloat | None
    joules_a_verdict_above_idle: FiniteFloat | None
    first_minute_p50_ms: FiniteFloat
    last_minute_p50_ms: FiniteFloat
    throttle_events: int = Field(description="that the machine counted during the soak")


class LoadGenOpinion(_Plain):
    """MLPerf LoadGen's SingleStream, and ours on the same presses; milliseconds."""

    version: str
    result: str = Field(description="VALID or INVALID by LoadGen's own rules")
    theirs_ms: dict[str, FiniteFloat] = Field(description="min, mean, max, p50, p90 and so on")
    early_stopping_p90_ms: FiniteFloat | None = Field(description="what MLPerf SingleStream reports")
    samples_ms: list[FiniteFloat] = Field(description="ours, from inside the same queries")
    ours: Summary


class Setup(_Plain):
    """What must be alike before two runs are compared."""

    board: str
    power_mode: str | None
    clocks_locked: bool | None
    governors: list[str]
    processor: str
    processors: int
    threads: int | None
    engine: str = Field(description="what runs the networks, such as cpu or tensorrt")
    precision: str
    bundle_sha256: str
    networks: dict[str, str] = Field(description="SHA-256 of the graph by network")
    camera: str
    photographs_sha256: str | None = Field(description="of the pixels; null for a live camera")
    sizes: list[tuple[int, int]] = Field(description="height and width of the photographs")
    cadences_hz: list[FiniteFloat | None]


class Environment(_Plain):
    """Where and how it ran."""

    began_at: str = Field(description="UTC, ISO 8601")
    ended_at: str
    versions: dict[str, str]
    system: str
    board_before: dict[str, Any]
    board_after: dict[str, Any]
    load_before: list[FiniteFloat]
    load_after: list[FiniteFloat]
    affinity: list[int]
    flags: dict[str, Any]


class BenchRecord(_Plain):
    """The whole."""

    schema_version: int = SCHEMA_VERSION
    percentiles: str = METHOD
    setup: Setup
    environment: Environment
    series: list[Series]
    parts_ms: dict[str, list[FiniteFloat]] = Field(description="preparation in its parts, each alone, back to back")
    overhead: Overhead
    soak: Soak | None = None
    loadgen: LoadGenOpinion | None = None
    trtexec: dict[str, Any] | None = Field(default=None, description="a log of trtexec that the user put beside it")
    warnings: list[str]


def read_record(path: Path) -> BenchRecord:
    """Read what `fundusgate bench --out` wrote.

    Raises:
        BenchError: The file is not there, is no such record, or a newer program wrote it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BenchError(f"{path} cannot be read: {error}") from error
    try:
        record = BenchRecord.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise BenchError(
            f"{path} is no record of `fundusgate bench` that this version reads ({where}: {first['msg']}):"
            " give its bench.json, or measure again with this version"
        ) from error
    if record.schema_version != SCHEMA_VERSION:
        raise BenchError(
            f"{path} has schema version {record.schema_version}, this program reads {SCHEMA_VERSION}: upgrade it"
        )
    return record
