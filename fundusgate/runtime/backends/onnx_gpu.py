"""ONNX Runtime on an NVIDIA GPU, where a package with that provider is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.runtime.backends.onnx_cpu import CPU_PROVIDER, OnnxRuntimeBackend

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CUDA_PROVIDER = "CUDAExecutionProvider"
TENSORRT_PROVIDER = "TensorrtExecutionProvider"


class OnnxRuntimeGpuBackend(OnnxRuntimeBackend):
    """An ONNX graph on one of ONNX Runtime's GPU providers; opening fails where ONNX Runtime would leave it out.

    Nodes that the provider has no kernel for run on the processor, which ONNX Runtime adds to every session.

    Args:
        path: The graph; weights in external files are looked for beside it.
        provider: `CUDA_PROVIDER` or `TENSORRT_PROVIDER`.
        cache: Folder for the engines that the TensorRT provider builds at its first opening, which takes minutes; the
            CUDA provider needs none.
    """

    def __init__(self, path: Path, provider: str, cache: Path) -> None:
        super().__init__(path)
        self._provider = provider
        self._cache = cache

    def _providers(self) -> Mapping[str, Mapping[str, str]]:
        cached = {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(self._cache)}
        return {self._provider: cached if self._provider == TENSORRT_PROVIDER else {}, CPU_PROVIDER: {}}
