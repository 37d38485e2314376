"""Small Q/DQ graphs, one property each: what TensorRT takes, refuses, or takes and runs in float."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

CHANNELS = 32
SIDE = 16


class GraphMaker:
    """Writes a graph node by node; every method gives the name of the tensor that it made."""

    def __init__(self, opset: int = 17, ir_version: int = 8) -> None:
        self._opset, self._ir_version = opset, ir_version
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._random = np.random.default_rng(0)

    def image(self, name: str = "image", shape: tuple[int, ...] = (1, CHANNELS, SIDE, SIDE)) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def photograph(self, side: int) -> str:
        self._inputs.append(helper.make_tensor_value_info("image", TensorProto.UINT8, (1, side, side, 3)))
        return "image"

    def constant(self, name: str, value: ArrayLike, dtype: Any) -> str:  # noqa: ANN401 - numpy's DTypeLike
        self._initializers.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(self, kind: str, inputs: list[str], name: str, **attributes: Any) -> str:  # noqa: ANN401 - onnx's own
        self._nodes.append(helper.make_node(kind, inputs, [f"{name}_out"], name, **attributes))
        return f"{name}_out"

    def quantized(
        self,
        tensor: str,
        name: str,
        scale: ArrayLike = 0.05,
        zero: ArrayLike = 0,
        dtype: Any = np.int8,  # noqa: ANN401 - numpy's DTypeLike
        **attributes: Any,  # noqa: ANN401 - onnx's own
    ) -> str:
        """Q then DQ."""
        constants = [self.constant(f"{name}_scale", scale, np.float32), self.constant(f"{name}_zero", zero, dtype)]
        stored = self.node("QuantizeLinear", [tensor, *constants], f"{name}_q", **attributes)
        return self.node("DequantizeLinear", [stored, *constants], f"{name}_dq", **attributes)

    def weights(self, name: str, shape: tuple[int, ...], axis: int | None = 0, kind: Any = np.float32) -> str:  # noqa: ANN401
        """DQ of stored int8 weights; one scale a slice of `axis`, or one for all."""
        data: NDArray[np.int64] = self._random.integers(-127, 128, shape)
        stored = self.constant(f"{name}_data", data, np.int8)
        many: tuple[int, ...] = () if axis is None else (shape[axis],)
        scale = self.constant(f"{name}_scale", np.full(many, 0.01), kind)
        zero = self.constant(f"{name}_zero", np.zeros(many), np.int8)
        attributes = {} if axis is None else {"axis": axis}
        return self.node("DequantizeLinear", [stored, scale, zero], f"{name}_dq", **attributes)

    def bias(self, name: str, channels: int = CHANNELS) -> str:
        return self.constant(name, self._random.normal(size=channels), np.float32)

    def output(self, tensor: str, kind: int = TensorProto.FLOAT) -> None:
        self._outputs.append(helper.make_tensor_value_info(tensor, kind, None))

    def unchecked(self) -> onnx.ModelProto:
        graph = helper.make_graph(self._nodes, "graph", self._inputs, self._outputs, self._initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self._opset)])
        model.ir_version = self._ir_version
        return model

    def model(self) -> onnx.ModelProto:
        """The graph, its shapes and types inferred and checked."""
        model = self.unchecked()
        return onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)


def convolution(maker: GraphMaker, tensor: str, weights: str, name: str = "conv", **attributes: Any) -> str:  # noqa: ANN401
    """3 x 3, same size, with a float bias and an activation."""
    inputs = [tensor, weights, maker.bias(f"{name}_bias")]
    return maker.node("Relu", [maker.node("Conv", inputs, name, pads=[1, 1, 1, 1], **attributes)], f"{name}_relu")
