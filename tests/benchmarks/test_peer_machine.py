from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from benchmarks.peer.latency import milliseconds, ratio
from benchmarks.peer.machine import describe_machine
from benchmarks.peer.process_memory import peak_mib
from fundusgate.runtime.backends.base import BackendError
from tests.export.residual import SIDE, residual_graph

PEER = Path(__file__).resolve().parents[2] / "benchmarks" / "peer"


def test_the_peak_holds_what_was_allocated_and_given_back() -> None:
    code = (
        "from process_memory import peak_mib; before = peak_mib(); held = bytearray(b'1') * (200 << 20); del held;"
        " print(peak_mib() - before)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=PEER, capture_output=True, text=True, check=True)
    assert 190 < float(told.stdout) < 260


def test_a_system_without_the_account_is_told(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmRSS:\t100 kB\n")
    with pytest.raises(ValueError, match="VmHWM"):
        peak_mib(status)


def test_the_machine_is_named_with_its_integer_instructions(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: A Processor @ 2 GHz\nflags\t\t: fpu avx512_vnni sse\n")
    told = describe_machine(cpuinfo)
    assert re.match(r"A Processor @ 2 GHz, avx512_vnni, \d+ cores, \w+, ONNX Runtime \d", told)
    cpuinfo.write_text("model name\t: An Old One\nflags\t\t: fpu sse\n")
    assert "An Old One, no VNNI" in describe_machine(cpuinfo)


def test_graphs_are_timed_in_turn_without_the_warm_up(tmp_path: Path) -> None:
    onnx.save(residual_graph(), tmp_path / "one.onnx")
    graphs = {"one": tmp_path / "one.onnx", "again": tmp_path / "one.onnx"}
    spent = milliseconds(graphs, np.zeros((SIDE, SIDE, 3), np.uint8), rounds=3, threads=1)
    assert {name: len(times) for name, times in spent.items()} == {"one": 3, "again": 3}
    assert min(map(min, spent.values())) > 0


def test_a_graph_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"gone\.onnx"):
        milliseconds({"gone": tmp_path / "gone.onnx"}, np.zeros((SIDE, SIDE, 3), np.uint8), rounds=1, threads=1)


def test_speed_is_the_median_of_rounds_not_of_times() -> None:
    assert ratio([10.0, 100.0, 12.0], [5.0, 50.0, 12.0]) == 2.0
