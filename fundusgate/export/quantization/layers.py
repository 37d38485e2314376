"""The weighted layers of a graph: what a rule must know of each to say whether INT8 serves it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import onnx_ir as ir
    from numpy.typing import NDArray

WEIGHTED = ("Conv", "ConvTranspose", "MatMul", "Gemm")
"""Operators that multiply by weights; everything else in a network is cheap beside them."""


@dataclass(frozen=True)
class Layer:
    """One weighted node.

    Attributes:
        node: the node.
        kind: its operator.
        weight: its constant weights; None where the graph computes them.
        is_head: no other weighted node lies between it and the graph's outputs.
    """

    node: ir.Node
    kind: str
    weight: NDArray[np.float32] | None
    is_head: bool

    @property
    def name(self) -> str:
        """The node's name, which is how reports and searches speak of the layer."""
        return self.node.name or ""

    @property
    def axis(self) -> int:
        """The weights' axis that runs over output channels."""
        if self.kind == "Conv":
            return 0
        if self.kind == "ConvTranspose":
            return 1
        if self.kind == "Gemm" and int_attribute(self.node, "transB", 0) == 1:
            return 0
        return -1 if self.weight is None else self.weight.ndim - 1

    @property
    def outputs(self) -> int:
        """Output channels; 0 where the graph computes the weights."""
        return 0 if self.weight is None else int(self.weight.shape[self.axis])

    @property
    def inner(self) -> int:
        """Products that are summed for one output value; 0 where the graph computes the weights."""
        return 0 if self.weight is None else self.weight.size // self.outputs

    @property
    def products(self) -> int:
        """Products of weights with activations for one photograph; 0 where the graph computes the weights."""
        shape = self.node.outputs[0].shape
        if shape is None or self.weight is None:
            return 0
        return self.inner * prod(side for side in shape.numpy())

    @property
    def rows(self) -> int:
        """Rows of a matrix product's activations (all its axes but the last, multiplied); 0 for convolutions."""
        shape = self.node.inputs[0].shape if self.node.inputs[0] is not None else None
        if self.kind not in ("MatMul", "Gemm") or shape is None:
            return 0
        return prod(side for side in shape.numpy()[:-1])


def weighted_layers(graph: ir.Graph) -> list[Layer]:
    """Every weighted node in the graph's order.

    Args:
        graph: a float graph whose shapes are inferred and whose constants are folded.
    """
    return [
        Layer(node, node.op_type, constant(node.inputs[1]), is_head=not any(_weighted_after(node)))
        for node in graph
        if node.op_type in WEIGHTED
    ]


def constant(value: ir.Value | None) -> NDArray[np.float32] | None:
    """An initializer's content; None where the graph computes the value."""
    if value is None or value.const_value is None:
        return None
    return value.const_value.numpy()


def weights_of(layer: Layer) -> NDArray[np.float32]:
    """A layer's constant weights.

    Raises:
        ValueError: The graph computes them.
    """
    if layer.weight is None:
        raise ValueError(f"{layer.name} has no constant weights: the rules must leave it in float")
    return layer.weight


def clips_below_zero(node: ir.Node) -> bool:
    """Whether a node is a ReLU, with a cap or without."""
    if node.op_type != "Clip":
        return node.op_type == "Relu"
    least = constant(node.inputs[1]) if len(node.inputs) > 1 else None
    return least is not None and float(least) == 0


def ends_in_relu(layer: Layer) -> bool:
    """Whether a ReLU, and before it at most a sum, alone takes the result."""
    (result,) = layer.node.outputs
    users = result.consumers()
    if len(users) == 1 and users[0].op_type == "Add":
        users = users[0].outputs[0].consumers()
    return len(users) == 1 and clips_below_zero(users[0])


def int_attribute(node: ir.Node, name: str, default: int) -> int:
    """A node's integer attribute, or ONNX's default for it."""
    attribute = node.attributes.get(name)
    return default if attribute is None else attribute.as_int()


def _weighted_after(node: ir.Node) -> Iterator[ir.Node]:
    seen: set[ir.Node] = set()
    waiting = list(node.successors())
    while waiting:
        following = waiting.pop()
        if following in seen:
            continue
        seen.add(following)
        if following.op_type in WEIGHTED:
            yield following
        waiting.extend(following.successors())
