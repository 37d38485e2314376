"""Products of 8-bit codes with a result in float, for ONNX Runtime on a processor.

Dense layers, and convolutions whose result must stay in float: ONNX Runtime's own INT8 convolution rounds its result to
8 bits. Such a convolution is written as what it is, a product of patches with weights (im2col); patches are moved as
8-bit codes, which costs little beside the product.

The product is ONNX Runtime's own MatMulIntegerToFloat with the bias inside, because of Q/DQ around MatMul and Add the
runtime makes a float Gemm behind a dequantization of its weights, slower than no quantization at all (seen with ONNX
Runtime 1.31).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx_ir as ir

from fundusgate.calibration.weight_codes import channel_scales, to_int8
from fundusgate.export.quantization.input_bytes import folded, normalisation_before, padded_bytes
from fundusgate.export.quantization.layers import constant, weights_of
from fundusgate.export.quantization.movement import shape_of
from fundusgate.export.quantization.node_row import NodeRow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.export.quantization.editing import QdqEditor
    from fundusgate.export.quantization.layers import Layer

CONTRIBUTED = "com.microsoft"
"""Domain of ONNX Runtime's own operators."""

_CHANNELS_LAST = [0, 2, 3, 1]
_CHANNELS_FIRST = [0, 3, 1, 2]


def quantize_dense(editor: QdqEditor, layer: Layer, scale: np.float32, zero_point: np.uint8) -> None:
    """Put an integer product in place of a MatMul or Gemm and of the Add of its bias.

    Args:
        editor: Of the graph.
        layer: With constant weights.
        scale: Of the layer's input.
        zero_point: Of the layer's input.
    """
    weight = weights_of(layer)
    columns = weight.T if layer.axis == 0 else weight
    scales = channel_scales(columns, 1)
    replaced, bias = _with_bias(layer)
    last = replaced[-1].outputs[0]
    codes = editor.codes(_taken(layer), scale, zero_point)
    row = NodeRow(editor.graph, replaced[-1], layer.name)
    inputs = _factors(editor, layer, codes, to_int8(columns, scales, 1), scales)
    result = row.add("MatMulIntegerToFloat", [*inputs, bias], shape_of(last), domain=CONTRIBUTED, node_name=layer.name)
    last.replace_all_uses_with(result)
    editor.graph.remove(tuple(reversed(replaced)), safe=True)


def quantize_as_product(editor: QdqEditor, layer: Layer, scale: np.float32, zero_point: np.uint8) -> None:
    """Put an integer product of patches in place of a convolution; the result keeps its place and its shape.

    Args:
        editor: Of the graph.
        layer: A convolution of one group, not dilated.
        scale: Of the layer's input; where that is the normalised photograph, its bytes are taken instead.
        zero_point: Of the layer's input.
    """
    weight = weights_of(layer)
    bias = constant(layer.node.inputs[2]) if len(layer.node.inputs) > 2 else None
    before = normalisation_before(layer)
    if before is None:
        codes = editor.codes(_taken(layer), scale, zero_point)
    else:
        scale, zero_point = np.float32(1), np.uint8(0)
        weight, bias = folded(weight, bias, before, middle=0)
        codes = padded_bytes(editor, layer, before)
    scales = channel_scales(weight, 0)
    columns = to_int8(weight, scales, 0).transpose(2, 3, 1, 0).reshape(-1, len(weight))
    (result,) = layer.node.outputs
    batch, channels, height, width = shape_of(result)
    row = NodeRow(editor.graph, layer.node, layer.name)
    patches = _patches(editor, row, layer, codes, zero_point, (batch, height, width, len(columns)))
    inputs = _factors(editor, layer, patches, np.ascontiguousarray(columns), scales, (scale, zero_point))
    added = None if bias is None else editor.initializer(f"{layer.name}_bias", bias)
    shape = (batch, height, width, channels)
    product = row.add("MatMulIntegerToFloat", [*inputs, added], shape, domain=CONTRIBUTED, node_name=layer.name)
    result.replace_all_uses_with(row.transpose(product, _CHANNELS_FIRST))
    editor.graph.remove(layer.node, safe=True)


def _patches(
    editor: QdqEditor,
    row: NodeRow,
    layer: Layer,
    codes: ir.Value,
    zero_point: np.uint8,
    shape: tuple[int, int, int, int],
) -> ir.Value:
    """Codes [1, I, H, W] as [1, H', W', kernel x I]: what each position of the result is made of."""
    _, inner, height, width = shape_of(codes)
    kernel = weights_of(layer).shape[2:]
    strides = _ints(layer, "strides", [1, 1])
    pads = _ints(layer, "pads", [0, 0, 0, 0])
    last = row.transpose(codes, _CHANNELS_LAST)
    if list(kernel) == strides and not any(pads) and (height, width) == (shape[1] * kernel[0], shape[2] * kernel[1]):
        if list(kernel) == [1, 1]:
            return last
        cut = row.reshape(editor, last, (shape[1], kernel[0], shape[2], kernel[1] * inner))
        return row.reshape(editor, row.transpose(cut, [0, 2, 1, 3]), shape)
    rows = row.reshape(editor, last, (height * width, inner))
    border = editor.initializer(f"{layer.name}_border", np.full((1, inner), zero_point))
    bordered = row.add("Concat", [rows, border], (height * width + 1, inner), {"axis": 0}, ir.DataType.UINT8)
    index = _places((height, width), shape[1:3], kernel, strides, pads)
    order = editor.initializer(f"{layer.name}_patches", index)
    gathered = row.add("Gather", [bordered, order], (*index.shape, inner), {"axis": 0}, ir.DataType.UINT8)
    return row.reshape(editor, gathered, shape)


def _places(
    size: tuple[int, int], result: tuple[int, ...], kernel: tuple[int, ...], strides: list[int], pads: list[int]
) -> NDArray[np.int32]:
    """Rows of a map that each position's patch is made of, [H' x W', kernel]; the row after the last is the border."""
    outside = size[0] * size[1]
    y, x = (
        np.arange(result[axis])[:, None] * strides[axis] + np.arange(kernel[axis])[None, :] - pads[axis]
        for axis in (0, 1)
    )
    inside = ((y >= 0) & (y < size[0]))[:, None, :, None] & ((x >= 0) & (x < size[1]))[None, :, None, :]
    index = y[:, None, :, None] * size[1] + x[None, :, None, :]
    return np.where(inside, index, outside).reshape(result[0] * result[1], -1).astype(np.int32)


def _factors(
    editor: QdqEditor,
    layer: Layer,
    codes: ir.Value,
    columns: NDArray[np.int8],
    scales: NDArray[np.float32],
    stated: tuple[np.float32, np.uint8] | None = None,
) -> list[ir.Value | None]:
    """All inputs of MatMulIntegerToFloat but the bias; the codes' scale is their own unless it is stated."""
    quantize = codes.producer()
    scale: ir.Value | None
    zero_point: ir.Value | None
    if stated is not None:
        scale = editor.initializer(f"{layer.name}_input_scale", np.asarray(stated[0]))
        zero_point = editor.initializer(f"{layer.name}_input_zero_point", np.asarray(stated[1]))
    elif quantize is not None and quantize.op_type == "QuantizeLinear":
        _, scale, zero_point = quantize.inputs
    else:
        raise ValueError(f"{codes.name} was not quantized")
    return [
        codes,
        editor.initializer(f"{layer.name}_weight_quantized", columns),
        scale,
        editor.initializer(f"{layer.name}_weight_scale", scales),
        zero_point,
        None,
    ]


def _with_bias(layer: Layer) -> tuple[list[ir.Node], ir.Value | None]:
    """The nodes that one integer product replaces, and the bias inside it."""
    node = layer.node
    if layer.kind == "Gemm":
        return [node], node.inputs[2] if len(node.inputs) > 2 else None
    users = node.outputs[0].consumers()
    if len(users) == 1 and users[0].op_type == "Add":
        for value in users[0].inputs:
            if value is not None and value.const_value is not None and value.const_value.shape == (layer.outputs,):
                return [node, users[0]], value
    return [node], None


def _taken(layer: Layer) -> ir.Value:
    taken = layer.node.inputs[0]
    if taken is None:
        raise ValueError(f"{layer.name} has no input: the graph is damaged")
    return taken


def _ints(layer: Layer, name: str, default: list[int]) -> list[int]:
    attribute = layer.node.attributes.get(name)
    return default if attribute is None else list(attribute.as_ints())
