"""The INT8 graph that ONNX Runtime runs on an x86 processor: unsigned activations, signed weights (U8S8).

ONNX Runtime forms an INT8 convolution only where everything about it is quantized: activations as uint8 with a zero
point, weights as int8 with one scale an output channel, the bias as int32 at the product of both scales, and the result
after its activation. ReLU then costs nothing: 0 is the lowest code. What no ReLU follows keeps its result in float,
since what follows it in a transformer (GELU, residual sum, LayerNorm) is float anyway: dense layers and those
convolutions become integer products (`integer_products`), and window attention what ONNX Runtime is quickest at
(`attention`).
Source: ONNX Runtime, "Quantize ONNX models", "Contrib operators", and its optimizer's output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx_ir as ir

from fundusgate.calibration.weight_codes import channel_scales, to_int8
from fundusgate.export.quantization.attention import fuse_window_attention, state_attention
from fundusgate.export.quantization.editing import QdqEditor
from fundusgate.export.quantization.input_bytes import folded, normalisation_before, padded_bytes
from fundusgate.export.quantization.integer_products import CONTRIBUTED, quantize_as_product, quantize_dense
from fundusgate.export.quantization.layers import (
    Layer,
    clips_below_zero,
    constant,
    ends_in_relu,
    weighted_layers,
    weights_of,
)
from fundusgate.export.quantization.rules import CPU_RULES, Plan, plan_quantization
from fundusgate.export.quantization.scales import unsigned_scale

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from fundusgate.calibration.tensor_range import TensorRange
    from fundusgate.export.quantization.rules import Rule

LARGEST_BIAS = 2**30
"""Largest int32 code of a bias: half the range, so that adding it to the products does not overflow."""


def cpu_tensors(model: onnx.ModelProto) -> set[str]:
    """Names of the activations whose ranges `quantize_for_cpu` needs, whatever is put back in float later."""
    graph = ir.from_proto(model).graph
    plan = plan_quantization(graph, CPU_RULES)
    inputs, results = _activations(graph, plan)
    return {str(value.name) for value in (*inputs, *results)}


def quantize_for_cpu(
    model: onnx.ModelProto,
    ranges: Mapping[str, TensorRange],
    rules: Collection[Rule] = CPU_RULES,
    keep_float: Collection[str] = (),
) -> onnx.ModelProto:
    """A float graph with Q/DQ pairs for ONNX Runtime on x86.

    Args:
        model: float32, simplified, shapes inferred; left as it is.
        ranges: by the name of each activation that is quantized.
        rules: reasons to leave a layer in float.
        keep_float: node names that stay in float beyond the rules.

    Returns:
        A checked graph of the same inputs and outputs; weights are stored as int8. The opset is the model's, or that
        of Attention where the model attends within windows.

    Raises:
        ValueError: a range is missing, or a name in `keep_float` is no layer.
    """
    edited = ir.from_proto(model)
    graph = edited.graph
    plan = plan_quantization(graph, rules, keep_float)
    layers = {layer.name: layer for layer in weighted_layers(graph)}
    inputs, results = _activations(graph, plan)
    editor = QdqEditor(graph)
    scales = {value: unsigned_scale(_range(ranges, value)) for value in (*inputs, *results)}
    # Looked up before anything is edited: what a layer takes may be another value by the time that it is its turn.
    taken = {name: scales[_taken(layers[name])] for name in plan.quantized}
    for name, scale in taken.items():
        layer = layers[name]
        if layer.kind != "Conv":
            quantize_dense(editor, layer, *scale)
        elif ends_in_relu(layer):
            _quantize_convolution(editor, layer, *scale)
        else:
            quantize_as_product(editor, layer, *scale)
    for value in results:
        _quantize_everywhere(editor, value, scales[value])
    _join_constant_sums(graph)
    fused = fuse_window_attention(editor)
    graph.opset_imports[CONTRIBUTED] = 1
    editor.finish()
    if fused:
        state_attention(edited)
    quantized = ir.to_proto(edited)
    onnx.checker.check_model(quantized, full_check=True)
    return quantized


def _activations(graph: ir.Graph, plan: Plan) -> tuple[list[ir.Value], list[ir.Value]]:
    """What quantized layers take; and what quantized convolutions give, up to the ReLU that closes them."""
    inputs: list[ir.Value] = []
    results: list[ir.Value] = []
    for layer in weighted_layers(graph):
        if layer.name not in plan.quantized:
            continue
        inputs.append(_taken(layer))
        if layer.kind == "Conv" and ends_in_relu(layer):
            results += _chain_of(layer.node)
    return list(dict.fromkeys(inputs)), list(dict.fromkeys(results))


def _chain_of(convolution: ir.Node) -> list[ir.Value]:
    """The ReLU's result; before it, both terms of a residual sum where there is one."""
    (result,) = convolution.outputs
    (follows,) = result.consumers()
    if clips_below_zero(follows):
        return [follows.outputs[0]]
    (relu,) = follows.outputs[0].consumers()
    return [*(value for value in follows.inputs if value is not None), relu.outputs[0]]


def _quantize_convolution(editor: QdqEditor, layer: Layer, scale: np.float32, zero_point: np.uint8) -> None:
    taken, weight = _taken(layer), weights_of(layer)
    bias = constant(layer.node.inputs[2]) if len(layer.node.inputs) > 2 else None
    before = normalisation_before(layer)
    if before is None:
        source = editor.pair(taken, scale, zero_point)
    else:
        scale, zero_point = np.float32(1), np.uint8(0)
        weight, bias = folded(weight, bias, before, middle=0)
        source = editor.as_codes(padded_bytes(editor, layer, before), scale, zero_point)
    weight_scales = channel_scales(weight, layer.axis)
    if bias is not None:
        weight_scales = np.maximum(weight_scales, np.abs(bias) / (scale * np.float32(LARGEST_BIAS)))
        bias_scales = (scale * weight_scales).astype(np.float32)
        bias_codes = np.rint(bias / bias_scales).astype(np.int32)
        layer.node.resize_inputs(3)
        layer.node.replace_input_with(2, editor.stored(f"{layer.name}_bias", bias_codes, bias_scales, 0))
    codes = to_int8(weight, weight_scales, layer.axis)
    layer.node.replace_input_with(0, source)
    layer.node.replace_input_with(1, editor.stored(f"{layer.name}_weight", codes, weight_scales, layer.axis))


def _taken(layer: Layer) -> ir.Value:
    taken = layer.node.inputs[0]
    if taken is None:
        raise ValueError(f"{layer.name} has no input: the graph is damaged")
    return taken


def _quantize_everywhere(editor: QdqEditor, value: ir.Value, scale: tuple[np.float32, np.uint8]) -> None:
    """Every reader takes the 8-bit form: an INT8 convolution has no other result to give."""
    dequantized = editor.pair(value, *scale)
    for reader, place in list(value.uses()):
        if reader.op_type != "QuantizeLinear":
            reader.replace_input_with(place, dequantized)


def _range(ranges: Mapping[str, TensorRange], value: ir.Value) -> TensorRange:
    if value.name is None or value.name not in ranges:
        raise ValueError(f"no range of {value.name} was collected: calibrate this graph again")
    return ranges[value.name]


def _join_constant_sums(graph: ir.Graph) -> None:
    """(x + a) + b with constant a and b becomes x + (a + b): one pass over a large x.

    Swin's position bias and shift mask are such constants. Their sum is left as a node, which ONNX Runtime works out
    when it opens the graph: stored, it would be as large as every window's attention.
    """
    for node in list(graph):
        if node.op_type != "Add":
            continue
        for place, value in enumerate(node.inputs):
            inner = value.producer() if value is not None else None
            other = node.inputs[1 - place]
            if inner is None or value is None or len(value.uses()) > 1 or not _is_constant(other):
                continue
            known = [item for item in inner.inputs if _is_constant(item)]
            varies = [item for item in inner.inputs if not _is_constant(item)]
            if inner.op_type == "Add" and len(known) == len(varies) == 1:
                joined = ir.node("Add", [known[0], other], name=f"{node.name}_constants")
                joined.outputs[0].name = f"{node.outputs[0].name}_constants"
                joined.outputs[0].type = value.type
                graph.insert_before(node, joined)
                node.replace_input_with(place, varies[0])
                node.replace_input_with(1 - place, joined.outputs[0])
                graph.remove(inner, safe=True)
                break


def _is_constant(value: ir.Value | None) -> bool:
    return value is not None and value.const_value is not None
