"""Where data comes from that a graph only moves: windows cut, heads split, maps rolled."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import onnx_ir as ir
    from numpy.typing import NDArray

RESHAPING = ("Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity")
MOVING = (*RESHAPING, "Transpose", "Split", "Concat")
"""Operators that compute nothing."""


def shape_of(value: ir.Value) -> tuple[int, ...]:
    """A value's fixed shape.

    Raises:
        ValueError: Shapes were not inferred, or one depends on the input.
    """
    if value.shape is None or not all(isinstance(side, int) for side in value.shape):
        raise ValueError(f"{value.name} has no fixed shape: infer shapes first")
    return tuple(int(side) for side in value.shape.numpy())


def origin(value: ir.Value) -> tuple[ir.Value, NDArray[np.int64]]:
    """The one value that another is a rearrangement of.

    Args:
        value: Of a fixed shape.

    Returns:
        The nearest value before it that is computed, not moved, and for every element of `value`, in its shape, the
        flat position in that origin. A value that is computed is its own origin.
    """
    own = value, np.arange(prod(shape_of(value))).reshape(shape_of(value))
    node = value.producer()
    if node is None or node.op_type not in MOVING or node.domain not in ("", "ai.onnx"):
        return own
    joined = node.inputs if node.op_type == "Concat" else node.inputs[:1]
    found = [origin(item) for item in joined if item is not None]
    source = found[0][0]
    # What joins several origins, or repeats a constant, is a value of its own.
    if any(other is not source for other, _ in found) or source.const_value is not None:
        return own
    return source, _moved(node, value, [positions for _, positions in found])


def end(value: ir.Value) -> ir.Value | None:
    """The rearrangement of a value that alone is computed with; None where there are several."""
    ends: dict[ir.Value, None] = {}
    waiting = [value]
    while waiting:
        moved = waiting.pop()
        readers = [reader for reader, _ in moved.uses()]
        further = [reader for reader in readers if reader.op_type in MOVING]
        if len(further) < len(readers) or moved.is_graph_output():
            ends[moved] = None
        waiting += [output for reader in dict.fromkeys(further) for output in reader.outputs]
    return next(iter(ends)) if len(ends) == 1 else None


def whole_rows(places: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Which row each row was, where only whole rows (the last axis) were moved; None where rows were taken apart.

    Args:
        places: As `origin` gives them, [..., C].

    Returns:
        [rows], each below their number.
    """
    width = places.shape[-1]
    rows, columns = np.divmod(places.reshape(-1, width), width)
    if (columns != np.arange(width)).any() or (rows != rows[:, :1]).any():
        return None
    return rows[:, 0]


def _moved(node: ir.Node, value: ir.Value, given: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    if node.op_type == "Transpose":
        return given[0].transpose(tuple(node.attributes["perm"].as_ints()))
    if node.op_type == "Concat":
        return np.concatenate(given, axis=node.attributes["axis"].as_int())
    if node.op_type == "Split":
        attribute = node.attributes.get("axis")
        axis = 0 if attribute is None else attribute.as_int()
        ends = np.cumsum([shape_of(output)[axis] for output in node.outputs])
        return np.split(given[0], ends[:-1], axis=axis)[node.outputs.index(value)]
    return given[0].reshape(shape_of(value))
