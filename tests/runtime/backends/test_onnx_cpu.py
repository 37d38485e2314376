from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fundusgate.runtime.backends.base import Backend, BackendError
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from tests.runtime.backends.contract import BackendContract


class TestOnnxRuntimeBackend(BackendContract):
    def make(self, path: Path) -> Backend:
        return OnnxRuntimeBackend(path, threads=1)

    def test_threads_must_be_positive(self) -> None:
        with pytest.raises(BackendError, match="at least 1"):
            OnnxRuntimeBackend(Path("any.onnx"), threads=0)


def test_the_module_is_imported_without_the_engine() -> None:
    code = "import sys, fundusgate.runtime.backends.onnx_cpu; print([m for m in sys.modules if m.startswith('onnx')])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
