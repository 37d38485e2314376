"""The mean of a quantized score's error taken out by one constant.

Rounding weights and activations moves a network's outputs on average as well as at random, and what it does on average
the last bias can undo: empirical bias correction of the output layer alone (Nagel et al., "A White Paper on Neural
Network Quantization", arXiv 2106.08295, 2021, section 3.3). Nothing is added to the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import numpy_helper

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEEPS_A_SUM = frozenset({"Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"})
"""Operators that a constant in their input passes unchanged."""


def shifted(model: onnx.ModelProto, output: str, by: float) -> onnx.ModelProto | None:
    """A graph whose output is larger by a constant.

    Args:
        model: Left as it is.
        output: Name of an output of one element.
        by: In the output's own units.

    Returns:
        The graph with another last bias, in the bias' own precision; None where no constant bias of one element
        reaches the output by additions alone.
    """
    held = {item.name: item for item in model.graph.initializer}
    for number, node, place in _biases(model, output):
        bias = held.get(node.input[place])
        if bias is None or int(np.prod(bias.dims)) != 1:
            continue
        before = numpy_helper.to_array(bias)
        moved = onnx.ModelProto()
        moved.CopyFrom(model)
        # A name of its own: the old bias may serve other nodes too.
        name = f"{bias.name}_corrected"
        content = (before.astype(np.float64) + by).astype(before.dtype)
        moved.graph.initializer.append(numpy_helper.from_array(content, name))
        moved.graph.node[number].input[place] = name
        _drop_unread(moved.graph, bias.name)
        return moved
    return None


def _biases(model: onnx.ModelProto, output: str) -> Iterator[tuple[int, onnx.NodeProto, int]]:
    """Where a constant would be added to an output: the node's number, the node, the place among its inputs."""
    made_by = {name: (number, node) for number, node in enumerate(model.graph.node) for name in node.output}
    waiting = [output]
    while waiting:
        number, node = made_by.get(waiting.pop(0), (-1, None))
        if node is None:
            continue
        if node.op_type in _KEEPS_A_SUM:
            waiting.append(node.input[0])
        elif node.op_type == "Add":
            yield from ((number, node, place) for place in (0, 1))
            waiting += node.input
        elif node.op_type in ("Conv", "Gemm") and len(node.input) > 2 and _adds_it_once(node):
            yield number, node, 2


def _adds_it_once(node: onnx.NodeProto) -> bool:
    return all(item.f == 1.0 for item in node.attribute if item.name == "beta")


def _drop_unread(graph: onnx.GraphProto, name: str) -> None:
    if any(name in node.input for node in graph.node):
        return
    kept = [item for item in graph.initializer if item.name != name]
    del graph.initializer[:]
    graph.initializer.extend(kept)
