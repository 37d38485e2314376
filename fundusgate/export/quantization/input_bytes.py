"""The photograph's own bytes as a first convolution's quantized input.

A photograph is 8 bits already. Normalised in float and rounded again, it loses detail (a step of int8 over its range is
wider than a grey level), and on a processor that takes more time than the first convolution. Instead the
normalisation's gain goes into the weights and its offset into the bias. Where the convolution pads with 0, which meant
the mean colour, the photograph is padded with the mean colour's bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnx_ir as ir

from fundusgate.export.quantization.layers import constant

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.export.quantization.editing import QdqEditor
    from fundusgate.export.quantization.layers import Layer

_TO_PLANES = [0, 3, 1, 2]

MIDDLE = 128
"""What is taken from a byte to make it an int8."""


@dataclass(frozen=True, eq=False)
class Normalisation:
    """What a graph does to the photograph before a convolution: planes = gain x bytes + offset.

    Attributes:
        image: the graph's input, uint8 [1, S, S, 3].
        planes: the same in float, [1, 3, S, S].
        gain: float32 [3].
        offset: float32 [3].
    """

    image: ir.Value
    planes: ir.Value
    gain: NDArray[np.float32]
    offset: NDArray[np.float32]


def normalisation_before(layer: Layer) -> Normalisation | None:
    """The normalisation that a convolution alone takes: Cast, Transpose, Mul, Add; None where it is another."""
    taken = layer.node.inputs[0]
    if taken is None or len(taken.uses()) != 1 or layer.kind != "Conv" or "auto_pad" in layer.node.attributes:
        return None
    constants = []
    for kind in ("Add", "Mul"):
        node = taken.producer()
        if node is None or node.op_type != kind:
            return None
        known = [value for value in map(constant, node.inputs) if value is not None and value.shape == (1, 3, 1, 1)]
        varies = [value for value in node.inputs if constant(value) is None]
        if len(known) != 1 or len(varies) != 1 or varies[0] is None:
            return None
        constants.append(known[0].reshape(3))
        taken = varies[0]
    transpose = taken.producer()
    cast = transpose.predecessors()[0] if transpose is not None and transpose.predecessors() else None
    if transpose is None or cast is None or (transpose.op_type, cast.op_type) != ("Transpose", "Cast"):
        return None
    image = cast.inputs[0]
    planes = list(transpose.attributes["perm"].as_ints()) == _TO_PLANES
    if image is None or not image.is_graph_input() or not planes or image.dtype != ir.DataType.UINT8:
        return None
    offset, gain = constants
    return Normalisation(image, taken, gain, offset)


def padded_bytes(editor: QdqEditor, layer: Layer, before: Normalisation) -> ir.Value:
    """The photograph padded as the convolution pads, as uint8 planes; the convolution is left without padding."""
    padded = _bordered(editor, layer, before, before.image, (1, 2))
    shape = _shape(padded)
    planes = [shape[axis] for axis in _TO_PLANES]
    return _added(editor, "Transpose", [padded], {"perm": _TO_PLANES}, f"{before.image.name}_planes", planes)


def padded_centred_planes(editor: QdqEditor, layer: Layer, before: Normalisation) -> ir.Value:
    """The photograph padded as the convolution pads, as float planes of byte - 128: whole numbers, -128..127.

    TensorRT takes a uint8 input into a cast and into nothing else, and quantized tensors as symmetric int8.
    """
    padded = _bordered(editor, layer, before, before.planes, (2, 3))
    middle = editor.initializer(f"{before.image.name}_middle", np.asarray(MIDDLE, np.float32))
    return _added(editor, "Sub", [padded, middle], {}, f"{before.image.name}_centred", _shape(padded))


def _bordered(
    editor: QdqEditor, layer: Layer, before: Normalisation, value: ir.Value, axes: tuple[int, int]
) -> ir.Value:
    pads = layer.node.attributes.get("pads")
    top, left, bottom, right = (0, 0, 0, 0) if pads is None else pads.as_ints()
    colour = np.clip(np.rint(-before.offset / before.gain), 0, 255)
    colour = colour.reshape((1, 3, 1, 1) if axes == (2, 3) else (1, 1, 1, 3))
    kind = np.float32 if axes == (2, 3) else np.uint8
    for axis, counts in zip(axes, ((top, bottom), (left, right)), strict=True):
        borders = []
        for count, where in zip(counts, ("before", "after"), strict=True):
            shape = _shape(value)
            shape[axis] = count
            border = np.broadcast_to(colour, shape).astype(kind)
            borders.append(editor.initializer(f"{value.name}_border_{where}", border) if count else None)
        parts = [part for part in (borders[0], value, borders[1]) if part is not None]
        if len(parts) > 1:
            shape = _shape(value)
            shape[axis] += sum(counts)
            value = _added(editor, "Concat", parts, {"axis": axis}, f"{before.image.name}_padded_{axis}", shape)
    layer.node.attributes["pads"] = ir.AttrInt64s("pads", [0, 0, 0, 0])
    return value


def _shape(value: ir.Value) -> list[int]:
    if value.shape is None:
        raise ValueError(f"{value.name} has no shape: infer shapes first")
    return [int(side) for side in value.shape.numpy()]


def folded(
    weight: NDArray[np.float32], bias: NDArray[np.float32] | None, before: Normalisation, middle: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights [O, 3, H, W] and bias [O] that do to byte - middle what the given ones do to normalised planes."""
    offset = before.offset + middle * before.gain
    shift = (weight * offset[None, :, None, None]).sum(axis=(1, 2, 3))
    start = np.zeros(len(weight), np.float32) if bias is None else bias
    return (weight * before.gain[None, :, None, None]).astype(np.float32), (start + shift).astype(np.float32)


def _added(
    editor: QdqEditor, kind: str, inputs: list[ir.Value], said: dict[str, int | list[int]], name: str, shape: list[int]
) -> ir.Value:
    source = next(value for value in inputs if value.const_value is None)
    value = ir.Value(name=name, shape=ir.Shape(shape), type=source.type)
    node = ir.node(kind, inputs, said, outputs=[value], name=f"{name}_{kind}")
    made_by = source.producer()
    if made_by is None:
        editor.graph.insert_before(editor.graph[0], node)
    else:
        editor.graph.insert_after(made_by, node)
    return value
