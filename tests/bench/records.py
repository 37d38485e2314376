"""Records of made-up runs, for what is done with a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fundusgate.bench.press import STAGES
from fundusgate.bench.record import BenchRecord, Environment, Setup
from fundusgate.bench.series import VERDICT, Series
from fundusgate.bench.shares import Overhead
from fundusgate.bench.soaked import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def series_of(verdicts: Sequence[float], cadence_hz: float | None = None, skipped: int = 0) -> Series:
    """A series whose other stages take nothing."""
    stages = {name: [0.0] * len(verdicts) for name in STAGES} | {VERDICT: list(verdicts)}
    due = [place / (cadence_hz or 100.0) for place in range(len(verdicts))]
    return Series.of(cadence_hz, 3, due, stages, skipped)


def setup_with(**other: object) -> Setup:
    content: dict[str, Any] = {
        "board": "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super",
        "power_mode": "MAXN_SUPER",
        "clocks_locked": True,
        "governors": ["schedutil"],
        "processor": "aarch64",
        "processors": 6,
        "threads": 6,
        "engine": "tensorrt",
        "precision": "int8-fp16",
        "bundle_sha256": "ab" * 32,
        "networks": {"efiqa-cp-edge": "cd" * 32, "fthnet-s": "ef" * 32},
        "camera": "memory",
        "photographs_sha256": "01" * 32,
        "sizes": [(1024, 1024)],
        "cadences_hz": [10.0, None],
    }
    return Setup.model_validate(content | other)


def record_with(
    series: Sequence[Series], setup: Setup | None = None, versions: Mapping[str, str] | None = None
) -> BenchRecord:
    environment = Environment(
        began_at="2026-11-21T08:00:00+00:00",
        ended_at="2026-11-21T08:01:00+00:00",
        versions=dict(versions or {"fundusgate": "0.1.0"}),
        system="Linux",
        board_before={},
        board_after={},
        load_before=[0.0, 0.0, 0.0],
        load_after=[0.0, 0.0, 0.0],
        affinity=[0, 1],
        running="The networks run on the processor.",
        flags={},
    )
    return BenchRecord(
        setup=setup or setup_with(),
        environment=environment,
        series=list(series),
        parts_ms={"disc": [1.0]},
        overhead=Overhead.of([10.0], [9.0], [7.0]),
        warnings=[],
    )


def reading(at_s: float, watts: float | None = None, events: int = 0) -> Reading:
    return Reading(
        at_s=at_s,
        watts=watts,
        celsius=50.0,
        gpu_hz=None,
        cpu_hz=[1_000_000_000],
        memory_hz=None,
        braking=[],
        throttle_events=events,
        load=0.0,
    )
