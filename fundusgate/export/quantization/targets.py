"""The forms of a network that a bundle holds beside fp32, and how each is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import onnx_ir as ir

from fundusgate.export.quantization.cpu import cpu_tensors, quantize_for_cpu
from fundusgate.export.quantization.half import to_half
from fundusgate.export.quantization.rules import CPU_RULES, TENSORRT_RULES, Plan, plan_quantization
from fundusgate.export.quantization.tensorrt import quantize_for_tensorrt, tensorrt_tensors
from fundusgate.runtime.manifest import Precision

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import onnx

    from fundusgate.calibration.tensor_range import TensorRange
    from fundusgate.export.quantization.rules import Rule


@dataclass(frozen=True)
class Target:
    """One form of a network.

    Attributes:
        precision: what the bundle calls it.
        make: float graph, ranges, names of layers that stay in float -> graph.
        rules: which layers are quantized; None where none is.
    """

    precision: Precision
    make: Callable[[onnx.ModelProto, Mapping[str, TensorRange], Collection[str]], onnx.ModelProto]
    rules: tuple[Rule, ...] | None

    def plan(self, model: onnx.ModelProto, keep_float: Collection[str] = ()) -> Plan:
        """Which layers of a float graph it quantizes, and why not the others."""
        if self.rules is None:
            return Plan((), {})
        return plan_quantization(ir.from_proto(model).graph, self.rules, keep_float)


TARGETS: tuple[Target, ...] = (
    Target(
        Precision.INT8_CPU,
        lambda model, ranges, kept: quantize_for_cpu(model, ranges, keep_float=kept),
        CPU_RULES,
    ),
    Target(
        Precision.INT8_TRT,
        lambda model, ranges, kept: quantize_for_tensorrt(model, ranges, keep_float=kept),
        TENSORRT_RULES,
    ),
    Target(Precision.FP16_TRT, lambda model, _ranges, _kept: to_half(model), None),
)


def tensors_to_calibrate(model: onnx.ModelProto) -> set[str]:
    """Names of every activation whose range some target needs."""
    return cpu_tensors(model) | tensorrt_tensors(model)
