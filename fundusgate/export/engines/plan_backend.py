"""A plan on the GPU, with the plainest copies: enough to time engines against each other and to compare them.

Named tensors and `execute_async_v3` are in TensorRT 8.5 and in 11 alike.
"""

from __future__ import annotations

import importlib
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from fundusgate.runtime.backends.base import Backend, BackendError, Signature
from fundusgate.runtime.engines.listener import make_listener

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fundusgate.runtime.engines.api import TensorRt


class PlanBackend(Backend):
    """A TensorRT plan that was found to fit this machine.

    Args:
        api: The TensorRT that built it.
        plan: Its bytes.
    """

    def __init__(self, api: TensorRt, plan: bytes) -> None:
        super().__init__()
        self._api = api
        self._plan = plan
        self._cuda: Any = None
        self._gpu: Any = None
        self._held: list[Any] = []
        self._execution: Any = None
        self._stream: Any = None
        self._host: dict[str, NDArray[Any]] = {}
        self._device: dict[str, Any] = {}

    def _do_open(self) -> Signature:
        self._cuda = _load_pycuda()
        self._cuda.init()
        # The primary context and no autoinit: it is what other libraries in this process use as well.
        self._gpu = self._cuda.Device(0).retain_primary_context()
        self._gpu.push()
        with ExitStack() as stack:
            stack.callback(self._do_close)
            signature = self._deserialize()
            stack.pop_all()
        return signature

    def _deserialize(self) -> Signature:
        module = self._api.module
        listener = make_listener(self._api)
        runtime = module.Runtime(listener)
        engine = runtime.deserialize_cuda_engine(self._plan)
        if engine is None:
            raise BackendError(f"TensorRT cannot load the engine: {'; '.join(listener.problems)}; build it again")
        self._held = [listener, runtime, engine]
        self._execution = engine.create_execution_context()
        if self._execution is None:
            raise BackendError(f"TensorRT cannot run the engine: {'; '.join(listener.problems)}; is memory free?")
        self._stream = self._cuda.Stream()
        size, outputs = 0, {}
        for index in range(engine.num_io_tensors):
            name = engine.get_tensor_name(index)
            shape = tuple(engine.get_tensor_shape(name))
            dtype = np.dtype(module.nptype(engine.get_tensor_dtype(name)))
            if engine.get_tensor_mode(name) == module.TensorIOMode.INPUT:
                if size or dtype != np.uint8 or len(shape) != 4:
                    raise BackendError(f"the engine takes {name} {dtype} {shape}; expected one uint8 [1, S, S, 3]")
                size = shape[1]
            else:
                outputs[name] = shape
            self._allocate(name, shape, dtype)
        return Signature(size=size, outputs=outputs)

    def _allocate(self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._host[name] = self._cuda.pagelocked_empty(shape, dtype)
        self._device[name] = self._cuda.mem_alloc(self._host[name].nbytes)
        self._execution.set_tensor_address(name, int(self._device[name]))

    def _do_infer(self, batch: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        outputs = self.signature.outputs
        taken = next(name for name in self._host if name not in outputs)
        self._host[taken][...] = batch
        self._cuda.memcpy_htod_async(self._device[taken], self._host[taken], self._stream)
        if not self._execution.execute_async_v3(self._stream.handle):
            raise BackendError("TensorRT could not begin the inference: build the engine again")
        for name in outputs:
            self._cuda.memcpy_dtoh_async(self._host[name], self._device[name], self._stream)
        self._stream.synchronize()
        return {name: self._host[name].copy() for name in outputs}

    def _do_close(self) -> None:
        # The execution before its engine, the engine before its runtime, all before the CUDA context.
        self._execution = self._stream = None
        self._device, self._host = {}, {}
        while self._held:
            self._held.pop()
        if self._gpu is not None:
            self._gpu.pop()
            self._gpu = None


def _load_pycuda() -> Any:  # noqa: ANN401 - pycuda has no type stubs
    try:
        return importlib.import_module("pycuda.driver")
    except (ImportError, OSError) as error:
        raise BackendError(
            f"pycuda cannot be imported ({error}): pip install 'fundusgate[jetson]' on the device"
        ) from error
