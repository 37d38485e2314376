"""What a quantized graph quantizes: which activations, for whom, and how much of their range is kept."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.export.readiness.graph import MOVES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import onnx

    from fundusgate.export.readiness.graph import GraphView


def pairs_by_reader(view: GraphView) -> dict[str, int]:
    """How many activations each operator takes through a Q/DQ pair; looks through what only moves or casts values."""
    found: Counter[str] = Counter()
    for node in view.nodes:
        if node.op_type == "DequantizeLinear" and not view.is_constant(node.input[0]):
            found.update(reader.op_type for reader in _readers(view, node.output[0]))
    return dict(sorted(found.items()))


def per_tensor_weights(view: GraphView) -> int:
    """Convolutions and products whose weights are quantized with a single scale for all outputs."""
    count = 0
    for node in view.heavy():
        pair = view.dequantized_by(node.input[1])
        if pair is not None and view.is_constant(node.input[1]) and not view.quantization(pair).per_channel:
            count += 1
    return count


def activation_scales(view: GraphView) -> dict[str, float]:
    """Scale by the tensor that is quantized; activations only."""
    scales = {}
    for node in view.nodes:
        if node.op_type == "QuantizeLinear" and not view.is_constant(node.input[0]):
            scale = view.quantization(node).scale
            if scale is not None and scale.size == 1:
                scales[node.input[0]] = float(scale.reshape(()))
    return scales


def compared(scales: Mapping[str, float], largest: Mapping[str, float]) -> dict[str, float]:
    """How much of each tensor's largest value the scales keep, over the tensors that both quantize.

    Args:
        scales: By tensor.
        largest: Of the same tensors, where nothing is clipped.

    Returns:
        `tensors`, and of the ratios `median`, `least` and `clipped` (the share of tensors under 0.99).
    """
    both = [name for name in scales if name in largest]
    ratios = np.array([scales[name] / largest[name] for name in both])
    if not both:
        return {"tensors": 0}
    return {
        "tensors": len(both),
        "median": float(np.median(ratios)),
        "least": float(ratios.min()),
        "clipped": float(np.mean(ratios < 0.99)),
    }


def _readers(view: GraphView, tensor: str) -> Iterator[onnx.NodeProto]:
    for reader in view.consumers.get(tensor, []):
        if reader.op_type in MOVES | {"Cast"}:
            yield from _readers(view, reader.output[0])
        else:
            yield reader
