"""Window attention around integer products, as ONNX Runtime computes it fastest on a processor.

A Swin block is written with its windows cut from float tokens, query, key and value split after one product, position
bias and mask added to every window's attention, and all of it moved back. ONNX Runtime takes each of these as a pass
over the whole tensor, which together last longer than the products. Here:

- rows are moved while they are 8-bit codes, by one Gather into windows and one out of them, rolls included: a product
  works row by row, so that it does not matter whether it stands before or after;
- query, key and value are three products of the same codes, so that nothing is split afterwards;
- the rest is one Attention (ONNX, opset 23), which adds bias and mask inside the product and finds heads by column.

Nothing is rounded that was not rounded before. Source: ONNX operator Attention; ONNX Runtime's CPU kernel of it, which
was seen to be quicker than its own MultiHeadAttention with a bias (1.31).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx_ir as ir

from fundusgate.export.quantization.integer_products import CONTRIBUTED
from fundusgate.export.quantization.movement import end, origin, shape_of, whole_rows
from fundusgate.export.quantization.node_row import NodeRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from fundusgate.export.quantization.editing import QdqEditor

OPSET = 23
"""The first with Attention; ONNX Runtime runs it from 1.23 on."""
IR_VERSION = 11
"""Of the file format that states this opset."""

_BY_COLUMN = (1, 3, 6)
"""Inputs of MatMulIntegerToFloat that hold something for every column: weights, their scales, the bias."""


@dataclass(frozen=True, eq=False)
class _Attention:
    """One window attention of a graph."""

    product: ir.Node
    """Makes query, key and value of every token at once."""
    quantize: ir.Node
    """Makes the codes that the product takes."""
    columns: tuple[NDArray[np.int64], ...]
    """Of the product's result, for query, key and value: [heads x depth] each."""
    tokens: ir.Value
    """What is quantized, before any roll, [..., C]."""
    order: NDArray[np.int64]
    """Which row of the tokens is where, [windows, tokens of a window]."""
    bias: ir.Value
    """Constant, added to the attention of every head."""
    heads: int
    mixed: ir.Value
    """What the attention gives, [..., windows, heads, tokens, depth]."""
    joined: ir.Value
    """The same as tokens again, [..., C]."""
    back: NDArray[np.int64]
    """Which row of the attention, windows x tokens, is which row of `joined`."""


def fuse_window_attention(editor: QdqEditor) -> int:
    """Rewrite every window attention whose query, key and value come from one integer product.

    Args:
        editor: Of a quantized graph whose shapes are known.

    Returns:
        How many were rewritten; where it is not 0 the graph needs `OPSET`. None where the graph holds an operator that
        is written otherwise at that opset, such as the ReduceMean of a LayerNorm that was taken apart.
    """
    if not all(_holds_at_opset(node) for node in editor.graph):
        return 0
    found = [
        attention
        for node in editor.graph
        if node.op_type == "Softmax" and (attention := _attention_around(node)) is not None
    ]
    for attention in found:
        _rewrite(editor, attention)
    return len(found)


def state_attention(model: ir.Model) -> None:
    """Make a model of an older opset state the one that Attention needs.

    Its QuantizeLinear and DequantizeLinear become ONNX Runtime's own, which are the same and have one version: ONNX
    Runtime 1.23 knows Attention, but not theirs of its opset.

    Args:
        model: Quantized; the caller checks it afterwards, in case an operator changed between the two opsets.
    """
    model.graph.opset_imports[""] = OPSET
    model.ir_version = max(model.ir_version, IR_VERSION)
    for node in model.graph:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            node.domain = CONTRIBUTED


def _holds_at_opset(node: ir.Node) -> bool:
    if node.domain not in ("", "ai.onnx"):
        return True
    known = set(onnx.defs.get_schema(node.op_type, OPSET, "").attributes)
    return known.issuperset(node.attributes)


def _attention_around(softmax: ir.Node) -> _Attention | None:
    added = _producer(softmax.inputs[0], "Add")
    readers = softmax.outputs[0].consumers()
    if added is None or len(readers) != 1 or readers[0].op_type != "MatMul" or softmax.outputs[0].is_graph_output():
        return None
    biases = [value for value in added.inputs if value is not None and _is_constant(value)]
    scores = [node for value in added.inputs if (node := _producer(value, "MatMul")) is not None]
    if len(biases) != 1 or len(scores) != 1:
        return None
    factors = (*scores[0].inputs, readers[0].inputs[1])
    (source, query), (_, key), (_, value) = origins = [origin(item) for item in factors if item is not None]
    product = _producer(source, "MatMulIntegerToFloat")
    quantize = None if product is None else _producer(product.inputs[0], "QuantizeLinear")
    (mixed,) = readers[0].outputs
    joined, shape = end(mixed), shape_of(mixed)
    if product is None or quantize is None or quantize.inputs[0] is None or joined is None:
        return None
    if len(shape) < 4 or prod(shape[:-4]) != 1 or not _holds_all_heads(biases[0], shape):
        return None
    if any(other is not source for other, _ in origins) or origin(joined)[0] is not mixed:
        return None
    split = _split(shape, shape_of(source)[-1], (query, key.swapaxes(-1, -2), value))
    tokens, moved = origin(quantize.inputs[0])
    cut, back = whole_rows(moved), _joined_rows(shape, origin(joined)[1])
    if split is None or cut is None or back is None:
        return None
    rows, columns = split
    return _Attention(product, quantize, columns, tokens, cut[rows], biases[0], shape[-3], mixed, joined, back)


def _split(
    shape: tuple[int, ...], width: int, parts: Iterable[NDArray[np.int64]]
) -> tuple[NDArray[np.int64], tuple[NDArray[np.int64], ...]] | None:
    """Rows [windows, tokens] of a product of `width` columns, and the columns of each part, [heads x depth].

    None where rows differ by part, head or depth, or columns by window or token.
    """
    rows, columns = [], []
    for places in parts:
        if places.size != prod(shape):
            return None
        row, column = np.divmod(places.reshape(shape[-4:]), width)
        if (row != row[:, :1, :, :1]).any() or (column != column[:1, :, :1, :]).any():
            return None
        rows.append(row[:, 0, :, 0])
        columns.append(column[0, :, 0, :].ravel())
    return (rows[0], tuple(columns)) if all(np.array_equal(rows[0], other) for other in rows) else None


def _joined_rows(shape: tuple[int, ...], places: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Which row, windows x tokens, each row of joined heads is; None where it is no row of heads side by side."""
    windows, heads, tokens, depth = shape[-4:]
    if places.shape[-1] != heads * depth:
        return None
    window, head, token, deep = np.unravel_index(places, (windows, heads, tokens, depth))
    rows = window * tokens + token
    if (head * depth + deep != np.arange(heads * depth)).any() or (rows != rows[..., :1]).any():
        return None
    return rows[..., 0].ravel()


def _holds_all_heads(bias: ir.Value, shape: tuple[int, ...]) -> bool:
    """Whether a bias is [windows or 1, heads, tokens, tokens], or can be reshaped to that where it is stored."""
    windows, heads, tokens, _ = shape[-4:]
    node = bias.producer()
    terms = [bias] if node is None else node.inputs
    own = np.broadcast_shapes(*(shape_of(term) for term in terms if term is not None))
    fits = own[-3:] == (heads, tokens, tokens) and prod(own[:-3]) in (1, windows)
    return fits and (node is None or len(own) == len(shape[-4:]))


def _rewrite(editor: QdqEditor, found: _Attention) -> None:
    follows = found.mixed.producer()
    if follows is None:
        raise ValueError(f"the attention of {found.product.name} is computed by nothing: the graph is damaged")
    row = NodeRow(editor.graph, follows, str(found.product.name))
    codes = _codes(row, found.tokens, found.quantize)
    codes = _rows(editor, row, codes, found.order, (*found.order.shape, shape_of(codes)[-1]))
    parts = [_part(editor, row, found, codes, number) for number in range(3)]
    inputs = [*parts, _bias(editor, found)]
    said = {"q_num_heads": found.heads, "kv_num_heads": found.heads, "scale": 1.0}
    mixed = row.add("Attention", inputs, shape_of(parts[0]), said)
    _put_back(editor, row, found, mixed)


def _part(editor: QdqEditor, row: NodeRow, found: _Attention, codes: ir.Value, number: int) -> ir.Value:
    """Query, key or value alone, [windows, tokens, C]."""
    columns = found.columns[number]
    inputs = list(found.product.inputs)
    inputs[0] = codes
    for place in _BY_COLUMN:
        whole = inputs[place] if place < len(inputs) else None
        content = None if whole is None else whole.const_value
        if whole is not None and content is not None:
            name = f"{found.product.name}_{place}_{('query', 'key', 'value')[number]}"
            inputs[place] = editor.initializer(name, np.ascontiguousarray(content.numpy()[..., columns]))
    shape = (*found.order.shape, len(columns))
    return row.add("MatMulIntegerToFloat", inputs, shape, domain=CONTRIBUTED)


def _put_back(editor: QdqEditor, row: NodeRow, found: _Attention, mixed: ir.Value) -> None:
    """The attention's rows where they are taken, beyond a roll where the next product is one of integers."""
    order, shape = found.back, (*shape_of(found.joined)[:-1], shape_of(mixed)[-1])
    readers = found.joined.consumers()
    if len(readers) != 1 or readers[0].op_type != "QuantizeLinear":
        found.joined.replace_all_uses_with(_rows(editor, row, mixed, order, shape))
        return
    taken = readers[0].outputs[0]
    products = taken.consumers()
    if len(products) == 1 and products[0].op_type == "MatMulIntegerToFloat":
        (result,) = products[0].outputs
        rolled = end(result)
        if rolled is not None and shape_of(rolled) == shape_of(result):
            rolls = whole_rows(origin(rolled)[1])
            if rolls is not None:
                order = order[rolls]
                rolled.replace_all_uses_with(result)
    codes = _codes(row, mixed, readers[0])
    taken.replace_all_uses_with(_rows(editor, row, codes, order, shape))


def _codes(row: NodeRow, value: ir.Value, quantize: ir.Node) -> ir.Value:
    """A value as another is quantized."""
    return row.add("QuantizeLinear", [value, *quantize.inputs[1:]], shape_of(value), dtype=ir.DataType.UINT8)


def _rows(editor: QdqEditor, row: NodeRow, value: ir.Value, order: NDArray[np.int64], shape: Sequence[int]) -> ir.Value:
    """Rows of a value in another order, as [..., C]."""
    if np.array_equal(order.ravel(), np.arange(order.size)):
        return row.reshape(editor, value, shape)
    flat = row.reshape(editor, value, (order.size, shape[-1]))
    content = order.reshape(tuple(shape)[:-1]).astype(np.int32)
    index = editor.initializer(f"{flat.name}_order", content)
    return row.add("Gather", [flat, index], shape, {"axis": 0}, flat.dtype or ir.DataType.FLOAT)


def _bias(editor: QdqEditor, found: _Attention) -> ir.Value:
    """The constant as Attention takes it, [windows or 1, heads, tokens, tokens]."""
    content = found.bias.const_value
    if content is None:
        return found.bias
    array = content.numpy()
    tokens = found.order.shape[1]
    shape = (array.size // (found.heads * tokens * tokens), found.heads, tokens, tokens)
    return editor.initializer(f"{found.bias.name}_of_heads", array.reshape(shape))


def _producer(value: ir.Value | None, kind: str) -> ir.Node | None:
    node = None if value is None else value.producer()
    return node if node is not None and node.op_type == kind else None


def _is_constant(value: ir.Value) -> bool:
    if value.const_value is not None:
        return True
    node = value.producer()
    return node is not None and all(item is not None and item.const_value is not None for item in node.inputs)
