"""LayerNormalization written with older operators, for TensorRT before 8.6.

TensorRT 8.5 (JetPack 5.1) takes every operator of FTHNet's graph but this one, which ONNX has since opset 17. Nothing
else that these networks use changed between opset 16 and 17, so that the graph's opset becomes 16.
"""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir

OPSET: int = 16
"""The newest without LayerNormalization."""

_EPSILON = 1e-5
"""ONNX's own where the node states none."""


def write_out(model: onnx.ModelProto) -> onnx.ModelProto:
    """A graph of opset 17 without LayerNormalization, in opset 16.

    Args:
        model: float32 or with Q/DQ pairs, shapes inferred; left as it is.

    Returns:
        A checked graph that computes the same, to float rounding; of opset 16 or of its own where that is older.

    Raises:
        ValueError: The graph's opset is newer than 17, whose other operators differ.
    """
    edited = ir.from_proto(model)
    graph = edited.graph
    opset = graph.opset_imports[""]
    if opset > OPSET + 1:
        raise ValueError(f"a graph of opset {opset} cannot be written in {OPSET}: export it with opset {OPSET + 1}")
    for node in list(graph):
        if node.op_type == "LayerNormalization":
            _replace(graph, node)
    for name, value in list(graph.initializers.items()):
        if not value.uses() and not value.is_graph_output():
            del graph.initializers[name]
    graph.opset_imports[""] = min(opset, OPSET)
    written = ir.to_proto(edited)
    onnx.checker.check_model(written, full_check=True)
    return written


def _replace(graph: ir.Graph, node: ir.Node) -> None:
    taken, gain, *rest = node.inputs
    if taken is None or gain is None or taken.shape is None:
        raise ValueError(f"{node.name} has no input, gain or shape: the graph is damaged")
    given = node.attributes.get("axis")
    first = (-1 if given is None else given.as_int()) % len(taken.shape)
    axes = list(range(first, len(taken.shape)))
    stated = node.attributes.get("epsilon")
    epsilon = _constant(graph, f"{node.name}_epsilon", _EPSILON if stated is None else stated.as_float())
    kept = ir.Shape([1 if axis in axes else side for axis, side in enumerate(taken.shape)])
    made: list[ir.Node] = []

    def step(kind: str, inputs: list[ir.Value], shape: ir.Shape | None, axes: list[int] | None = None) -> ir.Value:
        said = None if axes is None else {"axes": axes, "keepdims": 1}
        name = f"{node.name}/{kind}_{len(made)}"
        value = ir.Value(name=f"{name}_output", shape=shape, type=taken.type)
        made.append(ir.node(kind, inputs, said, outputs=[value], name=name))
        return value

    mean = step("ReduceMean", [taken], kept, axes)
    centred = step("Sub", [taken, mean], taken.shape)
    squares = step("Mul", [centred, centred], taken.shape)
    variance = step("ReduceMean", [squares], kept, axes)
    spread = step("Sqrt", [step("Add", [variance, epsilon], kept)], kept)
    result = step("Mul", [step("Div", [centred, spread], taken.shape), gain], taken.shape)
    if rest and rest[0] is not None:
        result = step("Add", [result, rest[0]], taken.shape)
    (old,) = node.outputs
    graph.insert_before(node, made)
    name = old.name
    ir.convenience.replace_all_uses_with(old, result, replace_graph_outputs=True)
    graph.remove(node, safe=True)
    result.name = name


def _constant(graph: ir.Graph, name: str, content: float) -> ir.Value:
    tensor = ir.tensor(np.float32(content).reshape(()), name=name)
    value = ir.Value(name=name, const_value=tensor, shape=ir.Shape([]), type=ir.TensorType(ir.DataType.FLOAT))
    graph.register_initializer(value)
    return value
