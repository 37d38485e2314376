"""The INT8 graph that TensorRT compiles, from 8.5 on where the network allows it.

Symmetric int8 everywhere, one scale an activation and one an output channel of the weights, an explicit int8 zero point
shaped like its scale (TensorRT 8.5 wants all three inputs), weights stored as int8 before a DequantizeLinear (what
TensorRT before 10 takes instead is in `float_weights`), biases in float (an int32 bias through DequantizeLinear is
refused), nothing between a convolution and its activation, and of a residual sum only the skip quantized, so that
convolution, sum and activation become one kernel. Source: NVIDIA TensorRT developer guide, "Working with quantized
types", "Q/DQ placement recommendations", and what TensorRT-RTX 1.7.1 was seen to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx_ir as ir

from fundusgate.calibration.weight_codes import channel_scales, to_int8
from fundusgate.export.quantization.editing import QdqEditor
from fundusgate.export.quantization.input_bytes import MIDDLE, folded, normalisation_before, padded_centred_planes
from fundusgate.export.quantization.layers import Layer, constant, weighted_layers
from fundusgate.export.quantization.rules import TENSORRT_RULES, Plan, plan_quantization
from fundusgate.export.quantization.scales import signed_scale

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from numpy.typing import NDArray

    from fundusgate.calibration.tensor_range import TensorRange
    from fundusgate.export.quantization.input_bytes import Normalisation
    from fundusgate.export.quantization.rules import Rule

    _Scales = Callable[[NDArray[np.float32], int], NDArray[np.float32]]


def tensorrt_tensors(model: onnx.ModelProto) -> set[str]:
    """Names of the activations whose ranges `quantize_for_tensorrt` needs, whatever is put back in float later."""
    graph = ir.from_proto(model).graph
    plan = plan_quantization(graph, TENSORRT_RULES)
    return {str(value.name) for value in _activations(graph, plan)}


def quantize_for_tensorrt(
    model: onnx.ModelProto,
    ranges: Mapping[str, TensorRange],
    rules: Collection[Rule] = TENSORRT_RULES,
    keep_float: Collection[str] = (),
    weight_scales: _Scales = channel_scales,
) -> onnx.ModelProto:
    """A float graph with Q/DQ pairs for TensorRT.

    Args:
        model: float32, simplified, shapes inferred; left as it is.
        ranges: by the name of each activation that is quantized.
        rules: reasons to leave a layer in float.
        keep_float: node names that stay in float beyond the rules.
        weight_scales: weights and the axis of their output channels -> a positive scale for each.

    Returns:
        A checked graph of the same inputs, outputs and opset.

    Raises:
        ValueError: a range is missing, or a name in `keep_float` is no layer.
    """
    edited = ir.from_proto(model)
    graph = edited.graph
    plan = plan_quantization(graph, rules, keep_float)
    editor = QdqEditor(graph)
    layers = {layer.name: layer for layer in weighted_layers(graph)}
    skips = _skips(graph, plan)
    for name in plan.quantized:
        layer = layers[name]
        before = normalisation_before(layer)
        if before is None:
            layer.node.replace_input_with(0, _paired(editor, layer.node.inputs[0], ranges))
            layer.node.replace_input_with(1, _weights(editor, layer, _constant_weight(layer), weight_scales))
        else:
            _take_bytes(editor, layer, before, weight_scales)
    for node, index in skips:
        node.replace_input_with(index, _paired(editor, node.inputs[index], ranges))
    editor.finish()
    quantized = ir.to_proto(edited)
    onnx.checker.check_model(quantized, full_check=True)
    return quantized


def _activations(graph: ir.Graph, plan: Plan) -> list[ir.Value]:
    inputs = [node.inputs[0] for node in graph if node.name in plan.quantized]
    skips = [node.inputs[index] for node, index in _skips(graph, plan)]
    return list(dict.fromkeys(value for value in (*inputs, *skips) if value is not None))


def _skips(graph: ir.Graph, plan: Plan) -> list[tuple[ir.Node, int]]:
    """Residual sums of a quantized convolution that nobody else reads, with the place of the skip among the inputs."""
    found = []
    for node in graph:
        if node.op_type != "Add" or any(value is None or value.const_value is not None for value in node.inputs):
            continue
        for index, value in enumerate(node.inputs):
            made_by = value.producer() if value is not None else None
            branch = made_by is not None and made_by.op_type == "Conv" and made_by.name in plan.quantized
            if branch and value is not None and len(value.uses()) == 1:
                found.append((node, 1 - index))
                break
    return found


def _paired(editor: QdqEditor, value: ir.Value | None, ranges: Mapping[str, TensorRange]) -> ir.Value:
    if value is None or value.name is None:
        raise ValueError("a quantized layer has no input: the graph is damaged")
    if value.name not in ranges:
        raise ValueError(f"no range of {value.name} was collected: calibrate this graph again")
    return editor.pair(value, signed_scale(ranges[value.name]), np.int8(0))


def _weights(editor: QdqEditor, layer: Layer, weight: NDArray[np.float32], weight_scales: _Scales) -> ir.Value:
    scales = weight_scales(weight, layer.axis)
    return editor.stored(f"{layer.name}_weight", to_int8(weight, scales, layer.axis), scales, layer.axis)


def _take_bytes(editor: QdqEditor, layer: Layer, before: Normalisation, weight_scales: _Scales) -> None:
    bias = constant(layer.node.inputs[2]) if len(layer.node.inputs) > 2 else None
    weight, bias = folded(_constant_weight(layer), bias, before, MIDDLE)
    source = padded_centred_planes(editor, layer, before)
    layer.node.replace_input_with(0, editor.pair(source, np.float32(1), np.int8(0)))
    layer.node.replace_input_with(1, _weights(editor, layer, weight, weight_scales))
    layer.node.resize_inputs(3)
    layer.node.replace_input_with(2, editor.initializer(f"{layer.name}_bias", bias))


def _constant_weight(layer: Layer) -> NDArray[np.float32]:
    if layer.weight is None:
        raise ValueError(f"{layer.name} has no constant weights: the rules must leave it in float")
    return layer.weight
