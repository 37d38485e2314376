"""Which inference engine runs the networks: decided here and nowhere else, and said in one sentence.

Pure: it looks at nothing, so that every machine's choice can be tested on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.backends.onnx_gpu import CUDA_PROVIDER, TENSORRT_PROVIDER

if TYPE_CHECKING:
    from collections.abc import Mapping


class Engine(str, Enum):
    """What can run a network, the preferred first."""

    TENSORRT = "tensorrt"
    """An engine that `fundusgate compile` built on this machine."""
    ONNXRUNTIME_TENSORRT = "onnxruntime-tensorrt"
    """ONNX Runtime's TensorRT provider."""
    CUDA = "cuda"
    """ONNX Runtime's CUDA provider."""
    CPU = "cpu"
    """ONNX Runtime on the processor."""
    OPENVINO = "openvino"
    """OpenVINO on the processor: only where it is asked for by name."""


ASKABLE: dict[str, tuple[Engine, ...]] = {
    "auto": (Engine.TENSORRT, Engine.ONNXRUNTIME_TENSORRT, Engine.CUDA, Engine.CPU),
    "tensorrt": (Engine.TENSORRT,),
    "cuda": (Engine.CUDA,),
    "cpu": (Engine.CPU,),
    "openvino": (Engine.OPENVINO,),
}
"""What may be asked for, and the engines that serve it, the preferred first."""

ON_PROCESSOR = (Engine.CPU, Engine.OPENVINO)
"""What the INT8 graphs for processors are for; neither needs more than its package, which opening tells."""

_PROVIDERS = {Engine.ONNXRUNTIME_TENSORRT: TENSORRT_PROVIDER, Engine.CUDA: CUDA_PROVIDER}
_NAMES = {
    Engine.TENSORRT: "on the GPU with TensorRT",
    Engine.ONNXRUNTIME_TENSORRT: "on the GPU with ONNX Runtime's TensorRT provider",
    Engine.CUDA: "on the GPU with ONNX Runtime's CUDA provider",
    Engine.CPU: "on the processor with ONNX Runtime",
    Engine.OPENVINO: "on the processor with OpenVINO",
}


@dataclass(frozen=True)
class Surroundings:
    """What is there to choose from."""

    no_gpu: str
    """Why no NVIDIA GPU can be used; empty where one can."""
    no_engines: str
    """Why TensorRT cannot run every network here; empty where it can."""
    providers: tuple[str, ...]
    """What ONNX Runtime was built with."""


@dataclass(frozen=True)
class Attempts:
    """What to open, and what not."""

    engines: tuple[Engine, ...]
    """In order: the first that opens runs."""
    passed_over: Mapping[Engine, str]
    """Why the others are not among them."""


def attempts(asked: str, precision: str, there: Surroundings) -> Attempts:
    """What to try.

    Args:
        asked: One of `ASKABLE`.
        precision: What was asked for: "auto", "fp32" or "int8".
        there: What is there.

    Returns:
        At least one engine; with "auto" the processor is the last.

    Raises:
        BackendError: What was asked for by name is unknown, or cannot run here.
    """
    if asked not in ASKABLE:
        raise BackendError(f"backend {asked!r} is unknown: choose one of {', '.join(ASKABLE)}")
    hindered = {engine: _hindrance(engine, precision, there) for engine in ASKABLE[asked]}
    offered = tuple(engine for engine, why in hindered.items() if not why)
    why_not = {engine: why for engine, why in hindered.items() if why}
    if not offered:
        raise BackendError(f"the networks cannot run on backend {asked!r}: {'; '.join(why_not.values())}")
    return Attempts(offered, why_not)


def told(engine: Engine, detail: str, against: Mapping[Engine, str]) -> str:
    """What runs and why nothing better does, in one sentence.

    Args:
        engine: What runs.
        detail: More of it, such as versions; may be empty.
        against: Why others do not run; only those that are preferred to it are told.
    """
    named = f"The networks run {_NAMES[engine]}" + (f" ({detail})" if detail else "")
    order = list(Engine)
    better = dict.fromkeys(against[other] for other in order[: order.index(engine)] if other in against)
    return f"{named}: {'; '.join(better)}." if better else f"{named}."


def _hindrance(engine: Engine, precision: str, there: Surroundings) -> str:
    """Why an engine cannot be tried; empty where it can."""
    if engine in ON_PROCESSOR:
        return ""
    if there.no_gpu:
        return there.no_gpu
    if engine is Engine.TENSORRT:
        if precision != "auto":
            return f"precision {precision!r} was asked for, and an engine has the one that was found best for it"
        return there.no_engines
    provider = _PROVIDERS[engine]
    if provider not in there.providers:
        return f"ONNX Runtime here has no {provider}"
    if precision == "int8":
        return "the INT8 graph for ONNX Runtime is made for processors"
    return ""
