from __future__ import annotations

import math
from typing import TYPE_CHECKING

import onnx

from benchmarks import int8_speed
from tests.export.residual import residual_graph

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


class Clock:
    """Gives fp32 three times the time of int8, and twice its processor time."""

    def __init__(self) -> None:
        self.calls = {"wall": 0, "processor": 0}

    def read(self, kind: str, first: float) -> float:
        self.calls[kind] += 1
        # Four readings a round: before and after fp32, before and after int8.
        finished, place = divmod(self.calls[kind] - 1, 4)
        return finished * 10.0 + (0.0, first, first, first + 1.0)[place]


def test_the_ratio_is_of_fp32_over_int8_in_rounds_that_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "graph.onnx"
    onnx.save(residual_graph(), path)
    clock = Clock()
    monkeypatch.setattr(int8_speed.time, "perf_counter", lambda: clock.read("wall", 3.0))
    monkeypatch.setattr(int8_speed.time, "process_time", lambda: clock.read("processor", 2.0))
    found = int8_speed.compare("residual", (path, path), threads=1, rounds=4)
    assert clock.calls == {"wall": 4 * (int8_speed.WARM_UP + 4), "processor": 4 * (int8_speed.WARM_UP + 4)}
    assert (found.ratio, found.processor_ratio) == (3.0, 2.0)
    assert (found.fp32_ms, found.int8_ms) == (3000.0, 1000.0)
    assert math.isclose(found.ratio_low, 3.0)
    assert str(found).split()[:2] == ["residual", "1"]
