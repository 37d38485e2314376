"""What TensorRT takes of a QuantizeLinear or DequantizeLinear: types, zero points, scales."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from onnx import TensorProto

from fundusgate.export.readiness.findings import Finding, Severity
from fundusgate.export.readiness.graph import HEAVY, label

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

    from fundusgate.export.readiness.graph import GraphView
    from fundusgate.export.readiness.jetpacks import Target

STORED_WEIGHTS_SINCE = (10, 0)
"""First TensorRT whose guide allows int8 weights before a DequantizeLinear; that of 8.x wants float ones and a pair.

TensorRT 8.4 stops with "invalid weights type of Int8" (NVIDIA/TensorRT#2163).
"""

ZERO_OPTIONAL_SINCE = (8, 6)
"""TensorRT 8.5 needs all three inputs of a Q or DQ node."""

_QDQ = ("QuantizeLinear", "DequantizeLinear")
_FLOATS = {TensorProto.FLOAT: "float32", TensorProto.FLOAT16: "float16", TensorProto.BFLOAT16: "bfloat16"}


def scales(view: GraphView, target: Target) -> Iterator[Finding]:  # noqa: ARG001 - every rule is called alike
    """Every scale is a constant above zero."""
    for node in _pairs(view):
        scale = view.quantization(node).scale
        if scale is None:
            reason = "its scale is computed when the graph runs, TensorRT wants a constant"
            yield _refused("scale", node, reason, "quantize with fixed ranges")
        elif not (np.isfinite(scale).all() and (scale > 0).all()):
            bad = float(np.asarray(scale, np.float64).min())
            reason = f"a scale is {bad:g}; TensorRT wants all of them above zero (a dead tensor calibrates to 0)"
            yield _refused("scale", node, reason, "give dead tensors a scale of 1")


def zero_points(view: GraphView, target: Target) -> Iterator[Finding]:
    """Zero points are int8 zeros, and are there."""
    for node in _pairs(view):
        if len(node.input) < 3 or not node.input[2]:
            yield _no_zero_point(node, target)
            continue
        zero = view.quantization(node).zero
        if zero is None:
            reason = "its zero point is computed when the graph runs, TensorRT wants a constant"
            yield _refused("zero-point", node, reason, "quantize symmetrically")
        elif np.any(zero):
            reason = f"its zero point is {zero.dtype.name} {int(zero.flat[np.flatnonzero(zero)[0]])}, not 0"
            yield _refused("zero-point", node, reason, "quantize symmetrically, activations as well as weights")
        elif zero.dtype == np.uint8:
            yield _half_the_range(node)


def stored_types(view: GraphView, target: Target) -> Iterator[Finding]:
    """What is dequantized is int8: no int32 bias, no int8 weights before TensorRT 10."""
    for node in view.nodes:
        if node.op_type != "DequantizeLinear":
            continue
        kind = view.type_of(node.input[0])
        if kind == TensorProto.INT32:
            reason = "it dequantizes int32 (ONNX Runtime's quantized bias); TensorRT dequantizes int8"
            yield _refused("int32-bias", node, reason, "leave the bias in float (QuantizeBias=False)")
        elif node.input[0] in {value.name for value in view.inputs}:
            reason = "it dequantizes a network input; TensorRT takes quantized types from a QuantizeLinear or constants"
            yield _refused("quantized-input", node, reason, "cast the input to float32 instead")
        elif view.constant_type(node.input[0]) == TensorProto.INT8 and target.jetpack.tensorrt < STORED_WEIGHTS_SINCE:
            reason = f"its weights are stored as int8; the guide of {target.jetpack.tensorrt_name} wants float ones"
            advice = "keep float weights and a Q/DQ pair (AddQDQPairToWeight=True, `fundusgate export --jetpack 6.0`)"
            yield _refused("stored-weights", node, reason, advice)


def float_types(view: GraphView, target: Target) -> Iterator[Finding]:  # noqa: ARG001 - every rule is called alike
    """Scales are float32 before opset 19, and all operands of a product have one type."""
    for node in _pairs(view):
        kind = view.constant_type(node.input[1])
        if kind == TensorProto.FLOAT16 and view.opset < 19:
            reason = f"its scale is float16, which ONNX allows from opset 19; this graph has {view.opset}"
            yield _refused("scale-type", node, reason, "write float32 scales, or export with opset 19")
    for node in view.nodes:
        if node.op_type not in HEAVY:
            continue
        kinds = [_result_type(view, name) for name in node.input if name]
        named = sorted({_FLOATS[kind] for kind in kinds if kind in _FLOATS})
        if len(named) > 1:
            reason = f"its operands are {' and '.join(named)}; TensorRT wants one type for values, weights and bias"
            yield _refused("mixed-types", node, reason, "cast the bias and the scales to the same type")


def _result_type(view: GraphView, tensor: str) -> int | None:
    node = view.producer(tensor)
    if node is not None and node.op_type == "DequantizeLinear":
        return view.constant_type(node.input[1])
    if node is not None and node.op_type == "Cast":
        return next((item.i for item in node.attribute if item.name == "to"), None)
    return view.type_of(tensor)


def _no_zero_point(node: onnx.NodeProto, target: Target) -> Finding:
    if target.jetpack.tensorrt < ZERO_OPTIONAL_SINCE:
        reason = f"it has no zero point, and {target.jetpack.tensorrt_name} needs all three inputs"
        return _refused("zero-point", node, reason, "write int8 zero points of the scale's shape")
    if node.op_type == "DequantizeLinear":
        reason = "it has no zero point; its type is its input's"
        advice = "write int8 zero points of the scale's shape, so that older TensorRT takes the graph too"
        return Finding("zero-point", Severity.NOTE, label(node), node.op_type, reason, advice)
    return _half_the_range(node)


def _half_the_range(node: onnx.NodeProto) -> Finding:
    reason = "it quantizes to uint8 and TensorRT takes it for int8 without a word: values beyond 127 are cut off"
    advice = "quantize to int8 (an explicit int8 zero point)"
    return Finding("uint8", Severity.NOT_INT8, label(node), node.op_type, reason, advice)


def _pairs(view: GraphView) -> list[onnx.NodeProto]:
    return [node for node in view.nodes if node.op_type in _QDQ]


def _refused(rule: str, node: onnx.NodeProto, reason: str, advice: str) -> Finding:
    return Finding(rule, Severity.REFUSED, label(node), node.op_type, reason, advice)


RULES = (scales, zero_points, stored_types, float_types)
"""Every rule of this subject."""
