"""Graphs as small files: large constants written as the small ones that they follow from.

A window's position bias of 144 x 144 numbers a head follows from a table of 529, and a shift mask from the number of a
part of the picture for each token (Liu et al., "Swin Transformer", ICCV 2021, section 3.2). In the float graph that
other passes read they stand expanded; in the file they would be nearly half of it. ONNX Runtime works such expressions
out when it opens a graph; for TensorRT `fundusgate compile` does (`expand`).

What is not exactly such a constant, bit for bit, stays as it is.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import onnx
import onnx_ir as ir

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

LEAST_TOKENS = 16
"""Constants of smaller windows are left alone: nodes take room too, and a kernel of 3 x 3 is no window."""


class _Regions(NamedTuple):
    """[..., T, T] that is `same` where two tokens lie in one region and `apart` elsewhere."""

    labels: NDArray[np.int32]
    """[..., T]."""
    same: float
    apart: float


def compact(model: onnx.ModelProto) -> onnx.ModelProto:
    """A graph in a smaller file.

    Position biases and window masks are computed from small constants, equal constants are stored once, and the shapes
    between are left to those who read the graph: all of them infer them anyway.

    Args:
        model: Any precision, shapes inferred; left as it is.

    Returns:
        A checked graph of the same inputs, outputs and opset, in which every tensor has the very same values; the model
        itself where nothing of that can be made smaller.
    """
    edited = ir.from_proto(model)
    graph = edited.graph
    shared = _share(graph)
    writer = _Writer(graph)
    for name, value in list(graph.initializers.items()):
        if value.const_value is None or value.dtype not in (ir.DataType.FLOAT, ir.DataType.FLOAT16):
            continue
        content = value.const_value.numpy()
        if content.ndim < 3 or content.shape[-1] != content.shape[-2] or content.shape[-1] < LEAST_TOKENS:
            continue
        stated = writer.stated(name, content)
        if stated is not None:
            value.replace_all_uses_with(stated)
            del graph.initializers[name]
    if not writer.nodes and not shared:
        return model
    graph.insert_before(graph[0], writer.nodes)
    compacted = ir.to_proto(edited)
    onnx.checker.check_model(compacted, full_check=True)
    del compacted.graph.value_info[:]
    return compacted


def _share(graph: ir.Graph) -> int:
    """Let equal constants be one; how many went."""
    first: dict[tuple[object, ...], ir.Value] = {}
    gone = 0
    for name, value in list(graph.initializers.items()):
        if value.const_value is None or value.is_graph_output():
            continue
        content = value.const_value.numpy()
        kept = first.setdefault((value.dtype, content.shape, content.tobytes()), value)
        if kept is not value:
            value.replace_all_uses_with(kept)
            del graph.initializers[name]
            gone += 1
    return gone


class _Writer:
    """Nodes that compute constants, each content once."""

    def __init__(self, graph: ir.Graph) -> None:
        self.nodes: list[ir.Node] = []
        self._graph = graph
        self._made: dict[tuple[object, ...], ir.Value] = {}

    def stated(self, name: str, content: NDArray[np.floating]) -> ir.Value | None:
        """A constant as an expression of smaller ones; None where it is none."""
        key = (content.dtype, content.shape, content.tobytes())
        if key not in self._made:
            table = _table(content)
            regions = None if table is not None else _regions(content)
            if table is not None:
                self._made[key] = self._looked_up(name, table, content.shape)
            elif regions is not None:
                self._made[key] = self._masked(name, regions, content)
            else:
                return None
        return self._made[key]

    def _looked_up(self, name: str, table: NDArray[np.floating], shape: Sequence[int]) -> ir.Value:
        rows = self._initializer(f"{name}_table", table)
        index = self._relative_index(shape[-1])
        return self._node("Gather", [rows, index], name, shape, rows.dtype, {"axis": table.ndim - 1})

    def _relative_index(self, tokens: int) -> ir.Value:
        key = ("relative index", tokens)
        if key not in self._made:
            name = f"relative_position_{tokens}"
            place = _places(tokens)
            query = self._initializer(f"{name}_query", (place + place[-1])[:, None])
            seen = self._initializer(f"{name}_key", place[None])
            self._made[key] = self._node("Sub", [query, seen], name, (tokens, tokens), query.dtype)
        return self._made[key]

    def _masked(self, name: str, regions: _Regions, content: NDArray[np.floating]) -> ir.Value:
        labels, shape = regions.labels[..., None], content.shape
        queries = self._initializer(f"{name}_region", labels)
        turned = (*labels.shape[:-2], 1, shape[-1])
        order = [*range(labels.ndim - 2), labels.ndim - 1, labels.ndim - 2]
        keys = self._node("Transpose", [queries], f"{name}_region_of_key", turned, queries.dtype, {"perm": order})
        together = self._node("Equal", [queries, keys], f"{name}_together", shape, ir.DataType.BOOL)
        same = self._initializer(f"{name}_same", np.array(regions.same, np.float32))
        apart = self._initializer(f"{name}_apart", np.array(regions.apart, np.float32))
        ends = [together, same, apart]
        if content.dtype == np.float32:
            return self._node("Where", ends, name, shape, ir.DataType.FLOAT)
        # ONNX Runtime has no kernel that selects half-precision values on a processor, and works out only what it can.
        wide = self._node("Where", ends, f"{name}_wide", shape, ir.DataType.FLOAT)
        half = ir.DataType.FLOAT16
        return self._node("Cast", [wide], name, shape, half, {"to": int(half)})

    def _initializer(self, name: str, content: NDArray[np.generic]) -> ir.Value:
        tensor = ir.tensor(content.copy(), name=name)
        value = ir.Value(name=name, const_value=tensor, shape=ir.Shape(content.shape), type=ir.TensorType(tensor.dtype))
        self._graph.register_initializer(value)
        return value

    def _node(
        self,
        kind: str,
        inputs: Sequence[ir.Value],
        name: str,
        shape: Sequence[int],
        dtype: ir.DataType | None,
        said: Mapping[str, int | list[int]] | None = None,
    ) -> ir.Value:
        if dtype is None:
            raise ValueError(f"{name} has no type: infer shapes first")
        result = ir.Value(name=f"{name}_expanded", shape=ir.Shape(list(shape)), type=ir.TensorType(dtype))
        self.nodes.append(ir.node(kind, inputs, said or {}, outputs=[result], name=f"{name}_{kind}"))
        return result


def _places(tokens: int) -> NDArray[np.int32]:
    """A number for each token of a square window whose differences name the relative positions of two tokens."""
    window = isqrt(tokens)
    y, x = np.divmod(np.arange(tokens, dtype=np.int32), np.int32(window))
    return y * np.int32(2 * window - 1) + x


def _table(content: NDArray[np.floating]) -> NDArray[np.floating] | None:
    """[..., (2 w - 1)^2] where [..., T, T] depends on the relative position of two of a window's T = w^2 tokens."""
    tokens = content.shape[-1]
    if isqrt(tokens) ** 2 != tokens:
        return None
    place = _places(tokens)
    index = place[:, None] - place[None] + place[-1]
    table = np.zeros((*content.shape[:-2], int(index.max()) + 1), content.dtype)
    table[..., index] = content
    return table if _identical(table[..., index], content) else None


def _regions(content: NDArray[np.floating]) -> _Regions | None:
    """Regions where [..., T, T] holds two values only and the one on the diagonal says which tokens belong together."""
    same = content[(0,) * content.ndim]
    together = content == same
    others = content[~together]
    if not others.size:
        return None
    # The first token of a region is its number.
    labels = together.argmax(axis=-1).astype(np.int32)
    found = labels[..., :, None] == labels[..., None, :]
    if not _identical(np.where(found, same, others[0]), content):
        return None
    return _Regions(labels, float(same), float(others[0]))


def _identical(one: NDArray[np.floating], other: NDArray[np.floating]) -> bool:
    """Bit for bit, so that -0 is no 0."""
    return one.tobytes() == other.tobytes()
