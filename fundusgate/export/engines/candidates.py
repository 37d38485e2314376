"""Which engines are worth building for a network on this TensorRT: decided, not tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.export.engines.builder import BuildSettings
from fundusgate.runtime.engines.api import EngineError
from fundusgate.runtime.manifest import Precision

if TYPE_CHECKING:
    from collections.abc import Collection

    from fundusgate.runtime.engines.api import TensorRt


@dataclass(frozen=True)
class Candidate:
    """One engine to build."""

    name: str
    """Of its files in the cache."""
    graph: Precision
    """Which of the bundle's graphs it is built from."""
    settings: BuildSettings


def candidates(
    api: TensorRt,
    graphs: Collection[Precision],
    *,
    int8: bool,
    dla: bool = False,
) -> list[Candidate]:
    """The engines to build and time against each other.

    By flags, as TensorRT 8.5 to 10 allow: FP16 from the fp32 graph, INT8 beside FP16 from the Q/DQ graph. Bound to the
    graph's own types, as TensorRT 9 and later can and 11 must: the Q/DQ graph in half precision and the fp16 graph; and
    where no flag can lower the rest of it the Q/DQ graph in float32, because a builder may refuse half-precision pairs
    (NVIDIA/TensorRT#4832).

    Args:
        api: TensorRT as it is here.
        graphs: What the bundle holds of this network.
        int8: Whether the GPU multiplies INT8.
        dla: Also an FP16 engine for the deep-learning accelerator, which takes no Q/DQ.

    Returns:
        At least one.

    Raises:
        EngineError: This TensorRT can build none of the graphs.
    """
    flags, typed = api.fp16_flag, api.strong_typing
    offered = [
        ("fp16", Precision.FP32, flags, BuildSettings(fp16=True)),
        ("int8-fp16", Precision.INT8_TRT, flags and api.int8_flag and int8, BuildSettings(fp16=True, int8=True)),
        ("typed-int8-fp16", Precision.INT8_FP16_TRT, typed and int8, BuildSettings(strong=True)),
        ("typed-fp16", Precision.FP16_TRT, typed, BuildSettings(strong=True)),
        ("typed-int8", Precision.INT8_TRT, typed and not flags and int8, BuildSettings(strong=True)),
        ("typed-fp32", Precision.FP32, typed and not flags, BuildSettings(strong=True)),
        ("fp16-dla", Precision.FP32, flags and dla, BuildSettings(fp16=True, dla_core=0)),
    ]
    chosen = [
        Candidate(name, graph, settings) for name, graph, wanted, settings in offered if wanted and graph in graphs
    ]
    if not chosen:
        held = ", ".join(graph.value for graph in graphs)
        raise EngineError(
            f"TensorRT {api.version} can build none of the graphs that the bundle holds ({held}): export it with"
            f" {' and '.join(graph.value for graph in _useful(api))}"
        )
    return chosen


def _useful(api: TensorRt) -> list[Precision]:
    return [Precision.FP32, Precision.INT8_TRT] if api.fp16_flag else [Precision.INT8_FP16_TRT, Precision.FP16_TRT]
