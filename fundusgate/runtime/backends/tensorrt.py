"""TensorRT engines: named tensors, pinned memory, and all of one inference as one CUDA graph where that can be had."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from fundusgate.runtime.backends.base import Backend, BackendError, Signature
from fundusgate.runtime.backends.cuda_buffers import MappedBuffer, buffer_kind
from fundusgate.runtime.backends.cuda_context import current, load_pycuda, primary_context
from fundusgate.runtime.backends.cuda_graph import CudaGraph, CudaGraphError, load_driver
from fundusgate.runtime.backends.device_input import DeviceInput
from fundusgate.runtime.backends.tensorrt_tensors import bound, signature_of, tensors_of
from fundusgate.runtime.engines.api import EngineError
from fundusgate.runtime.engines.listener import make_listener

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from fundusgate.runtime.backends.cuda_buffers import Buffer
    from fundusgate.runtime.engines.api import TensorRt


class TensorRtBackend(Backend):
    """One network on TensorRT; any thread may use it, one at a time.

    Before each inference every output is made not a number, on the processor and on the GPU, so that an engine which
    writes nothing, or half of it, is refused and an earlier frame's output cannot be taken for this one's.

    Args:
        api: The TensorRT that is here.
        name: What to call the engine in messages, such as its path.
        plan: Reads the plan, which was checked to fit this machine; raises `EngineError` where it does not. Called by
            `open`, so that the bytes are not kept beside the engine.
    """

    def __init__(self, api: TensorRt, name: str, plan: Callable[[], bytes]) -> None:
        super().__init__()
        self._api = api
        self._name = name
        self._read = plan
        self._cuda: Any = None
        self._context: Any = None
        self._listener: Any = None
        self._held: list[Any] = []
        self._stream: Any = None
        self._input: DeviceInput | None = None
        self._outputs: dict[str, Buffer] = {}
        self._enqueue: Callable[[], bool] | None = None
        self._graph: CudaGraph | None = None
        self._without_graph = ""

    @property
    def description(self) -> str:
        """How the open engine runs: TensorRT's version, the memory, and whether as a CUDA graph or why not."""
        memory = "zero copy" if isinstance(self.device_input.buffer, MappedBuffer) else "pinned copies"
        how = "one CUDA graph" if self._graph is not None else f"plain enqueueing ({self._without_graph})"
        return f"TensorRT {self._api.version}, {memory}, {how}"

    @property
    def device_input(self) -> DeviceInput:
        """Where the open network reads its photograph: a kernel may write there.

        Raises:
            BackendError: The backend is not open.
        """
        if self._input is None:
            raise BackendError(f"{self._name} is not open")
        return self._input

    def _do_open(self) -> Signature:
        try:
            plan = self._read()
        except EngineError as error:
            raise BackendError(str(error)) from error
        self._cuda = load_pycuda()
        try:
            self._context = primary_context(self._cuda)
            with current(self._context), ExitStack() as failed:
                failed.callback(self._release)
                signature = self._prepare(plan)
                failed.pop_all()
        except (self._cuda.Error, CudaGraphError) as error:
            raise BackendError(f"{self._name} cannot be opened on the GPU: {error}") from error
        return signature

    def _prepare(self, plan: bytes) -> Signature:
        self._listener = make_listener(self._api)
        runtime = self._api.module.Runtime(self._listener)
        self._held = [runtime]
        engine = runtime.deserialize_cuda_engine(plan)
        if engine is None:
            raise BackendError(f"TensorRT cannot load {self._name}: {self._said()}; run `fundusgate compile --rebuild`")
        self._held.append(engine)
        execution = engine.create_execution_context()
        if execution is None:
            raise BackendError(f"TensorRT cannot run {self._name}: {self._said()}; is memory free?")
        self._held.append(execution)
        tensors = tensors_of(self._api, engine)
        signature = signature_of(tensors)
        self._stream = self._cuda.Stream()
        make = buffer_kind(self._cuda)
        addresses: dict[str, int] = {}
        for tensor in tensors:
            buffer = make(self._cuda, tensor.shape, tensor.dtype)
            if tensor.is_input:
                self._input = DeviceInput(buffer)
            else:
                self._outputs[tensor.name] = buffer
            addresses[tensor.name] = buffer.address
        self._enqueue = bound(execution, tensors, addresses, int(self._stream.handle))
        # TensorRT finishes what setting addresses began in the first enqueue, which must not be captured
        noise = np.random.default_rng(0).integers(0, 256, (1, signature.size, signature.size, 3), dtype=np.uint8)
        self._run(noise)
        self._capture(noise)
        return signature

    def _capture(self, batch: NDArray[np.uint8]) -> None:
        """Go over to a CUDA graph, where it gives what plain enqueueing just gave for the same photograph."""
        expected = self._copies()
        try:
            self._graph = CudaGraph(load_driver(), int(self._stream.handle), self._submit)
            self._run(batch)
            if not self._gives(expected):
                raise CudaGraphError("the captured graph gave another result")
        except (CudaGraphError, BackendError, self._cuda.Error) as error:
            self._without_graph = str(error)
            graph, self._graph = self._graph, None
            if graph is not None:
                graph.close()
            # or a capture that broke the engine would be found by a photograph
            self._run(batch)
            if not self._gives(expected):
                raise BackendError(f"{self._name} gives another result after a failed capture ({error})") from error
        finally:
            self._forget()

    def _gives(self, expected: Mapping[str, NDArray[np.float32]]) -> bool:
        given = self._copies()
        return all(np.allclose(given[name], expected[name], _SAME, _SAME, equal_nan=True) for name in expected)

    def _copies(self) -> dict[str, NDArray[np.float32]]:
        return {name: buffer.host.copy() for name, buffer in self._outputs.items()}

    def _do_infer(self, batch: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        with self.device_input.lock, current(self._context):
            try:
                self._run(batch)
            except (self._cuda.Error, CudaGraphError) as error:
                raise BackendError(f"{self._name} failed on the GPU: {error}; {_NO_RESULT}") from error
        return self._copies()

    def _run(self, batch: NDArray[np.uint8]) -> None:
        """One inference, from the photograph in pinned memory to the outputs in pinned memory."""
        assert self._input is not None
        # what was said before is of another engine: TensorRT has one logger for what concerns no single one
        self._forget()
        for buffer in self._outputs.values():
            buffer.host.fill(np.nan)
        self._input.take(batch)
        with ExitStack() as always:
            # after a refusal, too: what was enqueued before it must not write into the next frame's memory
            always.callback(self._stream.synchronize)
            if self._graph is None:
                self._submit()
            else:
                self._graph.launch()
        if self._listener.errors:
            said = self._said()
            self._forget()
            raise BackendError(f"TensorRT failed on {self._name}: {said}; {_NO_RESULT}")
        self._forget()

    def _submit(self) -> None:
        assert self._input is not None
        assert self._enqueue is not None
        self._input.buffer.upload(self._stream)
        for buffer in self._outputs.values():
            buffer.poison(self._stream)
        if not self._enqueue():
            said = self._said()
            self._forget()
            raise BackendError(f"TensorRT refused to run {self._name}: {said}; {_NO_RESULT}")
        for buffer in self._outputs.values():
            buffer.download(self._stream)

    def _said(self) -> str:
        return "; ".join(self._listener.problems[-3:]) or "it gave no reason"

    def _forget(self) -> None:
        # or a warning a frame would fill the memory over a day
        self._listener.errors.clear()
        self._listener.problems.clear()

    def _do_close(self) -> None:
        with current(self._context):
            try:
                self._release()
            except (self._cuda.Error, CudaGraphError) as error:
                raise BackendError(f"{self._name} could not give the GPU's memory back: {error}") from error

    def _release(self) -> None:
        """The graph, the execution before its engine, the engine before its runtime, then memory and stream."""
        buffers = [*self._outputs.values(), *([] if self._input is None else [self._input.buffer])]
        graph, self._graph = self._graph, None
        self._enqueue, self._input, self._outputs = None, None, {}
        with ExitStack() as every:
            for buffer in buffers:
                every.callback(buffer.free)
            every.callback(self._let_go)
            if graph is not None:
                every.callback(graph.close)
        self._stream = self._listener = None

    def _let_go(self) -> None:
        while self._held:
            self._held.pop()


_NO_RESULT = "this photograph has no result"
_SAME = 1e-2
"""Relative and absolute: two runs of one engine may add up in another order, a graph that lost its work is far off."""
