"""Snapshots to watch, made by hand."""

from __future__ import annotations

from dataclasses import replace

from fundusgate.codes import CauseCode, Laterality, Verdict
from fundusgate.live.snapshot import CaptureCard, Rates, Snapshot
from fundusgate.runtime.gate.state import Field, Phase

RATES = Rates(
    camera=30.0,
    assessed=16.5,
    mapped=8.0,
    scored=2.0,
    dropped=12,
    lost=3,
    guidance_ms={"p50": 60.0, "p90": 90.0, "p99": 130.0, "max": 210.0},
)
FIRST = Snapshot(
    revision=0,
    phase=Phase.NO_EYE,
    prompt=None,
    retake_helps=None,
    why=None,
    reason=None,
    promise=0.0,
    retakes=0,
    max_retakes=3,
    laterality=Laterality.OD,
    field=Field.MACULA,
    patient="MRN 00417",
    operator="asha",
    automatic=False,
    camera="sim://7",
    frame=None,
    map=None,
    box=None,
    frame_size=None,
    rates=RATES,
    captures=(),
)


def snapshot(**changes: object) -> Snapshot:
    return replace(FIRST, **changes)  # type: ignore[arg-type]


def card(name: str, **changes: object) -> CaptureCard:
    values: dict[str, object] = {
        "id": name,
        "number": 1,
        "taken_at": "2026-11-21T10:00:00+00:00",
        "outcome": "accepted",
        "verdict": Verdict.ACCEPT,
        "score": 81.0,
        "main": None,
        "laterality": Laterality.OD,
        "field": Field.MACULA,
        "attempt": 1,
        "overridden": None,
    }
    return CaptureCard(**(values | changes))  # type: ignore[arg-type]


BLURRED = {"outcome": "retake", "verdict": Verdict.RETAKE, "main": CauseCode.FOCUS}
