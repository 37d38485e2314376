"""A graph that can be asked who makes and who takes a tensor, what is constant and what is quantized."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import numpy_helper

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

HEAVY = frozenset({"Conv", "ConvTranspose", "MatMul", "Gemm"})
"""Operators that multiply: where INT8 pays."""

MOVES = frozenset(
    {
        "Concat", "DepthToSpace", "Expand", "Flatten", "Gather", "GatherND", "Identity", "MaxPool", "Reshape", "Slice",
        "SpaceToDepth", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze",
    }
)  # fmt: skip
"""Operators that only move or select values: TensorRT moves a Q/DQ pair across them."""


class GraphError(ValueError):
    """A file that is no ONNX graph; the message says what to do."""


@dataclass(frozen=True)
class Quantization:
    """The constants of a QuantizeLinear or DequantizeLinear."""

    node: onnx.NodeProto
    scale: NDArray[Any] | None
    """None where it is computed when the graph runs."""
    zero: NDArray[Any] | None
    """None where it is computed, or left out."""
    axis: int
    """As written or by default (1); may be negative."""

    @property
    def per_channel(self) -> bool:
        """Whether there is more than one scale."""
        return self.scale is not None and self.scale.size > 1


class GraphView:
    """An ONNX model with its tensors indexed.

    Args:
        model: The model; subgraphs of control flow are not looked into.
        folder: Where its external weights lie; each is read only when its value is asked for.
    """

    def __init__(self, model: onnx.ModelProto, folder: Path | None = None) -> None:
        self.model = model
        self._folder = "" if folder is None else str(folder)
        graph = model.graph
        self.nodes: list[onnx.NodeProto] = list(graph.node)
        self._initializers = {item.name: item for item in graph.initializer}
        self._producers = {name: node for node in graph.node for name in node.output if name}
        self.consumers: dict[str, list[onnx.NodeProto]] = {}
        for node in graph.node:
            for name in node.input:
                self.consumers.setdefault(name, []).append(node)
        self.inputs = [value for value in graph.input if value.name not in self._initializers]
        self.outputs = list(graph.output)
        self._known = set(self._initializers)
        for node in graph.node:
            taken = [name for name in node.input if name]
            if node.op_type == "Constant" or (taken and self._known.issuperset(taken)):
                self._known.update(node.output)
        self._values = {value.name: value for value in (*graph.value_info, *graph.input, *graph.output)}

    @classmethod
    def read(cls, path: Path) -> GraphView:
        """Read a file and infer its shapes where it states none; weights beside it stay there until a rule asks.

        Raises:
            GraphError: It is no ONNX graph.
        """
        try:
            model = onnx.load(path, load_external_data=False)
        except DecodeError as error:
            raise GraphError(f"{path} is not a readable ONNX graph ({error}): export it again") from error
        except OSError as error:
            raise GraphError(f"{path} cannot be read: {error.strerror}") from error
        if not model.graph.node:
            raise GraphError(
                f"{path} holds no ONNX graph: give a file that `fundusgate export` or another exporter wrote"
            )
        if not model.graph.value_info:
            model = onnx.shape_inference.infer_shapes(model, data_prop=True)
        return cls(model, path.parent)

    @property
    def opset(self) -> int:
        """Version of the standard operators; 1 where the graph states none."""
        return max((item.version for item in self.model.opset_import if item.domain in ("", "ai.onnx")), default=1)

    @property
    def quantized(self) -> bool:
        """Whether it holds Q/DQ pairs."""
        return any(node.op_type == "DequantizeLinear" for node in self.nodes)

    def producer(self, tensor: str) -> onnx.NodeProto | None:
        """The node that makes a tensor; None for inputs, initializers and absent ones."""
        return self._producers.get(tensor)

    def constant_type(self, tensor: str) -> int | None:
        """ONNX data type of a constant tensor, None where it is not constant."""
        proto = self._constant(tensor)
        return None if proto is None else proto.data_type

    def value(self, tensor: str) -> NDArray[Any] | None:
        """A constant's value, None where it is not constant.

        Raises:
            GraphError: It lies in a file beside the graph that cannot be read.
        """
        proto = self._constant(tensor)
        if proto is None:
            return None
        try:
            values: NDArray[Any] = numpy_helper.to_array(proto, self._folder)
        except (OSError, ValueError, onnx.checker.ValidationError) as error:
            raise GraphError(f"the values of {tensor} cannot be read ({error}): export the graph again") from error
        return values

    def is_constant(self, tensor: str) -> bool:
        """Whether a tensor is known before the graph runs: a constant, or computed from constants alone."""
        return tensor in self._known

    @property
    def computes_constants(self) -> bool:
        """Whether anything but quantization is computed from constants alone."""
        spared = ("Constant", "QuantizeLinear", "DequantizeLinear")
        return any(node.op_type not in spared and self._known.issuperset(node.output) for node in self.nodes)

    def type_of(self, tensor: str) -> int | None:
        """ONNX data type of a tensor where it is known."""
        if tensor in self._values:
            kind: int = self._values[tensor].type.tensor_type.elem_type
            return kind or None
        return self.constant_type(tensor)

    def shape_of(self, tensor: str) -> tuple[int, ...] | None:
        """Shape of a tensor where it is known and fixed."""
        proto = self._constant(tensor)
        if proto is not None:
            return tuple(proto.dims)
        value = self._values.get(tensor)
        if value is None or not value.type.tensor_type.HasField("shape"):
            return None
        sides = value.type.tensor_type.shape.dim
        if not all(side.HasField("dim_value") for side in sides):
            return None
        return tuple(side.dim_value for side in sides)

    def quantization(self, node: onnx.NodeProto) -> Quantization:
        """The constants of a QuantizeLinear or DequantizeLinear."""
        zero = self.value(node.input[2]) if len(node.input) > 2 and node.input[2] else None
        return Quantization(node, self.value(node.input[1]), zero, int(attribute(node, "axis", 1)))

    def dequantized_by(self, tensor: str) -> onnx.NodeProto | None:
        """The DequantizeLinear whose values arrive at a tensor, seen through what only moves them."""
        for _ in range(len(self.nodes)):
            node = self.producer(tensor)
            if node is None or node.op_type == "DequantizeLinear":
                return node
            if node.op_type not in MOVES:
                return None
            tensor = node.input[0]
        return None

    def heavy(self) -> list[onnx.NodeProto]:
        """The nodes that multiply, in the graph's order."""
        return [node for node in self.nodes if node.op_type in HEAVY and node.domain in ("", "ai.onnx")]

    def _constant(self, tensor: str) -> onnx.TensorProto | None:
        if tensor in self._initializers:
            return self._initializers[tensor]
        node = self.producer(tensor)
        if node is not None and node.op_type == "Constant":
            return next((item.t for item in node.attribute if item.name == "value"), None)
        return None


def attribute(node: onnx.NodeProto, name: str, default: Any) -> Any:  # noqa: ANN401 - as many types as ONNX has
    """An attribute's value, or the default."""
    for item in node.attribute:
        if item.name == name:
            return onnx.helper.get_attribute_value(item)
    return default


def label(node: onnx.NodeProto) -> str:
    """A node's name, or its first output where it has none."""
    return str(node.name or node.output[0])
