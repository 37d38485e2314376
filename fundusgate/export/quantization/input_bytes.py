"""The photograph's own bytes as a first convolution's quantized input.

A photograph is 8 bits already: normalising it in float and rounding it again costs more time than the first
convolution, and precision. Instead the normalisation's gain goes into the weights and its offset into the bias. Where
the convolution pads with 0, which meant the mean colour, the photograph is padded with the mean colour's bytes.
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


@dataclass(frozen=True, eq=False)
class Normalisation:
    """What a graph does to the photograph before a convolution: planes = gain x bytes + offset.

    Attributes:
        image: the graph's input, uint8 [1, S, S, 3].
        gain: float32 [3].
        offset: float32 [3].
    """

    image: ir.Value
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
    return Normalisation(image, gain, offset)


def padded_planes(editor: QdqEditor, layer: Layer, before: Normalisation) -> ir.Value:
    """The photograph padded as the convolution pads, as uint8 planes; the convolution is left without padding."""
    shape = before.image.shape
    pads = layer.node.attributes.get("pads")
    if shape is None:
        raise ValueError(f"the graph's input {before.image.name} has no shape: the graph is damaged")
    _, height, width, _ = shape.numpy()
    top, left, bottom, right = (0, 0, 0, 0) if pads is None else pads.as_ints()
    colour = np.clip(np.rint(-before.offset / before.gain), 0, 255).astype(np.uint8)
    current, side = before.image, [1, height, width, 3]
    for axis, (first, last) in ((1, (top, bottom)), (2, (left, right))):
        parts = [current]
        for place, count in ((0, first), (len(parts) + 1, last)):
            if count:
                border = np.broadcast_to(colour, [*side[:axis], count, *side[axis + 1 :]]).copy()
                name = f"{before.image.name}_border_{axis}_{'before' if place == 0 else 'after'}"
                parts.insert(place, editor.initializer(name, border))
        if len(parts) > 1:
            side[axis] += first + last
            current = _added(editor, "Concat", parts, {"axis": axis}, f"{before.image.name}_padded_{axis}", side)
    layer.node.attributes["pads"] = ir.AttrInt64s("pads", [0, 0, 0, 0])
    planes = [side[axis] for axis in _TO_PLANES]
    return _added(editor, "Transpose", [current], {"perm": _TO_PLANES}, f"{before.image.name}_planes", planes)


def folded(
    weight: NDArray[np.float32], bias: NDArray[np.float32] | None, before: Normalisation
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights [O, 3, H, W] and bias [O] that do to bytes what the given ones do to normalised planes."""
    shift = (weight * before.offset[None, :, None, None]).sum(axis=(1, 2, 3))
    start = np.zeros(len(weight), np.float32) if bias is None else bias
    return (weight * before.gain[None, :, None, None]).astype(np.float32), (start + shift).astype(np.float32)


def _added(
    editor: QdqEditor, kind: str, inputs: list[ir.Value], said: dict[str, int | list[int]], name: str, shape: list[int]
) -> ir.Value:
    value = ir.Value(name=name, shape=ir.Shape(shape), type=ir.TensorType(ir.DataType.UINT8))
    node = ir.node(kind, inputs, said, outputs=[value], name=f"{name}_{kind}")
    editor.graph.insert_before(editor.graph[0], node)
    return value
