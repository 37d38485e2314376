"""Put nodes one after the other before one that they replace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx_ir as ir

from fundusgate.export.quantization.movement import shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fundusgate.export.quantization.editing import QdqEditor


class NodeRow:
    """Nodes that stand in for another; they are named after it and numbered.

    Args:
        graph: The graph.
        before: The node that they stand before.
        name: What their names start with.
    """

    def __init__(self, graph: ir.Graph, before: ir.Node, name: str) -> None:
        self.name = name
        self._graph, self._before = graph, before
        self._count = 0

    def add(
        self,
        kind: str,
        inputs: Sequence[ir.Value | None],
        shape: Sequence[int],
        said: Mapping[str, int | float | list[int]] | None = None,
        dtype: ir.DataType = ir.DataType.FLOAT,
        domain: str = "",
        node_name: str | None = None,
    ) -> ir.Value:
        """A node's only result.

        Args:
            kind: The operator.
            inputs: None for one that is left out.
            shape: Of the result.
            said: Its attributes.
            dtype: Of the result.
            domain: Of the operator.
            node_name: Another name than the next number.
        """
        self._count += 1
        name = f"{self.name}_{self._count}"
        result = ir.Value(name=f"{name}_{kind}_output", shape=ir.Shape(list(shape)), type=ir.TensorType(dtype))
        node = ir.node(kind, inputs, said or {}, outputs=[result], name=node_name or f"{name}_{kind}", domain=domain)
        self._graph.insert_before(self._before, node)
        return result

    def transpose(self, value: ir.Value, order: list[int]) -> ir.Value:
        """A value with its axes in another order."""
        shape = shape_of(value)
        return self.add("Transpose", [value], [shape[axis] for axis in order], {"perm": order}, _kind(value))

    def reshape(self, editor: QdqEditor, value: ir.Value, shape: Sequence[int]) -> ir.Value:
        """A value in another shape of as many elements."""
        if tuple(shape) == shape_of(value):
            return value
        stated = editor.initializer("shape_" + "_".join(map(str, shape)), np.array(shape, np.int64))
        return self.add("Reshape", [value, stated], shape, dtype=_kind(value))


def _kind(value: ir.Value) -> ir.DataType:
    if value.dtype is None:
        raise ValueError(f"{value.name} has no type: infer shapes first")
    return value.dtype
