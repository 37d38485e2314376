"""The half-precision graph for TensorRT's strongly typed networks (10 and later; the only kind from 11 on).

There the types that stand in the graph are the types that run. LayerNormalization keeps float32: its sum of squares
leaves half precision's range (NVIDIA/TensorRT#2709: a ViT lost its accuracy through it).

Not ONNX Runtime's own converter: of two float32 nodes that share weights it makes a graph that names one value twice
(seen with ONNX Runtime 1.31 on FTHNet).
"""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir

KEPT_IN_FLOAT32 = ("LayerNormalization",)
LARGEST = 65504.0
"""Half precision's largest finite number; larger constants become it."""


def to_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """A float graph in half precision; inputs and outputs keep their types.

    Args:
        model: float32, simplified, shapes inferred; left as it is.

    Returns:
        A checked graph of the same inputs, outputs and opset.
    """
    edited = ir.from_proto(model)
    graph = edited.graph
    constants: dict[ir.Value, ir.Value] = {}
    for node in list(graph):
        if node.op_type in KEPT_IN_FLOAT32:
            _surround_with_casts(graph, node)
            continue
        if node.op_type == "Cast" and node.attributes["to"].as_int() == ir.DataType.FLOAT:
            node.attributes["to"] = ir.AttrInt64("to", ir.DataType.FLOAT16)
        for place, value in enumerate(node.inputs):
            if value is not None and value.const_value is not None and value.dtype == ir.DataType.FLOAT:
                node.replace_input_with(place, _half_constant(graph, value, constants))
        for output in node.outputs:
            if output.dtype == ir.DataType.FLOAT:
                output.dtype = ir.DataType.FLOAT16
    for place, output in enumerate(graph.outputs):
        if output.dtype == ir.DataType.FLOAT16:
            graph.outputs[place] = _outside(graph, output)
    for name, value in list(graph.initializers.items()):
        if not value.uses() and not value.is_graph_output():
            del graph.initializers[name]
    half = ir.to_proto(edited)
    onnx.checker.check_model(half, full_check=True)
    return half


def _half_constant(graph: ir.Graph, value: ir.Value, known: dict[ir.Value, ir.Value]) -> ir.Value:
    if value not in known and value.const_value is not None:
        content = np.clip(value.const_value.numpy(), -LARGEST, LARGEST).astype(np.float16)
        tensor = ir.tensor(content, name=f"{value.name}_half")
        known[value] = ir.Value(
            name=tensor.name, const_value=tensor, shape=value.shape, type=ir.TensorType(ir.DataType.FLOAT16)
        )
        graph.register_initializer(known[value])
    return known[value]


def _surround_with_casts(graph: ir.Graph, node: ir.Node) -> None:
    activation = node.inputs[0]
    if activation is None:
        raise ValueError(f"{node.name} has no input: the graph is damaged")
    (result,) = node.outputs
    widen = _cast(activation, ir.DataType.FLOAT, f"{result.name}_input_float")
    graph.insert_before(node, widen)
    node.replace_input_with(0, widen.outputs[0])
    readers = list(result.uses())
    narrow = _cast(result, ir.DataType.FLOAT16, f"{result.name}_half")
    graph.insert_after(node, narrow)
    for reader, place in readers:
        reader.replace_input_with(place, narrow.outputs[0])


def _outside(graph: ir.Graph, inner: ir.Value) -> ir.Value:
    name = inner.name
    made_by = inner.producer()
    if made_by is None or name is None:
        raise ValueError(f"the output {name} is computed by nothing: the graph is damaged")
    inner.name = f"{name}_half"
    widen = _cast(inner, ir.DataType.FLOAT, name)
    graph.insert_after(made_by, widen)
    return widen.outputs[0]


def _cast(value: ir.Value, kind: ir.DataType, name: str) -> ir.Node:
    output = ir.Value(name=name, shape=value.shape, type=ir.TensorType(kind))
    return ir.node("Cast", [value], {"to": int(kind)}, outputs=[output], name=f"{name}_Cast")
