"""Time and memory of a graph on a board, estimated from its operations and bytes before anyone buys the board.

A roofline: each product takes as long as its operations at the peak rate or its bytes at the memory's rate, whichever
is longer. No network reaches the peak; nothing here was measured on a Jetson.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import onnx

from fundusgate.export.readiness.graph import GraphView, attribute

if TYPE_CHECKING:
    from fundusgate.export.readiness.power_modes import PowerMode

USUAL_SHARE = 0.25
"""Of the peak rates, what small networks at a batch of one may be hoped to reach: an assumption."""

RUNTIME_BYTES = 700 * 2**20
"""CUDA's and TensorRT's libraries in memory: an assumption, as in `engines.memory`."""

_HALF = 2


class EstimateError(ValueError):
    """A graph whose work cannot be counted; the message says why."""


@dataclass(frozen=True)
class ProductWork:
    """What one product costs."""

    multiplications: int
    """Each with its addition."""
    bytes: int
    """Read and written: values, weights, result, each once."""
    int8: bool


@dataclass(frozen=True)
class Work:
    """What a graph costs, wherever it runs."""

    products: tuple[ProductWork, ...]
    weight_bytes: int
    """Weights as the engine holds them: 1 byte where the product is INT8, else 2."""
    peak_bytes: int
    """Most values that are alive at once, at 2 bytes each."""

    @property
    def multiplications(self) -> int:
        """Of the whole graph."""
        return sum(product.multiplications for product in self.products)

    @property
    def memory(self) -> int:
        """Bytes that running it takes, with CUDA and TensorRT."""
        return RUNTIME_BYTES + self.weight_bytes + self.peak_bytes

    def fastest(self, mode: PowerMode) -> float:
        """Milliseconds at the peak rates: no engine is quicker."""
        return 1000 * sum(_seconds(product, mode) for product in self.products)

    def usual(self, mode: PowerMode) -> float:
        """Milliseconds at the share of the peak that may be hoped for."""
        return self.fastest(mode) / USUAL_SHARE

    def to_json_object(self, modes: tuple[PowerMode, ...]) -> dict[str, Any]:
        """For `fundusgate readiness --estimate --json`."""
        return {
            "estimate": True,
            "giga_multiplications": self.multiplications / 1e9,
            "memory_mib": self.memory / 2**20,
            "assumed_share_of_peak": USUAL_SHARE,
            "boards": [
                {
                    "module": mode.module,
                    "mode": mode.mode,
                    "at_least_ms": self.fastest(mode),
                    "rather_ms": self.usual(mode),
                    "fits": self.fits(mode),
                }
                for mode in modes
            ],
        }

    def fits(self, mode: PowerMode) -> bool:
        """Whether half of the module's memory holds it; the rest is the system's and the camera's."""
        return self.memory < mode.memory * 2**30 // 2


def work_of(view: GraphView) -> Work:
    """Count a graph's work.

    Args:
        view: With fixed shapes.

    Raises:
        EstimateError: A shape cannot be inferred.
    """
    inferred = GraphView(onnx.shape_inference.infer_shapes(view.model, data_prop=True))
    products = tuple(_work(inferred, node) for node in inferred.heavy())
    weights = sum(_weights(inferred, node) for node in inferred.heavy())
    return Work(products, weights, _peak(inferred))


def _work(view: GraphView, node: onnx.NodeProto) -> ProductWork:
    int8 = _in_int8(view, node)
    size = 1 if int8 else _HALF
    left, right, result = (_shape(view, name) for name in (*node.input[:2], node.output[0]))
    if node.op_type == "Conv":
        each = prod(right[1:])
        count = prod(result) * each
    elif node.op_type == "ConvTranspose":
        count = prod(left) * prod(right[1:])
    else:
        inner = left[0] if node.op_type == "Gemm" and attribute(node, "transA", 0) else left[-1]
        count = prod(result) * inner
    return ProductWork(count, size * (prod(left) + prod(right)) + _HALF * prod(result), int8)


def _in_int8(view: GraphView, node: onnx.NodeProto) -> bool:
    both = all(view.dequantized_by(name) is not None for name in node.input[:2])
    return both and node.op_type != "ConvTranspose"


def _weights(view: GraphView, node: onnx.NodeProto) -> int:
    size = 1 if _in_int8(view, node) else _HALF
    return sum(size * prod(_shape(view, name)) for name in node.input[:2] if view.is_constant(name))


def _peak(view: GraphView) -> int:
    """Walk the graph in its order and keep what is still to be read."""
    left_to_read = {name: len(users) for name, users in view.consumers.items()}
    held: dict[str, int] = {value.name: _HALF * prod(_shape(view, value.name)) for value in view.inputs}
    alive = peak = sum(held.values())
    for node in view.nodes:
        if all(view.is_constant(name) for name in node.output):
            continue
        for name in node.output:
            held[name] = _HALF * prod(_shape(view, name)) if name else 0
            alive += held[name]
        peak = max(peak, alive)
        for name in node.input:
            left_to_read[name] -= 1
            if not left_to_read[name]:
                alive -= held.pop(name, 0)
    return peak


def _shape(view: GraphView, tensor: str) -> tuple[int, ...]:
    shape = view.shape_of(tensor)
    if shape is None:
        raise EstimateError(f"the shape of {tensor!r} cannot be inferred: export with fixed shapes")
    return shape


def _seconds(product: ProductWork, mode: PowerMode) -> float:
    rate = mode.int8_tops if product.int8 else mode.fp16_tops
    return max(2 * product.multiplications / (rate * 1e12), product.bytes / (mode.gigabytes * 1e9))
