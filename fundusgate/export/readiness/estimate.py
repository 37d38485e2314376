"""The work of a graph counted, for `roofline` to say what it takes on a board that nobody has yet."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import onnx

from fundusgate.export.readiness.graph import HEAVY, MOVES, GraphView, attribute, label
from fundusgate.export.readiness.roofline import Floats, NodeWork, Work

if TYPE_CHECKING:
    from collections.abc import Collection

VIEWS = frozenset({"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "DequantizeLinear"})
"""Operators that move nothing: another shape of the same values, or a scale that a product takes along."""

POINTWISE = frozenset(
    {
        "Abs", "Add", "Cast", "Clip", "Div", "Erf", "Exp", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Log",
        "Max", "Min", "Mul", "Neg", "Pow", "QuantizeLinear", "Reciprocal", "Relu", "Sigmoid", "Softplus", "Sqrt", "Sub",
        "Tanh", "Where",
    }
)  # fmt: skip
"""Operators that change value by value."""


class EstimateError(ValueError):
    """A graph whose work cannot be counted; the message says why."""


def work_of(view: GraphView, floats: Floats = Floats.FP16, in_int8: Collection[str] | None = None) -> Work:
    """Count a graph's work.

    Args:
        view: With fixed shapes.
        floats: What runs that is not INT8, whatever the graph's own types: TensorRT chooses them.
        in_int8: Names of the products to be counted as INT8, of a graph without Q/DQ; None for those whose factors come
            through Q/DQ.

    Raises:
        EstimateError: A shape cannot be inferred.
    """
    inferred = GraphView(onnx.shape_inference.infer_shapes(view.model, data_prop=True))
    outside = sum(prod(_shape(inferred, value.name)) for value in (*inferred.inputs, *inferred.outputs))
    nodes: list[NodeWork] = []
    for node in inferred.nodes:
        if node.op_type in VIEWS or all(inferred.is_constant(name) for name in node.output if name):
            continue
        if node.op_type not in HEAVY:
            nodes.append(_other(inferred, node))
            continue
        product = _product(inferred, node, in_int8)
        if product.int8 and in_int8 is not None:
            nodes.append(NodeWork(0, product.read, 0, product.read, int8=True, pointwise=True))
        nodes.append(product)
    return Work(tuple(nodes), outside, _alive(inferred), floats)


def _product(view: GraphView, node: onnx.NodeProto, in_int8: Collection[str] | None) -> NodeWork:
    left, right, result = (_shape(view, name) for name in (*node.input[:2], node.output[0]))
    if node.op_type == "Conv":
        count = prod(result) * prod(right[1:])
    elif node.op_type == "ConvTranspose":
        count = prod(left) * prod(right[1:])
    else:
        inner = left[0] if node.op_type == "Gemm" and attribute(node, "transA", 0) else left[-1]
        count = prod(result) * inner
    read, weights = _taken(view, node)
    int8 = _through_pairs(view, node) if in_int8 is None else label(node) in in_int8
    return NodeWork(count, read, weights, prod(result), int8)


def _other(view: GraphView, node: onnx.NodeProto) -> NodeWork:
    written = sum(prod(_shape(view, name)) for name in node.output if name)
    if node.op_type in MOVES:
        # what a slice or a gathering leaves out is not read
        return NodeWork(0, written, 0, written)
    read, weights = _taken(view, node)
    if node.op_type == "QuantizeLinear":
        return NodeWork(0, read, 0, written, int8=True, pointwise=True)
    return NodeWork(0, read, weights, written, pointwise=node.op_type in POINTWISE)


def _taken(view: GraphView, node: onnx.NodeProto) -> tuple[int, int]:
    """Values of other nodes and constants that a node reads."""
    sizes = [(prod(_shape(view, name)), view.is_constant(name)) for name in node.input if name]
    return sum(size for size, constant in sizes if not constant), sum(size for size, constant in sizes if constant)


def _through_pairs(view: GraphView, node: onnx.NodeProto) -> bool:
    both = all(view.dequantized_by(name) is not None for name in node.input[:2])
    return both and node.op_type != "ConvTranspose"


def _alive(view: GraphView) -> int:
    """Walk the graph in its order and keep what is still to be read."""
    left_to_read = {name: len(users) for name, users in view.consumers.items()}
    held: dict[str, int] = {value.name: prod(_shape(view, value.name)) for value in view.inputs}
    alive = most = sum(held.values())
    for node in view.nodes:
        if all(view.is_constant(name) for name in node.output):
            continue
        for name in node.output:
            held[name] = prod(_shape(view, name)) if name else 0
            alive += held[name]
        most = max(most, alive)
        for name in node.input:
            left_to_read[name] -= 1
            if not left_to_read[name]:
                alive -= held.pop(name, 0)
    return most


def _shape(view: GraphView, tensor: str) -> tuple[int, ...]:
    shape = view.shape_of(tensor)
    if shape is None:
        raise EstimateError(f"the shape of {tensor!r} cannot be inferred: export with fixed shapes")
    return shape
