"""A plan on a played GPU."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.export.engines.builder import BuildSettings, build_plan
from fundusgate.export.engines.plan_backend import PlanBackend
from fundusgate.runtime.backends.base import BackendError
from tests.commands.bundles import MAP, SCORE, SIDE
from tests.runtime.engines.surfaces import VERSIONS, release
from tests.runtime.graphs import FLOAT_INPUT, write_graph

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runtime.engines.fake_cuda import FakeCuda


def opened(text: str, folder: Path, cuda: FakeCuda, version: str = "10.3.0") -> PlanBackend:
    api = release(version, cuda.memory)
    return PlanBackend(api, build_plan(api, write_graph(folder / "graph.onnx", text), BuildSettings()).plan)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_release_runs(version: str, cuda: FakeCuda, tmp_path: Path) -> None:
    image = np.full((SIDE, SIDE, 3), 51, np.uint8)
    with opened(MAP, tmp_path, cuda, version) as backend:
        assert backend.signature.size == SIDE
        first, second = backend.infer(image), backend.infer(image + 51)
    assert first["map"].shape == (1, 1, 16, 16)
    assert first["map"] == pytest.approx(np.full((1, 1, 16, 16), 0.8))
    assert second["map"] == pytest.approx(np.full((1, 1, 16, 16), 0.6))
    assert cuda.pushed == 0
    assert cuda.synchronised == 2


def test_a_plan_that_cannot_be_loaded_leaves_nothing_behind(cuda: FakeCuda, tmp_path: Path) -> None:
    backend = opened(SCORE, tmp_path, cuda)
    runtime = backend._api.module.Runtime
    runtime.deserialize_cuda_engine = lambda _self, _plan: None
    with pytest.raises(BackendError, match="cannot load the engine"):
        backend.open()
    assert cuda.pushed == 0


def test_a_plan_of_another_makers_graph_is_refused(cuda: FakeCuda, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="expected one uint8"):
        opened(FLOAT_INPUT, tmp_path, cuda).open()
    assert cuda.pushed == 0


def test_without_pycuda_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycuda", None)
    monkeypatch.setitem(sys.modules, "pycuda.driver", None)
    with pytest.raises(BackendError, match=r"pip install 'fundusgate\[jetson\]'"):
        PlanBackend(release("10.3.0"), b"").open()
