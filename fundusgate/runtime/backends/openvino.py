"""OpenVINO on the processor: an extra of its own, for who asks for it by name; docs/peers.md says what it gains."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fundusgate.runtime.backends.base import Backend, BackendError, Signature
from fundusgate.runtime.backends.processors import threads_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

DEVICE = "CPU"


def settings_for(threads: int) -> dict[str, Any]:
    """What a graph is compiled with: one inference at a time, and the precision that the graph itself states.

    Without the last OpenVINO takes bfloat16 for what is float32 on processors that have it in hardware, which nobody
    has held to the accuracy budget. Threads are not pinned: the camera's own run on the same processors.
    """
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": threads,
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": "f32",
    }


class OpenVinoBackend(Backend):
    """An ONNX graph on OpenVINO's CPU device.

    Args:
        path: The graph; weights in external files are looked for beside it.
        threads: Threads for one operator, at least 1; None takes every processor that this process may use.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        super().__init__()
        self._path = Path(path)
        self._threads = threads_for(threads)
        self._request: Any = None
        self.description = "OpenVINO"
        """What runs, with its version once it is open."""

    def _do_open(self) -> Signature:
        openvino = _load()
        if not self._path.is_file():
            raise BackendError(f"{self._path} is not there: export the bundle again or give another --bundle")
        try:
            core = openvino.Core()
            model = core.read_model(str(self._path))
            # names are asked of the graph as it was read: compiling adds those of what was fused into an output
            signature = _signature_of(self._path, model)
            request = core.compile_model(model, DEVICE, settings_for(self._threads)).create_infer_request()
        except RuntimeError as error:
            if isinstance(error, BackendError):
                raise
            raise BackendError(f"OpenVINO cannot open {self._path}: {_last_line(error)}") from error
        self.description = f"OpenVINO {openvino.__version__.split('-')[0]}"
        self._request = request
        return signature

    def _do_infer(self, batch: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        try:
            # results are copied out: the request's own memory holds the next photograph's soon
            values = self._request.infer({0: batch}, share_inputs=True, share_outputs=False)
        except RuntimeError as error:
            raise BackendError(f"OpenVINO failed on {self._path.name}: {_last_line(error)}") from error
        return {name: values[index] for index, name in enumerate(self.signature.outputs)}

    def _do_close(self) -> None:
        self._request = None


def _load() -> Any:  # noqa: ANN401 - it is not installed where types are checked
    try:
        return importlib.import_module("openvino")
    except (ImportError, OSError) as error:
        raise BackendError(
            f"OpenVINO cannot be imported ({error}): pip install 'fundusgate[openvino]', or choose another --backend"
        ) from error


def _last_line(error: RuntimeError) -> str:
    """OpenVINO's own words; the lines before say where in its source they come from."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _signature_of(path: Path, model: Any) -> Signature:  # noqa: ANN401 - as above
    takes = ", ".join(map(_told, model.inputs))
    photograph = [_shape(port) for port in model.inputs if port.element_type.get_type_name() == "u8"]
    side = photograph[0][1] if len(model.inputs) == len(photograph) == 1 and len(photograph[0]) == 4 else 0
    if not side or photograph[0] != (1, side, side, 3):
        raise BackendError(f"{path.name} takes {takes}; expected one uint8 [1, S, S, 3]: export it with fundusgate")
    outputs: dict[str, tuple[int, ...]] = {}
    for port in model.outputs:
        if port.element_type.get_type_name() != "f32" or port.partial_shape.is_dynamic:
            raise BackendError(f"{path.name} gives {_told(port)}; expected fixed-shape float32")
        outputs[port.any_name] = tuple(port.shape)
    return Signature(size=side, outputs=outputs)


def _shape(port: Any) -> tuple[int, ...]:  # noqa: ANN401 - as above
    """Of a port whose sides are known; empty where one is not."""
    return () if port.partial_shape.is_dynamic else tuple(port.shape)


def _told(port: Any) -> str:  # noqa: ANN401 - as above
    return f"{port.any_name} {port.element_type.get_type_name()} {port.partial_shape}"
