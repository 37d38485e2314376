"""One graph a property, and what TensorRT makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from onnx import TensorProto, helper

from tests.export.readiness.graphs import CHANNELS, SIDE, GraphMaker, convolution

if TYPE_CHECKING:
    from collections.abc import Callable

    import onnx

KERNEL = (CHANNELS, CHANNELS, 3, 3)
TOKENS = (1, 64, CHANNELS)


@dataclass(frozen=True)
class Case:
    """A graph, the static findings that stop it, and what a real parser and builder say of it."""

    name: str
    write: Callable[[GraphMaker], None]
    static: frozenset[tuple[str, str]]
    """(severity, node) of every finding that is more than a note."""
    real: frozenset[tuple[str, str]]
    """(severity, node) of what TensorRT-RTX refuses or runs in float though it is quantized."""
    opset: int = 17

    def model(self) -> onnx.ModelProto:
        maker = GraphMaker(self.opset, 9 if self.opset > 18 else 8)
        self.write(maker)
        return maker.model()


CASES: list[Case] = []


def case(
    static: str = "", real: str | None = None, opset: int = 17
) -> Callable[[Callable[[GraphMaker], None]], Callable[[GraphMaker], None]]:
    """Register a graph; findings are written `severity node, severity node`, the real ones alike unless given."""

    def register(write: Callable[[GraphMaker], None]) -> Callable[[GraphMaker], None]:
        said = [
            frozenset((kind, node) for kind, node in (item.split() for item in text.split(",") if item.strip()))
            for text in (static, static if real is None else real)
        ]
        CASES.append(Case(write.__name__, write, said[0], said[1], opset))
        return write

    return register


@case()
def per_channel_weights(maker: GraphMaker) -> None:
    maker.output(convolution(maker, maker.quantized(maker.image(), "act"), maker.weights("w", KERNEL)))


@case()
def one_scale_for_weights(maker: GraphMaker) -> None:
    maker.output(convolution(maker, maker.quantized(maker.image(), "act"), maker.weights("w", KERNEL, axis=None)))


@case()
def float_weights_with_a_pair(maker: GraphMaker) -> None:
    data = maker.constant("w", np.random.default_rng(0).normal(size=KERNEL), np.float32)
    pair = maker.quantized(data, "w_pair", scale=np.full(CHANNELS, 0.02), zero=np.zeros(CHANNELS), axis=0)
    maker.output(convolution(maker, maker.quantized(maker.image(), "act"), pair))


@case(static="refused bias_dq")
def int32_bias(maker: GraphMaker) -> None:
    values, weights = maker.quantized(maker.image(), "act"), maker.weights("w", KERNEL)
    constants = [
        maker.constant("bias_data", np.arange(CHANNELS), np.int32),
        maker.constant("bias_scale", np.full(CHANNELS, 5e-4), np.float32),
        maker.constant("bias_zero", np.zeros(CHANNELS), np.int32),
    ]
    bias = maker.node("DequantizeLinear", constants, "bias_dq", axis=0)
    maker.output(maker.node("Conv", [values, weights, bias], "conv", pads=[1, 1, 1, 1]))


# The parser stops at the first node of a pair; the rules name both.
@case(static="refused act_q, refused act_dq", real="refused act_q")
def uint8_with_a_zero_point(maker: GraphMaker) -> None:
    values = maker.quantized(maker.image(), "act", zero=128, dtype=np.uint8)
    maker.output(convolution(maker, values, maker.weights("w", KERNEL)))


@case(static="refused act_q, refused act_dq", real="refused act_q")
def int8_with_a_zero_point(maker: GraphMaker) -> None:
    maker.output(convolution(maker, maker.quantized(maker.image(), "act", zero=3), maker.weights("w", KERNEL)))


@case(static="refused act_q, refused act_dq", real="refused act_q")
def dead_tensor(maker: GraphMaker) -> None:
    maker.output(convolution(maker, maker.quantized(maker.image(), "act", scale=0.0), maker.weights("w", KERNEL)))


@case(static="refused act_q, refused act_dq", real="refused act_q")
def negative_scale(maker: GraphMaker) -> None:
    maker.output(convolution(maker, maker.quantized(maker.image(), "act", scale=-0.1), maker.weights("w", KERNEL)))


# Taken for int8 without a word: the product is INT8, its values are not those that were meant.
@case(static="not_int8 act_q, not_int8 act_dq", real="")
def uint8_without_a_zero_point(maker: GraphMaker) -> None:
    values = maker.quantized(maker.image(), "act", dtype=np.uint8)
    maker.output(convolution(maker, values, maker.weights("w", KERNEL)))


@case(static="not_int8 q", real="")
def zero_point_left_out(maker: GraphMaker) -> None:
    scale = maker.constant("scale", 0.05, np.float32)
    stored = maker.node("QuantizeLinear", [maker.image(), scale], "q")
    values = maker.node("DequantizeLinear", [stored, scale], "dq")
    maker.output(convolution(maker, values, maker.weights("w", KERNEL)))


@case(static="not_int8 conv")
def per_channel_activations(maker: GraphMaker) -> None:
    many = {"scale": np.full(CHANNELS, 0.05), "zero": np.zeros(CHANNELS), "axis": 1}
    maker.output(convolution(maker, maker.quantized(maker.image(), "act", **many), maker.weights("w", KERNEL)))


@case(static="not_int8 conv")
def weights_by_input_channel(maker: GraphMaker) -> None:
    maker.output(convolution(maker, maker.quantized(maker.image(), "act"), maker.weights("w", KERNEL, axis=1)))


@case(static="not_int8 conv")
def float_values(maker: GraphMaker) -> None:
    maker.output(convolution(maker, maker.image(), maker.weights("w", KERNEL)))


@case(static="not_int8 conv")
def float_weights(maker: GraphMaker) -> None:
    weights = maker.constant("w", np.full(KERNEL, 0.1), np.float32)
    maker.output(convolution(maker, maker.quantized(maker.image(), "act"), weights))


@case()
def float_head_on_a_shared_tensor(maker: GraphMaker) -> None:
    values = maker.quantized(maker.image(), "act")
    maker.output(convolution(maker, values, maker.weights("w", KERNEL)))
    maker.output(convolution(maker, values, maker.constant("head_w", np.full(KERNEL, 0.1), np.float32), "head"))


@case(static="not_int8 conv")
def activation_after_the_pair(maker: GraphMaker) -> None:
    values = maker.node("Sigmoid", [maker.quantized(maker.image(), "act")], "sigmoid")
    maker.output(convolution(maker, values, maker.weights("w", KERNEL)))


@case()
def pooling_after_the_pair(maker: GraphMaker) -> None:
    values = maker.quantized(maker.image(), "act")
    pooled = maker.node("MaxPool", [values], "pool", kernel_shape=[2, 2], strides=[2, 2])
    maker.output(convolution(maker, pooled, maker.weights("w", KERNEL)))


@case(static="refused resize", opset=18)
def antialiased_resize(maker: GraphMaker) -> None:
    size = maker.constant("size", [1, CHANNELS, 8, 8], np.int64)
    maker.output(maker.node("Resize", [maker.image(), "", "", size], "resize", mode="linear", antialias=1))


@case()
def plain_resize(maker: GraphMaker) -> None:
    size = maker.constant("size", [1, CHANNELS, 8, 8], np.int64)
    maker.output(maker.node("Resize", [maker.image(), "", "", size], "resize", mode="linear"))


@case(static="not_int8 up")
def transposed_convolution(maker: GraphMaker) -> None:
    weights = maker.weights("w", (CHANNELS, CHANNELS, 2, 2), axis=1)
    maker.output(maker.node("ConvTranspose", [maker.quantized(maker.image(), "act"), weights], "up", strides=[2, 2]))


@case()
def depthwise(maker: GraphMaker) -> None:
    weights = maker.weights("w", (CHANNELS, 1, 7, 7))
    inputs = [maker.quantized(maker.image(), "act"), weights, maker.bias("bias")]
    maker.output(maker.node("Conv", inputs, "conv", pads=[3, 3, 3, 3], group=CHANNELS))


@case()
def grouped(maker: GraphMaker) -> None:
    weights = maker.weights("w", (CHANNELS, CHANNELS // 4, 3, 3))
    maker.output(convolution(maker, maker.quantized(maker.image(), "act"), weights, group=4))


@case()
def computed_weights(maker: GraphMaker) -> None:
    weights = maker.quantized(maker.image("kernel", (CHANNELS, CHANNELS, 1, 1)), "kernel_act")
    maker.output(maker.node("Conv", [maker.quantized(maker.image(), "act"), weights], "conv"))


@case(static="not_int8 conv")
def computed_float_weights(maker: GraphMaker) -> None:
    kernel = maker.image("kernel", (CHANNELS, CHANNELS, 1, 1))
    maker.output(maker.node("Conv", [maker.quantized(maker.image(), "act"), kernel], "conv"))


@case()
def product_by_column(maker: GraphMaker) -> None:
    values = maker.quantized(maker.image(shape=TOKENS), "act")
    maker.output(maker.node("MatMul", [values, maker.weights("w", (CHANNELS, 64), axis=1)], "product"))


@case()
def product_by_column_counted_from_the_end(maker: GraphMaker) -> None:
    values = maker.quantized(maker.image(shape=TOKENS), "act")
    maker.output(maker.node("MatMul", [values, maker.weights("w", (CHANNELS, 64), axis=-1)], "product"))


@case(static="not_int8 product")
def product_by_row(maker: GraphMaker) -> None:
    values = maker.quantized(maker.image(shape=TOKENS), "act")
    maker.output(maker.node("MatMul", [values, maker.weights("w", (CHANNELS, 64), axis=0)], "product"))


@case()
def weights_on_the_left(maker: GraphMaker) -> None:
    values = maker.quantized(maker.image(shape=TOKENS), "act")
    maker.output(maker.node("MatMul", [maker.weights("w", (48, 64), axis=0), values], "product"))


@case()
def transposed_weights(maker: GraphMaker) -> None:
    values = maker.quantized(maker.image(shape=TOKENS), "act")
    turned = maker.node("Transpose", [maker.weights("w", (64, CHANNELS), axis=0)], "turned", perm=[1, 0])
    maker.output(maker.node("MatMul", [values, turned], "product"))


@case()
def gemm_with_transposed_weights(maker: GraphMaker) -> None:
    values = maker.quantized(maker.image(shape=(64, CHANNELS)), "act")
    weights = maker.weights("w", (64, CHANNELS), axis=0)
    maker.output(maker.node("Gemm", [values, weights, maker.bias("bias", 64)], "gemm", transB=1))


@case(static="not_int8 gemm")
def gemm_with_weights_by_input(maker: GraphMaker) -> None:
    values = maker.quantized(maker.image(shape=(64, CHANNELS)), "act")
    weights = maker.weights("w", (64, CHANNELS), axis=1)
    maker.output(maker.node("Gemm", [values, weights, maker.bias("bias", 64)], "gemm", transB=1))


@case()
def attention_product(maker: GraphMaker) -> None:
    queries = maker.quantized(maker.image(shape=(1, 4, 64, CHANNELS)), "act")
    keys = maker.quantized(maker.image("keys", (1, 4, CHANNELS, 64)), "keys_act")
    maker.output(maker.node("MatMul", [queries, keys], "product"))


@case()
def residual(maker: GraphMaker) -> None:
    values = maker.quantized(maker.image(), "act")
    inner = maker.node("Conv", [values, maker.weights("w", KERNEL), maker.bias("bias")], "conv", pads=[1, 1, 1, 1])
    joined = maker.node("Relu", [maker.node("Add", [inner, values], "add")], "relu")
    maker.output(convolution(maker, maker.quantized(joined, "joined"), maker.weights("w2", KERNEL), "conv2"))


@case(opset=19)
def half_precision(maker: GraphMaker) -> None:
    half = maker.node("Cast", [maker.image()], "cast", to=TensorProto.FLOAT16)
    constants = [maker.constant("scale", 0.05, np.float16), maker.constant("zero", 0, np.int8)]
    stored = maker.node("QuantizeLinear", [half, *constants], "q")
    values = maker.node("DequantizeLinear", [stored, *constants], "dq")
    bias = maker.constant("bias", np.zeros(CHANNELS), np.float16)
    inputs = [values, maker.weights("w", KERNEL, kind=np.float16), bias]
    maker.output(maker.node("Conv", inputs, "conv", pads=[1, 1, 1, 1]), TensorProto.FLOAT16)


@case()
def bytes_cast_first(maker: GraphMaker) -> None:
    pixels = maker.node("Cast", [maker.photograph(SIDE)], "cast", to=TensorProto.FLOAT)
    maker.output(maker.node("Transpose", [pixels], "planes", perm=[0, 3, 1, 2]))


@case(static="refused planes")
def bytes_moved_first(maker: GraphMaker) -> None:
    planes = maker.node("Transpose", [maker.photograph(SIDE)], "planes", perm=[0, 3, 1, 2])
    maker.output(maker.node("Cast", [planes], "cast", to=TensorProto.FLOAT))


@case(static="refused dq, not_int8 dq", real="refused dq")
def bytes_dequantized(maker: GraphMaker) -> None:
    constants = [maker.constant("scale", 1.0, np.float32), maker.constant("zero", 0, np.uint8)]
    maker.output(maker.node("DequantizeLinear", [maker.photograph(SIDE), *constants], "dq"))


def mixed_types() -> onnx.ModelProto:
    """Half-precision values and weights with a float32 bias; ONNX itself forbids it, so no checker may see it."""
    maker = GraphMaker(19, 9)
    half = maker.node("Cast", [maker.image()], "cast", to=TensorProto.FLOAT16)
    constants = [maker.constant("scale", 0.05, np.float16), maker.constant("zero", 0, np.int8)]
    stored = maker.node("QuantizeLinear", [half, *constants], "q")
    values = maker.node("DequantizeLinear", [stored, *constants], "dq")
    inputs = [values, maker.weights("w", KERNEL, kind=np.float16), maker.bias("bias")]
    maker.output(maker.node("Conv", inputs, "conv", pads=[1, 1, 1, 1]), TensorProto.FLOAT16)
    return maker.unchecked()


def dynamic_batch() -> onnx.ModelProto:
    """Any number of pictures."""
    maker = GraphMaker()
    maker.output(maker.node("Relu", [maker.image()], "relu"))
    model = maker.model()
    shape = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", CHANNELS, SIDE, SIDE])
    model.graph.input[0].CopyFrom(shape)
    return model
