"""ONNX Runtime on an NVIDIA GPU, where a package with that provider is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.backends.onnx_cpu import CPU_PROVIDER, OnnxRuntimeBackend

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CUDA_PROVIDER = "CUDAExecutionProvider"
TENSORRT_PROVIDER = "TensorrtExecutionProvider"

_PRODUCTS = ("Conv", "MatMul", "Gemm", "Attention")
"""In the names of the operators that a network's time goes into."""


class OnnxRuntimeGpuBackend(OnnxRuntimeBackend):
    """An ONNX graph on one of ONNX Runtime's GPU providers; opening fails where ONNX Runtime would leave it out.

    ONNX Runtime gives nodes that the provider has no kernel for to the processor, without a word. A convolution or
    matrix product among them is refused; how many others there are is in `description`.

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
        self._shared = ""

    @property
    def description(self) -> str:
        """How much of the open graph the processor runs, as far as this ONNX Runtime tells it."""
        return f"{self._path.name}: {self._shared}"

    def _entries(self) -> Mapping[str, str]:
        # makes the session remember which provider it gave each node to; older releases pass over it
        return {"session.record_ep_graph_assignment_info": "1"}

    def _check_assignment(self, session: Any) -> None:  # noqa: ANN401 - onnxruntime has no type stubs
        if not hasattr(session, "get_provider_graph_assignment_info"):
            self._shared = "this ONNX Runtime does not say which nodes it leaves to the processor"
            return
        given = session.get_provider_graph_assignment_info()
        every = [(part.ep_name, node.op_type) for part in given for node in part.get_nodes()]
        here = [kind for provider, kind in every if provider == CPU_PROVIDER]
        products = [kind for kind in here if any(name in kind for name in _PRODUCTS)]
        if products:
            raise BackendError(
                f"{len(products)} products of {self._path.name} ({', '.join(sorted(set(products)))}) would run on the"
                f" processor, as {self._provider} does not take them: choose another --backend"
            )
        self._shared = f"{len(here)} of {len(every)} nodes on the processor" if here else "every node on the GPU"

    def _providers(self) -> Mapping[str, Mapping[str, str]]:
        cached = {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(self._cache)}
        return {self._provider: cached if self._provider == TENSORRT_PROVIDER else {}, CPU_PROVIDER: {}}
