"""A played device: pycuda with host memory, engines timed over few runs."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from fundusgate.export.engines import timing
from tests.runtime.engines.fake_cuda import FakeCuda


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "SECONDS", 0.0)
    monkeypatch.setattr(timing, "WARM_UP_SECONDS", 0.0)


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> FakeCuda:
    """pycuda as the device has it."""
    played = FakeCuda()
    monkeypatch.setitem(sys.modules, "pycuda", ModuleType("pycuda"))
    monkeypatch.setitem(sys.modules, "pycuda.driver", played.module())
    return played
