"""Captures for tests: small, and different from each other."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np

from fundusgate.archive.record import CaptureDraft, ModelUsed
from fundusgate.codes import Laterality
from fundusgate.device.cameras.base import Frame, Original
from fundusgate.runtime.gate.events import Outcome, Trigger
from fundusgate.runtime.gate.state import Field

START = datetime(2026, 11, 21, 20, 53, 12, 123456, tzinfo=timezone.utc)


def assessment(verdict: str = "accept", score: float = 81.25) -> dict[str, Any]:
    cells = [[None if (row - 7.5) ** 2 + (col - 7.5) ** 2 > 64 else 0.25 for col in range(16)] for row in range(16)]
    return {
        "verdict": verdict,
        "score": score,
        "degraded_fraction": 0.0312,
        "map": cells,
        "box": [-4, 0, 60, 64],
        "causes": [{"code": "FOCUS", "severity": 0.41}],
        "prompt": "Focus on the vessels",
        "precision": "int8-cpu",
        "models": {"fthnet-s": "1"},
        "elapsed_ms": {"preprocess": 8.0, "map": 20.5, "score": 30.25, "total": 58.75},
    }


def draft(number: int = 0, **changes: object) -> CaptureDraft:
    """The draft of one capture; each number is a minute later."""
    known: dict[str, Any] = {
        "taken_at": START + timedelta(minutes=number),
        "outcome": Outcome.ACCEPTED,
        "trigger": Trigger.OPERATOR,
        "attempt": 1,
        "patient": "A-1042",
        "operator": "Asha",
        "laterality": Laterality.OD,
        "field": Field.MACULA,
        "camera": "simulated",
        "camera_metadata": {"ExposureTime": 8000},
        "assessment": assessment(),
        "models": (ModelUsed(name="fthnet-s", version="1", sha256="a" * 64),),
        "bundle_sha256": "b" * 64,
        "timings_ms": {"still": 120.5, "judged": 310.25},
    }
    return CaptureDraft(**(known | changes))


def frame(number: int = 0, original: bytes | None = None, suffix: str = ".jpg") -> Frame:
    """A small frame; with `original` as the camera's own file, which need not be a real one."""
    pixels = np.random.default_rng(number).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    file = None if original is None else Original(original, suffix)
    return Frame(pixels, timestamp=float(number), sequence=number, original=file)
