"""ONNX Runtime's GPU providers on a machine without them: its silent fall to the processor is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnxruntime as ort
import pytest

from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.backends.onnx_gpu import CUDA_PROVIDER, TENSORRT_PROVIDER, OnnxRuntimeGpuBackend
from tests.runtime.graphs import MEANS, write_graph

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("provider", [CUDA_PROVIDER, TENSORRT_PROVIDER])
@pytest.mark.filterwarnings("ignore:Specified provider")
def test_the_processor_does_not_take_its_place(provider: str, tmp_path: Path) -> None:
    if provider in ort.get_available_providers():
        pytest.skip(f"this ONNX Runtime has {provider}")
    backend = OnnxRuntimeGpuBackend(write_graph(tmp_path / "means.onnx", MEANS), provider, tmp_path)
    with pytest.raises(BackendError, match=f"runs means.onnx on CPUExecutionProvider, asked for {provider}"):
        backend.open()
    with pytest.raises(BackendError, match="not open"):
        _ = backend.signature
