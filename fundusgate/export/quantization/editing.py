"""Put pairs of QuantizeLinear and DequantizeLinear into a graph, each tensor's once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx_ir as ir

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class QdqEditor:
    """Edits one graph in place; asking twice for the same pair gives the same pair.

    Args:
        graph: the graph.
    """

    def __init__(self, graph: ir.Graph) -> None:
        self.graph = graph
        self._pairs: dict[ir.Value, ir.Value] = {}

    def initializer(self, name: str, content: NDArray[np.generic]) -> ir.Value:
        """A constant of the graph; the one that is there where the name is taken."""
        if name in self.graph.initializers:
            return self.graph.initializers[name]
        tensor = ir.tensor(content, name=name)
        value = ir.Value(name=name, const_value=tensor, shape=ir.Shape(content.shape), type=ir.TensorType(tensor.dtype))
        self.graph.register_initializer(value)
        return value

    def pair(self, value: ir.Value, scale: np.float32, zero_point: np.int8 | np.uint8) -> ir.Value:
        """The tensor after QuantizeLinear and DequantizeLinear, one scale for all of it.

        Args:
            value: an activation; who takes it goes on taking the float one until told otherwise.
            scale: positive.
            zero_point: its type is the quantized type.
        """
        if value not in self._pairs:
            name = value.name or ""
            scale_value = self.initializer(f"{name}_scale", np.asarray(scale))
            zero_value = self.initializer(f"{name}_zero_point", np.asarray(zero_point))
            self._pairs[value] = self._insert(value, scale_value, zero_value, None)
        return self._pairs[value]

    def channel_pair(self, weight: ir.Value, scales: NDArray[np.float32], axis: int) -> ir.Value:
        """Float weights after QuantizeLinear and DequantizeLinear, a scale and an int8 zero point for each channel."""
        if weight not in self._pairs:
            name = weight.name or ""
            scale_value = self.initializer(f"{name}_scale", scales)
            zero_value = self.initializer(f"{name}_zero_point", np.zeros(scales.shape, np.int8))
            self._pairs[weight] = self._insert(weight, scale_value, zero_value, axis)
        return self._pairs[weight]

    def stored(self, value: ir.Value, codes: NDArray[np.generic], scales: NDArray[np.float32], axis: int) -> ir.Value:
        """A constant that is stored as integers and dequantized; the float one goes when nobody takes it any more."""
        if value not in self._pairs:
            name = value.name or ""
            integers = self.initializer(f"{name}_quantized", codes)
            scale_value = self.initializer(f"{name}_scale", scales)
            zero_value = self.initializer(f"{name}_zero_point", np.zeros(scales.shape, codes.dtype))
            node = ir.node(
                "DequantizeLinear",
                [integers, scale_value, zero_value],
                {"axis": axis},
                outputs=[_like(value, "dequantized")],
                name=f"{name}_DequantizeLinear",
            )
            self._place((node,), None)
            self._pairs[value] = node.outputs[0]
        return self._pairs[value]

    def finish(self) -> None:
        """Drop constants that nobody takes any more."""
        for name, value in list(self.graph.initializers.items()):
            if not value.uses() and not value.is_graph_output():
                del self.graph.initializers[name]
        self.graph.sort()

    def _insert(self, value: ir.Value, scale: ir.Value, zero_point: ir.Value, axis: int | None) -> ir.Value:
        name = value.name or ""
        said = {} if axis is None else {"axis": axis}
        codes = ir.Value(name=f"{name}_quantized", shape=value.shape, type=ir.TensorType(_dtype(zero_point)))
        quantize = ir.node(
            "QuantizeLinear", [value, scale, zero_point], said, outputs=[codes], name=f"{name}_QuantizeLinear"
        )
        dequantize = ir.node(
            "DequantizeLinear",
            [codes, scale, zero_point],
            said,
            outputs=[_like(value, "dequantized")],
            name=f"{name}_DequantizeLinear",
        )
        self._place((quantize, dequantize), value.producer())
        return dequantize.outputs[0]

    def _place(self, nodes: Iterable[ir.Node], after: ir.Node | None) -> None:
        if after is None:
            self.graph.insert_before(self.graph[0], nodes)
        else:
            self.graph.insert_after(after, nodes)


def _like(value: ir.Value, suffix: str) -> ir.Value:
    return ir.Value(name=f"{value.name}_{suffix}", shape=value.shape, type=value.type)


def _dtype(value: ir.Value) -> ir.DataType:
    if value.dtype is None:
        raise ValueError(f"the zero point {value.name} has no type")
    return value.dtype
