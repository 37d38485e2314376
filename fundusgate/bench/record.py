"""What a benchmark leaves behind: one JSON that holds every raw sample and everything that was measured beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, FiniteFloat, ValidationError, model_validator

from fundusgate.bench.errors import BenchError
from fundusgate.bench.series import ALTERED, Plain, Series, Summary
from fundusgate.bench.shares import Overhead
from fundusgate.bench.soaked import Soak
from fundusgate.bench.statistics import METHOD

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

SCHEMA_VERSION = 2


class LoadGenOpinion(Plain):
    """MLPerf LoadGen's SingleStream, and ours on the same presses; milliseconds."""

    version: str
    result: str = Field(description="VALID or INVALID by LoadGen's own rules")
    theirs_ms: dict[str, FiniteFloat] = Field(description="min, mean, max, p50, p90 and so on")
    early_stopping_p90_ms: FiniteFloat | None = Field(description="what MLPerf SingleStream reports")
    samples_ms: list[FiniteFloat] = Field(description="ours, from inside the same queries")
    ours: Summary

    @model_validator(mode="after")
    def _follows(self) -> Self:
        if not self.samples_ms or not Summary.of(self.samples_ms).agrees(self.ours):
            raise ValueError(f"our figures beside LoadGen's {ALTERED}")
        return self

    @property
    def ours_their_way_ms(self) -> dict[str, float]:
        """Ours by the rank that LoadGen takes, which is the next sample where ours falls on a whole one."""
        ordered = sorted(self.samples_ms)
        shares = {name: float(name[1:]) / 100 for name in self.theirs_ms if name.startswith("p")}
        return {name: ordered[min(int(share * len(ordered)), len(ordered) - 1)] for name, share in shares.items()}

    @property
    def furthest_apart(self) -> float:
        """The largest difference between LoadGen's percentiles and ours taken its way, as a share of LoadGen's."""
        ours = self.ours_their_way_ms
        return max(abs(ours[name] / self.theirs_ms[name] - 1) for name in ours)


class Setup(Plain):
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


class Environment(Plain):
    """Where and how it ran."""

    began_at: str = Field(description="UTC, ISO 8601")
    ended_at: str
    versions: dict[str, str]
    system: str
    running: str = Field(description="what runs the networks and frames the photographs, and why nothing better does")
    board_before: dict[str, Any]
    board_after: dict[str, Any]
    load_before: list[FiniteFloat]
    load_after: list[FiniteFloat]
    affinity: list[int]
    flags: dict[str, Any]


class BenchRecord(Plain):
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
