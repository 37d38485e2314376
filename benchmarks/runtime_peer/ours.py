"""Our networks on each thing that could run them, ready to be called on one picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from fundusgate.runtime.backends.base import Backend, BackendError
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from fundusgate.runtime.backends.openvino import OpenVinoBackend
from fundusgate.runtime.manifest import Precision

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import ExitStack
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.runtime.bundle import Bundle
    from fundusgate.runtime.manifest import ModelManifest

EAGER = "PyTorch eager"
COMPILED = "torch.compile"
ORT_FP32 = "ONNX Runtime, fp32"
OURS = "ONNX Runtime, our int8-cpu"
OPENVINO_FP32 = "OpenVINO, fp32"
OPENVINO_OURS = "OpenVINO, our int8-cpu"
OPENVINO_NNCF = "OpenVINO, INT8 by NNCF"
EVERY = (EAGER, COMPILED, ORT_FP32, OURS, OPENVINO_FP32, OPENVINO_OURS, OPENVINO_NNCF)
"""In the table's order."""
QUANTIZED = (OURS, OPENVINO_OURS, OPENVINO_NNCF)
"""Whose verdicts are held to fp32's."""
ON_TORCH = (EAGER, COMPILED)


class PeerError(RuntimeError):
    """Something that cannot run here; the message says why."""


@dataclass(frozen=True)
class Ready:
    """One network on one thing, warmed up."""

    call: Callable[[], object]
    apart: float
    """Largest difference of an output from ONNX Runtime's in fp32, on the picture that is timed."""


def backend_of(name: str, bundle: Bundle, model: ModelManifest, nncf: Path | None, threads: int) -> Backend:
    """A closed backend.

    Args:
        name: Of `EVERY`, without PyTorch.
        bundle: Holds the graphs.
        model: Which network.
        nncf: What NNCF made of it; None where it made nothing.
        threads: Of the engine.

    Raises:
        PeerError: The bundle or NNCF has no such graph.
    """
    if name == OPENVINO_NNCF:
        if nncf is None:
            raise PeerError("NNCF made nothing of it")
        return OpenVinoBackend(nncf, threads)
    precision = Precision.FP32 if name in (ORT_FP32, OPENVINO_FP32) else Precision.INT8_CPU
    if precision not in model.files:
        raise PeerError(f"the bundle holds no {precision.value} of {model.name}")
    graph = bundle.graph_path(model.name, precision)
    if name in (ORT_FP32, OURS):
        # threads that wait for the next inference spin: the quickest that ONNX Runtime can be
        return OnnxRuntimeBackend(graph, threads, spin=True)
    return OpenVinoBackend(graph, threads)


def torch_call(name: str, model: ModelManifest, image: NDArray[np.uint8]) -> Callable[[], dict[str, NDArray[Any]]]:
    """PyTorch on the network as it is deployed, with its shipped weights.

    Args:
        name: Of `ON_TORCH`.
        model: Which network.
        image: S x S x 3 uint8, RGB.

    Returns:
        A function that runs it once and gives its outputs by name.
    """
    import torch

    from fundusgate.export.deployed import Deployed
    from fundusgate.export.specs import spec_of
    from fundusgate.models import build
    from fundusgate.models.weights import shipped_weights

    deployed = Deployed(spec_of(model.name), build(model.name, shipped_weights(model.name))).eval()
    network: Any = torch.compile(deployed) if name == COMPILED else deployed
    batch = torch.from_numpy(image[np.newaxis].copy())
    names = [output.name for output in model.outputs]

    def run() -> dict[str, NDArray[Any]]:
        with torch.inference_mode():
            return dict(zip(names, (values.numpy() for values in network(batch)), strict=True))

    return run


def ready(
    name: str,
    bundle: Bundle,
    model: ModelManifest,
    image: NDArray[np.uint8],
    reference: Mapping[str, NDArray[np.float32]],
    nncf: Path | None,
    threads: int,
    opened: ExitStack,
) -> Ready:
    """Open, run once and compare with the reference.

    Args:
        name: Of `EVERY`.
        bundle: Holds the graphs.
        model: Which network.
        image: S x S x 3 uint8, RGB, what is timed.
        reference: ONNX Runtime's outputs in fp32 on that image.
        nncf: What NNCF made of the network; None where it made nothing.
        threads: Of the engine.
        opened: Closes what is opened.

    Raises:
        PeerError: It cannot run here.
    """
    call: Callable[[], Mapping[str, NDArray[Any]]]
    try:
        if name in ON_TORCH:
            call = torch_call(name, model, image)
        else:
            call = partial(opened.enter_context(backend_of(name, bundle, model, nncf, threads)).infer, image)
        outputs = call()
    except (BackendError, RuntimeError) as error:
        # torch.compile has many kinds of failure (no compiler, an operator it cannot take), all of this one
        lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        raise PeerError(lines[0]) from error
    apart = max(float(np.abs(outputs[key].ravel() - values.ravel()).max()) for key, values in reference.items())
    return Ready(call, apart)
