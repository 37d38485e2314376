"""Which quantized products truly run in INT8.

The rules are what TensorRT-RTX's builder was seen to do with graphs of one property each, which
`tests/export/readiness` builds again. A product with no quantized operand is meant to stay in float and gives no
finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.export.readiness.findings import Finding, Severity
from fundusgate.export.readiness.graph import attribute, label

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

    from fundusgate.export.readiness.graph import GraphView, Quantization
    from fundusgate.export.readiness.jetpacks import Target

FEW_CHANNELS = 16
"""Convolutions and products below this gain nothing from INT8; NVIDIA's ModelOpt leaves most of them in float."""


def meant_for_int8(view: GraphView, node: onnx.NodeProto) -> bool:
    """Whether a product was quantized on purpose.

    A product whose float weights meet a quantized tensor that others take as well was left in float.

    Args:
        view: The graph.
        node: One of `view.heavy()`.
    """
    pairs = [view.dequantized_by(name) for name in node.input[:2]]
    present = [pair for pair in pairs if pair is not None]
    if len(present) != 1:
        return len(present) == 2
    float_side = pairs.index(None)
    shared = len(view.consumers.get(present[0].output[0], [])) > 1
    return not (shared and view.is_constant(node.input[float_side]))


def both_operands(view: GraphView, target: Target) -> Iterator[Finding]:  # noqa: ARG001 - every rule is called alike
    """A product runs in INT8 when both of its operands are quantized."""
    for node in view.heavy():
        pairs = [view.dequantized_by(name) for name in node.input[:2]]
        if all(pair is None for pair in pairs) or all(pair is not None for pair in pairs):
            continue
        if not meant_for_int8(view, node):
            reason = "it takes a quantized tensor that others take too, its own weights are float: it runs in float"
            yield _note("left-in-float", node, reason, "nothing, where it was left in float on purpose")
            continue
        what = "weights" if view.is_constant(node.input[pairs.index(None)]) else f"input {pairs.index(None)}"
        reason = f"one operand is quantized, its {what} {'are' if what == 'weights' else 'is'} not: it runs in float"
        yield _silent("half-quantized", node, reason, "quantize both operands or none")


def scale_axes(view: GraphView, target: Target) -> Iterator[Finding]:  # noqa: ARG001 - every rule is called alike
    """One scale for activations; weights by output channel or with one scale."""
    for node in view.heavy():
        if any(view.dequantized_by(name) is None for name in node.input[:2]):
            continue
        for side, tensor in enumerate(node.input[:2]):
            pair = view.dequantized_by(tensor)
            quantization = None if pair is None else view.quantization(pair)
            if quantization is None or not quantization.per_channel:
                continue
            if not view.is_constant(tensor):
                reason = "its activations have a scale for each channel: the product runs in float"
                yield _silent("activation-axis", node, reason, "give activations one scale for the whole tensor")
                continue
            axis, wanted = _axis_at(view, tensor, quantization), _output_axis(view, node, side)
            if axis is not None and wanted is not None and axis != wanted:
                reason = f"its weights have a scale for each slice of axis {axis}: the product runs in float"
                yield _silent("weight-axis", node, reason, f"quantize the weights by output channel, axis {wanted}")


def transposed_convolutions(view: GraphView, target: Target) -> Iterator[Finding]:  # noqa: ARG001 - called alike
    """ConvTranspose runs in float, quantized or not."""
    for node in view.heavy():
        if node.op_type == "ConvTranspose" and any(view.dequantized_by(name) is not None for name in node.input[:2]):
            reason = "TensorRT runs ConvTranspose in float, quantized or not"
            yield _silent("conv-transpose", node, reason, "leave it in float, or use Resize and Conv")


def small_products(view: GraphView, target: Target) -> Iterator[Finding]:  # noqa: ARG001 - every rule is called alike
    """Products too small to gain from INT8."""
    for node in view.heavy():
        if any(view.dequantized_by(name) is None for name in node.input[:2]):
            continue
        sides = _small_sides(view, node)
        if sides:
            reason = f"{sides}: INT8 gains nothing there and may cost time and accuracy"
            yield _note("small-product", node, reason, "leave it in float, as NVIDIA's ModelOpt does")


def _small_sides(view: GraphView, node: onnx.NodeProto) -> str:
    weights = view.shape_of(node.input[1])
    if weights is None or len(weights) < 2:
        return ""
    if node.op_type in ("Conv", "ConvTranspose"):
        few = [f"{count} {name} channels" for count, name in zip(weights, ("output", "input"), strict=False)]
        grouped = attribute(node, "group", 1) > 1
        return (
            ""
            if grouped
            else ", ".join(text for text, count in zip(few, weights, strict=False) if count < FEW_CHANNELS)
        )
    k, n = (weights[-1], weights[-2]) if attribute(node, "transB", 0) else (weights[-2], weights[-1])
    values = view.shape_of(node.input[0])
    rows = values[-2] if values is not None and len(values) > 1 else None
    said = [f"{name} = {side}" for name, side in (("K", k), ("N", n)) if side < FEW_CHANNELS]
    return ", ".join([*said, "one row"] if rows == 1 else said)


def _output_axis(view: GraphView, node: onnx.NodeProto, side: int) -> int | None:
    """The axis of an operand that becomes the output's channels, columns or rows."""
    if node.op_type == "Conv":
        return 0
    if node.op_type == "ConvTranspose":
        return 1
    if node.op_type == "Gemm":
        transposed = attribute(node, "transB" if side else "transA", 0)
        return 0 if bool(transposed) == bool(side) else 1
    shape = view.shape_of(node.input[side])
    if shape is None or len(shape) < 2:
        return None
    return len(shape) - 1 if side else len(shape) - 2


def _axis_at(view: GraphView, tensor: str, quantization: Quantization) -> int | None:
    """The axis that a pair's scales lie on, seen from a tensor that they reach; None where it cannot be told."""
    perms: list[list[int]] = []
    node = view.producer(tensor)
    while node is not None and node is not quantization.node:
        if node.op_type != "Transpose":
            return None
        perms.append(list(attribute(node, "perm", ())))
        node = view.producer(node.input[0])
    axis = quantization.axis
    if axis < 0:
        shape = view.shape_of(quantization.node.input[0])
        if shape is None:
            return None
        axis += len(shape)
    for perm in reversed(perms):
        axis = perm.index(axis) if perm else axis
    return axis


def _silent(rule: str, node: onnx.NodeProto, reason: str, advice: str) -> Finding:
    return Finding(rule, Severity.NOT_INT8, label(node), node.op_type, reason, advice)


def _note(rule: str, node: onnx.NodeProto, reason: str, advice: str) -> Finding:
    return Finding(rule, Severity.NOTE, label(node), node.op_type, reason, advice)


RULES = (both_operands, scale_axes, transposed_convolutions, small_products)
"""Every rule of this subject."""
