"""ONNX Runtime on the processor: runs everywhere, and is the reference for every other engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundusgate.runtime.backends.base import Backend, BackendError, Signature
from fundusgate.runtime.backends.processors import threads_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

CPU_PROVIDER = "CPUExecutionProvider"
_ERRORS_ONLY = 3

DISABLED_OPTIMIZERS = ["WeightBiasQuantization"]
"""It quantizes, with one scale for all channels, float layers that stand between quantized ones: those that an export
kept in float because INT8 cost too much there."""


class OnnxRuntimeBackend(Backend):
    """An ONNX graph on ONNX Runtime's CPU provider.

    Args:
        path: The graph; weights in external files are looked for beside it.
        threads: Threads for one operator, at least 1; None takes every processor that this process may use.
        spin: Whether idle threads busy-wait for the next operator: quicker when inferences follow back to back, at the
            price of power and of the camera's own threads.
    """

    def __init__(self, path: Path, threads: int | None = None, *, spin: bool = False) -> None:
        super().__init__()
        self._path = Path(path)
        self._threads = threads_for(threads)
        self._spin = spin
        self._session: Any = None

    def _do_open(self) -> Signature:
        import onnxruntime as ort

        if not self._path.is_file():
            raise BackendError(f"{self._path} is not there: export the bundle again or give another --bundle")
        options = ort.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.log_severity_level = _ERRORS_ONLY
        options.add_session_config_entry("session.intra_op.allow_spinning", "1" if self._spin else "0")
        for name, value in self._entries().items():
            options.add_session_config_entry(name, value)
        wanted = self._providers()
        try:
            session = ort.InferenceSession(
                str(self._path),
                sess_options=options,
                providers=[(name, dict(settings)) for name, settings in wanted.items()],
                disabled_optimizers=DISABLED_OPTIMIZERS,
            )
        except _runtime_errors() as error:
            raise BackendError(f"ONNX Runtime cannot open {self._path}: {error}") from error
        # ONNX Runtime falls back to another provider with a mere warning.
        if session.get_providers() != list(wanted):
            raise BackendError(
                f"ONNX Runtime runs {self._path.name} on {', '.join(session.get_providers())}, asked for"
                f" {', '.join(wanted)}: its log says why; choose another --backend"
            )
        self._check_assignment(session)
        signature = _signature_of(self._path, session)
        self._session = session
        return signature

    def _providers(self) -> Mapping[str, Mapping[str, str]]:
        """What must run the graph, in order, each with its options."""
        return {CPU_PROVIDER: {}}

    def _entries(self) -> Mapping[str, str]:
        """Further settings of the session."""
        return {}

    def _check_assignment(self, session: Any) -> None:  # noqa: ANN401 - onnxruntime has no type stubs
        """Look at which provider each node was given to."""

    def _do_infer(self, batch: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        names = list(self.signature.outputs)
        try:
            values = self._session.run(names, {self._session.get_inputs()[0].name: batch})
        except _runtime_errors() as error:
            raise BackendError(f"ONNX Runtime failed on {self._path.name}: {error}") from error
        return dict(zip(names, values, strict=True))

    def _do_close(self) -> None:
        self._session = None


def _runtime_errors() -> tuple[type[Exception], ...]:
    # ONNX Runtime's exceptions share no base class of their own.
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    found = (value for value in vars(state).values() if isinstance(value, type))
    return tuple(value for value in found if issubclass(value, Exception))


def _signature_of(path: Path, session: Any) -> Signature:  # noqa: ANN401 - onnxruntime has no type stubs
    inputs = session.get_inputs()
    takes = ", ".join(f"{node.name} {node.type} {node.shape}" for node in inputs)
    if len(inputs) != 1 or inputs[0].type != "tensor(uint8)" or len(inputs[0].shape) != 4:
        raise BackendError(f"{path.name} takes {takes}; expected one uint8 [1, S, S, 3]: export it with fundusgate")
    batch, height, width, channels = inputs[0].shape
    if not isinstance(height, int) or (batch, width, channels) != (1, height, 3):
        raise BackendError(f"{path.name} takes {takes}; expected one uint8 [1, S, S, 3]: export it with fundusgate")
    outputs: dict[str, tuple[int, ...]] = {}
    for node in session.get_outputs():
        if node.type != "tensor(float)" or not all(isinstance(side, int) for side in node.shape):
            raise BackendError(f"{path.name} gives {node.name} {node.type} {node.shape}; expected fixed-shape float32")
        outputs[node.name] = tuple(node.shape)
    return Signature(size=height, outputs=outputs)
