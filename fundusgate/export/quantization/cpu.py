"""The INT8 graph that ONNX Runtime runs on an x86 processor: unsigned activations, signed weights (U8S8).

ONNX Runtime forms an INT8 convolution only where everything about it is quantized: activations as uint8 with a zero
point, weights as int8 with one scale an output channel, the bias as int32 at the product of both scales, and the result
after its activation. ReLU then costs nothing: 0 is the lowest code. A matrix product keeps its result in float: what
follows it in a transformer (GELU, residual sum, LayerNorm) is float anyway. It is written as ONNX Runtime's own
MatMulIntegerToFloat with the bias inside, because of Q/DQ around MatMul and Add the runtime makes a float Gemm behind a
dequantization of its weights, slower than no quantization at all (seen with ONNX Runtime 1.31).
Source: ONNX Runtime, "Quantize ONNX models", "Contrib operators", and its optimizer's output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx_ir as ir

from fundusgate.export.quantization.editing import QdqEditor
from fundusgate.export.quantization.input_bytes import folded, normalisation_before, padded_bytes
from fundusgate.export.quantization.layers import Layer, constant, weighted_layers
from fundusgate.export.quantization.rules import CPU_RULES, Plan, plan_quantization
from fundusgate.export.quantization.scales import channel_scales, to_int8, unsigned_scale

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from fundusgate.calibration.tensor_range import TensorRange
    from fundusgate.export.quantization.rules import Rule

CONTRIBUTED = "com.microsoft"
"""Domain of ONNX Runtime's own operators."""

Scales = Mapping[ir.Value, tuple[np.float32, np.uint8]]

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
        A checked graph of the same inputs, outputs and opset; weights are stored as int8.

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
    for name in plan.quantized:
        make = _quantize_convolution if layers[name].kind == "Conv" else _quantize_product
        make(editor, layers[name], scales)
    for value in results:
        _quantize_everywhere(editor, value, scales[value])
    _join_constant_sums(graph)
    graph.opset_imports[CONTRIBUTED] = 1
    editor.finish()
    quantized = ir.to_proto(edited)
    onnx.checker.check_model(quantized, full_check=True)
    return quantized


def _activations(graph: ir.Graph, plan: Plan) -> tuple[list[ir.Value], list[ir.Value]]:
    """What quantized layers take; and what quantized convolutions give, up to the ReLU that closes them."""
    inputs: list[ir.Value] = []
    results: list[ir.Value] = []
    for node in graph:
        if node.name not in plan.quantized or node.inputs[0] is None:
            continue
        inputs.append(node.inputs[0])
        if node.op_type == "Conv":
            results += _chain_of(node)
    return list(dict.fromkeys(inputs)), list(dict.fromkeys(results))


def _chain_of(convolution: ir.Node) -> list[ir.Value]:
    """The ReLU's result; before it, both terms of a residual sum where there is one."""
    (result,) = convolution.outputs
    (follows,) = result.consumers()
    if follows.op_type == "Relu":
        return [follows.outputs[0]]
    (relu,) = follows.outputs[0].consumers()
    return [*(value for value in follows.inputs if value is not None), relu.outputs[0]]


def _quantize_convolution(editor: QdqEditor, layer: Layer, scales: Scales) -> None:
    taken, weight = _inputs(layer)
    bias = constant(layer.node.inputs[2]) if len(layer.node.inputs) > 2 else None
    before = normalisation_before(layer)
    if before is None:
        input_scale, zero_point = scales[taken]
        source = editor.pair(taken, input_scale, zero_point)
    else:
        input_scale, zero_point = np.float32(1), np.uint8(0)
        weight, bias = folded(weight, bias, before, middle=0)
        source = editor.as_codes(padded_bytes(editor, layer, before), input_scale, zero_point)
    weight_scales = channel_scales(weight, layer.axis)
    if bias is not None:
        weight_scales = np.maximum(weight_scales, np.abs(bias) / (input_scale * np.float32(LARGEST_BIAS)))
        bias_scales = (input_scale * weight_scales).astype(np.float32)
        bias_codes = np.rint(bias / bias_scales).astype(np.int32)
        layer.node.resize_inputs(3)
        layer.node.replace_input_with(2, editor.stored(f"{layer.name}_bias", bias_codes, bias_scales, 0))
    codes = to_int8(weight, weight_scales, layer.axis)
    layer.node.replace_input_with(0, source)
    layer.node.replace_input_with(1, editor.stored(f"{layer.name}_weight", codes, weight_scales, layer.axis))


def _quantize_product(editor: QdqEditor, layer: Layer, scales: Scales) -> None:
    taken, weight = _inputs(layer)
    columns = weight.T if layer.axis == 0 else weight
    weight_scales = channel_scales(columns, 1)
    replaced, bias = _with_bias(layer)
    last = replaced[-1].outputs[0]
    codes = editor.codes(taken, *scales[taken])
    quantize = codes.producer()
    if quantize is None:
        raise ValueError(f"{taken.name} was not quantized")
    result = ir.Value(name=f"{last.name}_from_integers", shape=last.shape, type=last.type)
    product = ir.node(
        "MatMulIntegerToFloat",
        [
            codes,
            editor.initializer(f"{layer.name}_weight_quantized", to_int8(columns, weight_scales, 1)),
            quantize.inputs[1],
            editor.initializer(f"{layer.name}_weight_scale", weight_scales),
            quantize.inputs[2],
            None,
            bias,
        ],
        domain=CONTRIBUTED,
        outputs=[result],
        name=layer.name,
    )
    editor.graph.insert_after(replaced[-1], product)
    last.replace_all_uses_with(result)
    editor.graph.remove(tuple(reversed(replaced)), safe=True)


def _with_bias(layer: Layer) -> tuple[list[ir.Node], ir.Value | None]:
    """The nodes that one integer product replaces, and the bias inside it."""
    node = layer.node
    if layer.kind == "Gemm":
        return [node], node.inputs[2] if len(node.inputs) > 2 else None
    users = node.outputs[0].consumers()
    if len(users) == 1 and users[0].op_type == "Add":
        for value in users[0].inputs:
            if value is not None and value.const_value is not None and value.const_value.shape == (layer.outputs,):
                return [node, users[0]], value
    return [node], None


def _inputs(layer: Layer) -> tuple[ir.Value, NDArray[np.float32]]:
    taken = layer.node.inputs[0]
    if taken is None or layer.weight is None:
        raise ValueError(f"{layer.name} has no constant weights: the rules must leave it in float")
    return taken, layer.weight


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
