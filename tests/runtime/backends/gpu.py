"""A played GPU with an engine for a graph."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from fundusgate.runtime.backends.tensorrt import TensorRtBackend
from fundusgate.runtime.engines.api import EngineError
from tests.runtime.engines.surfaces import release

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.runtime.engines.fake_cuda import FakeCuda, FakeDriver

NEITHER = b"ftrt" + bytes(20) + bytes((10, 3, 0, 30)) + (2).to_bytes(4, "big") + b"{}"
"""The beginning of a played plan; the graph follows."""


def install(monkeypatch: pytest.MonkeyPatch, cuda: FakeCuda, driver: FakeDriver | None = None) -> FakeCuda:
    """pycuda is there, and cuda-python where a driver is given."""
    monkeypatch.setitem(sys.modules, "pycuda", ModuleType("pycuda"))
    monkeypatch.setitem(sys.modules, "pycuda.driver", cuda.module())
    for name in ("cuda", "cuda.bindings"):
        monkeypatch.setitem(sys.modules, name, None if driver is None else ModuleType(name))  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "cuda.bindings.driver", driver)  # type: ignore[arg-type]
    return cuda


def engine_of(
    graph: Path, cuda: FakeCuda, version: str = "10.3.0", without: frozenset[str] = frozenset()
) -> TensorRtBackend:
    """A backend for the plan that was built from a graph."""

    def read() -> bytes:
        if not graph.is_file():
            raise EngineError(f"{graph} cannot be read: run `fundusgate compile`")
        return NEITHER + graph.read_bytes()

    return TensorRtBackend(release(version, cuda, without=without), f"{graph.name}", read)
