"""A stream's work captured once and launched as one, through cuda-python: pycuda has no calls for it.

Both speak to the same driver, so a stream that pycuda made is captured by its handle.
"""

from __future__ import annotations

import importlib
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class CudaGraphError(RuntimeError):
    """Work that cannot be captured or launched as a graph; the message says why."""


def load_driver() -> Any:  # noqa: ANN401 - cuda-python has no type stubs
    """cuda-python's driver interface.

    Raises:
        CudaGraphError: It is not there; plain enqueueing does the same work, with more calls.
    """
    try:
        return importlib.import_module("cuda.bindings.driver")
    except (ImportError, OSError, RuntimeError) as error:
        raise CudaGraphError(f"cuda-python cannot be imported ({error}); it is optional") from error


class CudaGraph:
    """Captured work. The context must be current for every call.

    Args:
        driver: cuda-python's driver interface.
        stream: The handle of the stream that the work belongs to.
        enqueue: Enqueues it, once, on that stream, and only what may be captured; it must have run before.

    Raises:
        CudaGraphError: The driver or the work refused; the stream is then as it was.
    """

    def __init__(self, driver: Any, stream: int, enqueue: Callable[[], None]) -> None:  # noqa: ANN401 - as above
        self._driver = driver
        self._stream = driver.CUstream(stream)
        mode = driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL
        self._call("cuStreamBeginCapture", self._stream, mode)
        with ExitStack() as failed:
            failed.callback(self._abandon)
            enqueue()
            failed.pop_all()
        (graph,) = self._call("cuStreamEndCapture", self._stream)
        try:
            (self._executable,) = self._call("cuGraphInstantiate", graph, 0)
        finally:
            self._call("cuGraphDestroy", graph)

    def launch(self) -> None:
        """Enqueue all of it.

        Raises:
            CudaGraphError: The driver refused.
        """
        self._call("cuGraphLaunch", self._executable, self._stream)

    def close(self) -> None:
        """Give it back; once.

        Raises:
            CudaGraphError: The driver refused.
        """
        self._call("cuGraphExecDestroy", self._executable)

    def _abandon(self) -> None:
        # whatever it answers, the stream is no longer being captured
        status, graph = self._driver.cuStreamEndCapture(self._stream)
        if status == self._driver.CUresult.CUDA_SUCCESS:
            self._call("cuGraphDestroy", graph)

    def _call(self, function: str, *arguments: Any) -> tuple[Any, ...]:  # noqa: ANN401 - as cuda-python takes them
        try:
            status, *rest = getattr(self._driver, function)(*arguments)
        except RuntimeError as error:
            # how cuda-python says that the driver library lacks a call
            raise CudaGraphError(f"{function}: {error}") from error
        if status != self._driver.CUresult.CUDA_SUCCESS:
            raise CudaGraphError(f"{function} answers {getattr(status, 'name', status)}")
        return tuple(rest)
