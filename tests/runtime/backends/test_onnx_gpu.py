"""ONNX Runtime's GPU providers on a machine without them: its silent fall to the processor is an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import onnxruntime as ort
import pytest

from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.backends.onnx_cpu import CPU_PROVIDER
from fundusgate.runtime.backends.onnx_gpu import CUDA_PROVIDER, TENSORRT_PROVIDER, OnnxRuntimeGpuBackend
from tests.runtime.graphs import MEANS, PRODUCT, write_graph

if TYPE_CHECKING:
    from pathlib import Path

ASSIGNMENT = "get_provider_graph_assignment_info"
tells = pytest.mark.skipif(not hasattr(ort.InferenceSession, ASSIGNMENT), reason="this ONNX Runtime does not tell")


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


@tells
def test_what_the_processor_shares_is_told(tmp_path: Path) -> None:
    # the processor's own provider plays a GPU's that takes no node
    with OnnxRuntimeGpuBackend(write_graph(tmp_path / "means.onnx", MEANS), CPU_PROVIDER, tmp_path) as backend:
        found = re.fullmatch(r"means\.onnx: (\d+) of (\d+) nodes on the processor", backend.description)
        assert found
        assert found[1] == found[2]


@tells
def test_a_product_on_the_processor_is_refused(tmp_path: Path) -> None:
    backend = OnnxRuntimeGpuBackend(write_graph(tmp_path / "product.onnx", PRODUCT), CPU_PROVIDER, tmp_path)
    with pytest.raises(BackendError, match=r"1 products of product\.onnx \(MatMul\) would run on the processor"):
        backend.open()


def test_an_older_onnx_runtime_cannot_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (kind for kind in ort.InferenceSession.__mro__ if ASSIGNMENT in vars(kind)):
        monkeypatch.delattr(kind, ASSIGNMENT)
    with OnnxRuntimeGpuBackend(write_graph(tmp_path / "product.onnx", PRODUCT), CPU_PROVIDER, tmp_path) as backend:
        assert "does not say which nodes" in backend.description
