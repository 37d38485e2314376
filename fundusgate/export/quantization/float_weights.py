"""Weights stored in float before a pair of QuantizeLinear and DequantizeLinear, for TensorRT before 10.

The guide of TensorRT 8 wants such pairs, and 8.4 was seen to stop at int8 ones (NVIDIA/TensorRT#2163). The float
weights lie on their codes, so that quantizing them finds exactly those.
"""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir


def with_float_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A graph in which no DequantizeLinear takes stored int8.

    Args:
        model: With float32 scales, shapes inferred; left as it is.

    Returns:
        A checked graph of the same inputs, outputs and opset that computes the very same; the model itself where it
        stores no int8.
    """
    edited = ir.from_proto(model)
    graph = edited.graph
    changed = [node for node in graph if node.op_type == "DequantizeLinear" and _codes(node) is not None]
    for node in changed:
        _widen(graph, node)
    if not changed:
        return model
    widened = ir.to_proto(edited)
    onnx.checker.check_model(widened, full_check=True)
    return widened


def _codes(node: ir.Node) -> ir.TensorProtocol | None:
    held = node.inputs[0]
    content = None if held is None else held.const_value
    return content if content is not None and content.dtype == ir.DataType.INT8 else None


def _widen(graph: ir.Graph, node: ir.Node) -> None:
    held, scale = node.inputs[:2]
    codes = _codes(node)
    if held is None or scale is None or codes is None or scale.const_value is None:
        raise ValueError(f"{node.name} has no constant scale: the graph is damaged")
    scales, said = scale.const_value.numpy(), node.attributes.get("axis")
    if scales.ndim:
        sides = [1] * len(codes.shape)
        sides[1 if said is None else said.as_int()] = -1
        scales = scales.reshape(sides)
    content = codes.numpy() * scales
    tensor = ir.tensor(content.astype(np.float32), name=f"{held.name}_float")
    weight = ir.Value(name=tensor.name, const_value=tensor, shape=held.shape, type=ir.TensorType(ir.DataType.FLOAT))
    graph.register_initializer(weight)
    quantized = ir.Value(name=f"{held.name}_again", shape=held.shape, type=ir.TensorType(ir.DataType.INT8))
    pair = ir.node(
        "QuantizeLinear",
        [weight, *node.inputs[1:]],
        {} if said is None else {"axis": said.as_int()},
        outputs=[quantized],
        name=f"{held.name}_QuantizeLinear",
    )
    graph.insert_before(node, pair)
    node.replace_input_with(0, quantized)
    if not held.uses():
        del graph.initializers[str(held.name)]
