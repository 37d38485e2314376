"""The forms of a network that a bundle holds beside fp32, and how each is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import onnx_ir as ir

from fundusgate.export.compact import compact
from fundusgate.export.expand import expand
from fundusgate.export.quantization.cpu import cpu_tensors, quantize_for_cpu
from fundusgate.export.quantization.float_weights import with_float_weights
from fundusgate.export.quantization.half import to_half
from fundusgate.export.quantization.int8_half import quantize_in_half
from fundusgate.export.quantization.rules import CPU_RULES, TENSORRT_RULES, Plan, plan_quantization
from fundusgate.export.quantization.tensorrt import quantize_for_tensorrt, tensorrt_tensors
from fundusgate.export.quantization.written_out import write_out
from fundusgate.export.readiness.operators import FIRST_VERSION
from fundusgate.export.readiness.rules.imports import UINT8_SINCE
from fundusgate.export.readiness.rules.qdq import STORED_WEIGHTS_SINCE
from fundusgate.export.specs import ExportError
from fundusgate.runtime.manifest import Precision

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import onnx

    from fundusgate.calibration.tensor_range import TensorRange
    from fundusgate.export.quantization.rules import Rule
    from fundusgate.export.readiness.jetpacks import JetPack


@dataclass(frozen=True)
class Target:
    """One form of a network.

    Attributes:
        precision: what the bundle calls it.
        make: float graph, ranges, names of layers that stay in float -> graph.
        rules: which layers are quantized; None where none is.
        half: whether what is not quantized is half precision.
    """

    precision: Precision
    make: Callable[[onnx.ModelProto, Mapping[str, TensorRange], Collection[str]], onnx.ModelProto]
    rules: tuple[Rule, ...] | None
    half: bool = False

    def plan(self, model: onnx.ModelProto, keep_float: Collection[str] = ()) -> Plan:
        """Which layers of a float graph it quantizes, and why not the others."""
        if self.rules is None:
            return Plan((), {})
        return plan_quantization(ir.from_proto(model).graph, self.rules, keep_float)


TARGETS: tuple[Target, ...] = (
    Target(
        Precision.INT8_CPU,
        lambda model, ranges, kept: compact(quantize_for_cpu(model, ranges, keep_float=kept)),
        CPU_RULES,
    ),
    Target(
        Precision.INT8_TRT,
        lambda model, ranges, kept: compact(quantize_for_tensorrt(model, ranges, keep_float=kept)),
        TENSORRT_RULES,
    ),
    Target(Precision.FP16_TRT, lambda model, _ranges, _kept: compact(to_half(model)), None, half=True),
    Target(
        Precision.INT8_FP16_TRT,
        lambda model, ranges, kept: compact(quantize_in_half(model, ranges, keep_float=kept)),
        TENSORRT_RULES,
        half=True,
    ),
)
"""In the order in which they are made: where half precision alone breaks the budget, nothing put back in it helps."""


Form = Callable[["onnx.ModelProto"], "onnx.ModelProto"]
"""A last step that leaves what a graph computes as it is."""


def form_for(jetpack: JetPack) -> Form:
    """The last step of the graphs that TensorRT compiles by flags: small files, or what TensorRT 8 takes.

    Raises:
        ExportError: Nothing helps there: it takes no uint8 input.
    """
    if jetpack.tensorrt < UINT8_SINCE:
        raise ExportError(
            f"JetPack {jetpack.version} brings {jetpack.tensorrt_name}, which takes no uint8 input: JetPack 5.1 is the"
            " oldest that graphs are made for"
        )
    if jetpack.tensorrt >= STORED_WEIGHTS_SINCE:
        return compact
    # TensorRT 8 with everything written out: nobody has seen it work constants out.
    steps: list[Form] = [expand, with_float_weights]
    if jetpack.tensorrt < FIRST_VERSION["LayerNormalization"]:
        steps.append(write_out)
    return _one_after_the_other(steps)


def targets_in(form: Form) -> tuple[Target, ...]:
    """`TARGETS` with the graph for TensorRT's flags in another form; it is measured in that form.

    The graphs that hold half precision need none: they are for TensorRT 10 and later.
    """

    def formed(target: Target) -> Target:
        make = target.make
        return replace(target, make=lambda model, ranges, kept: form(make(model, ranges, kept)))

    return tuple(formed(target) if target.precision is Precision.INT8_TRT else target for target in TARGETS)


def _one_after_the_other(steps: Sequence[Form]) -> Form:
    def all_of_them(model: onnx.ModelProto) -> onnx.ModelProto:
        for step in steps:
            model = step(model)
        return model

    return all_of_them


def tensors_to_calibrate(model: onnx.ModelProto) -> set[str]:
    """Names of every activation whose range some target needs."""
    return cpu_tensors(model) | tensorrt_tensors(model)
