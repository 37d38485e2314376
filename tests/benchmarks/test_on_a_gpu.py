"""The checks for whoever has a GPU, on a played one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from benchmarks import on_a_gpu
from tests.runtime.backends.gpu import install
from tests.runtime.engines.fake_cuda import FakeCuda, FakeDriver
from tests.runtime.engines.machines import ORIN_NANO
from tests.runtime.framing.host_kernels import needs_host_compiler

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_host_compiler


@pytest.mark.parametrize(("kernels", "code"), [("well", 0), ("wrong", 1)])
@pytest.mark.parametrize("graph", [True, False])
def test_every_check_is_told(
    graph: bool, kernels: str, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cuda = FakeCuda(integrated=True)
    cuda.kernels = kernels
    install(monkeypatch, cuda, FakeDriver(cuda) if graph else None)
    monkeypatch.setattr(on_a_gpu, "read_machine", lambda: ORIN_NANO)
    monkeypatch.setattr(on_a_gpu, "SIDES", (60,))
    monkeypatch.setattr(on_a_gpu, "SIZES", (48, 32))
    report = tmp_path / "gpu.json"
    assert on_a_gpu.main(["--discs", "3", "--rounds", "1", "--json", str(report)]) == code
    found = json.loads(report.read_text(encoding="utf-8"))
    failed = [name for name, (holds, _) in found["checks"].items() if not holds]
    assert failed == ([] if kernels == "well" else ["framing is within one grey level"])
    assert ("one inference's copies, us" in found["times"]) is graph
    assert found["machine"]["compute capability"] == "8.7"
    assert (cuda.memory, cuda.pinned, cuda.pushed) == ({}, 0, 0)
