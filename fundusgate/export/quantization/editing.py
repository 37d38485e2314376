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
        self._codes: dict[ir.Value, ir.Value] = {}
        self._pairs: dict[ir.Value, ir.Value] = {}

    def initializer(self, name: str, content: NDArray[np.generic]) -> ir.Value:
        """A constant of the graph; the one that is there where the name is taken."""
        if name in self.graph.initializers:
            return self.graph.initializers[name]
        tensor = ir.tensor(content, name=name)
        value = ir.Value(name=name, const_value=tensor, shape=ir.Shape(content.shape), type=ir.TensorType(tensor.dtype))
        self.graph.register_initializer(value)
        return value

    def codes(self, value: ir.Value, scale: np.float32, zero_point: np.int8 | np.uint8) -> ir.Value:
        """The tensor after QuantizeLinear, one scale for all of it.

        Args:
            value: an activation; who takes it goes on taking the float one until told otherwise.
            scale: positive.
            zero_point: its type is the quantized type.
        """
        if value not in self._codes:
            scale_value = self.initializer(f"{value.name}_scale", np.asarray(scale))
            zero_value = self.initializer(f"{value.name}_zero_point", np.asarray(zero_point))
            self._codes[value] = self._quantize(value, scale_value, zero_value)
        return self._codes[value]

    def pair(self, value: ir.Value, scale: np.float32, zero_point: np.int8 | np.uint8) -> ir.Value:
        """The tensor after QuantizeLinear, as `codes` gives it, and DequantizeLinear."""
        if value not in self._pairs:
            self._pairs[value] = self._dequantize(self.codes(value, scale, zero_point), value)
        return self._pairs[value]

    def as_codes(self, value: ir.Value, scale: np.float32, zero_point: np.uint8) -> ir.Value:
        """What an integer activation stands for: it is dequantized, never rounded."""
        scale_value = self.initializer(f"{value.name}_scale", np.asarray(scale))
        zero_value = self.initializer(f"{value.name}_zero_point", np.asarray(zero_point))
        kind = ir.TensorType(ir.DataType.FLOAT)
        result = ir.Value(name=f"{value.name}_dequantized", shape=value.shape, type=kind)
        node = ir.node(
            "DequantizeLinear",
            [value, scale_value, zero_value],
            outputs=[result],
            name=f"{value.name}_DequantizeLinear",
        )
        self._place((node,), value.producer())
        return result

    def stored(self, name: str, codes: NDArray[np.integer], scales: NDArray[np.float32], axis: int) -> ir.Value:
        """A constant that is stored as integers and dequantized.

        Args:
            name: of the constant; one that the graph does not hold yet.
            codes: the integers; their type is the quantized type.
            scales: float32 [channels], positive.
            axis: of the channels.
        """
        integers = self.initializer(f"{name}_quantized", codes)
        scale_value = self.initializer(f"{name}_scale", scales)
        zero_value = self.initializer(f"{name}_zero_point", np.zeros(scales.shape, codes.dtype))
        kind = ir.TensorType(ir.DataType.FLOAT)
        node = ir.node(
            "DequantizeLinear",
            [integers, scale_value, zero_value],
            {"axis": axis},
            outputs=[ir.Value(name=f"{name}_dequantized", shape=ir.Shape(codes.shape), type=kind)],
            name=f"{name}_DequantizeLinear",
        )
        self._place((node,), None)
        return node.outputs[0]

    def finish(self) -> None:
        """Drop nodes and constants that nobody takes any more."""
        for node in reversed(self.graph):
            if not any(output.uses() or output.is_graph_output() for output in node.outputs):
                self.graph.remove(node, safe=True)
        for name, value in list(self.graph.initializers.items()):
            if not value.uses() and not value.is_graph_output():
                del self.graph.initializers[name]
        self.graph.sort()

    def _quantize(self, value: ir.Value, scale: ir.Value, zero_point: ir.Value) -> ir.Value:
        codes = ir.Value(name=f"{value.name}_quantized", shape=value.shape, type=zero_point.type)
        node = ir.node(
            "QuantizeLinear",
            [value, scale, zero_point],
            outputs=[codes],
            name=f"{value.name}_QuantizeLinear",
        )
        self._place((node,), value.producer())
        return codes

    def _dequantize(self, codes: ir.Value, original: ir.Value) -> ir.Value:
        quantize = codes.producer()
        if quantize is None:
            raise ValueError(f"{codes.name} is not a quantized activation")
        value = ir.Value(name=f"{original.name}_dequantized", shape=original.shape, type=original.type)
        node = ir.node(
            "DequantizeLinear",
            [codes, *quantize.inputs[1:]],
            outputs=[value],
            name=f"{original.name}_DequantizeLinear",
        )
        self._place((node,), quantize)
        return value

    def _place(self, nodes: Iterable[ir.Node], after: ir.Node | None) -> None:
        if after is None:
            self.graph.insert_before(self.graph[0], nodes)
        else:
            self.graph.insert_after(after, nodes)
