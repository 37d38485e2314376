"""Which layers are quantized: rules that are written down, each with the reason and where it comes from.

Only layers with weights are ever candidates. LayerNormalization, Softmax, GELU, Sigmoid and every other operator
stay in float: they cost little, and INT8 loses them most (NVIDIA TensorRT developer guide, "Q/DQ placement";
NVIDIA/TensorRT#2709 for LayerNorm).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.export.quantization.layers import ends_in_relu, int_attribute, weighted_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import onnx_ir as ir

    from fundusgate.export.quantization.layers import Layer

NARROW = 16
"""Channels, or columns of a product, under which INT8 kernels gain nothing."""

FEW_PRODUCTS = 2**24
"""Of weights with activations in one convolution."""


@dataclass(frozen=True)
class Rule:
    """A reason to leave a layer in float.

    Attributes:
        name: how reports name it.
        reason: why.
        source: where that comes from.
        applies: whether it speaks of a layer.
    """

    name: str
    reason: str
    source: str
    applies: Callable[[Layer], bool]


def _is_one_row_or_column(layer: Layer) -> bool:
    return layer.kind in ("MatMul", "Gemm") and (layer.rows == 1 or layer.outputs == 1)


def _is_small_product(layer: Layer) -> bool:
    return layer.kind in ("MatMul", "Gemm") and min(layer.inner, layer.outputs) < NARROW


def _is_small_convolution(layer: Layer) -> bool:
    return layer.kind == "Conv" and not ends_in_relu(layer) and layer.products < FEW_PRODUCTS


def _is_no_product(layer: Layer) -> bool:
    """Whether a convolution has neither a ReLU after it nor one product that it could be written as."""
    dilations = layer.node.attributes.get("dilations")
    dilated = dilations is not None and any(step != 1 for step in dilations.as_ints())
    apart = int_attribute(layer.node, "group", 1) != 1 or dilated or "auto_pad" in layer.node.attributes
    return layer.kind == "Conv" and apart and not ends_in_relu(layer)


COMMON: tuple[Rule, ...] = (
    Rule(
        "computed weights",
        "both factors are activations: attention products, which in INT8 cost accuracy for a fifth of the"
        " multiplications, and dense layers whose weights another layer writes",
        "docs/modelopt.md: FTHNet-S with q, k, v and softmax in INT8, and its residual stream too, broke the budget"
        " that it keeps with both in float, on the same scales. NVIDIA ModelOpt quantizes attention whose added bias is"
        " constant, as Swin's is, and leaves out QK -> Add -> Softmax only where the added tensor is computed",
        lambda layer: layer.weight is None,
    ),
    Rule(
        "head",
        "nothing after it averages its rounding away: INT8 squashes the scores of a last layer",
        "complaint against other exporters' INT8; NVIDIA TensorRT developer guide advises float for the last layer",
        lambda layer: layer.is_head,
    ),
    Rule(
        "one row or column",
        "a product of a single row or column reads each weight once: memory decides, not arithmetic",
        "NVIDIA ModelOpt leaves out MatMul and Gemm with M or N = 1",
        _is_one_row_or_column,
    ),
    Rule(
        "small product",
        f"fewer than {NARROW} columns or summands do not fill an INT8 kernel",
        "NVIDIA ModelOpt leaves out MatMul and Gemm with K or N < 16",
        _is_small_product,
    ),
    Rule(
        "narrow convolution",
        f"fewer than {NARROW} output channels do not fill an INT8 kernel",
        "NVIDIA ModelOpt leaves out most convolutions with under 16 channels",
        lambda layer: layer.kind == "Conv" and layer.outputs < NARROW,
    ),
    Rule(
        "transposed convolution",
        "TensorRT runs it in float whatever surrounds it",
        "seen with TensorRT-RTX 1.7.1: the audit shows float for ConvTranspose between Q/DQ",
        lambda layer: layer.kind == "ConvTranspose",
    ),
)

TENSORRT_RULES: tuple[Rule, ...] = COMMON
"""For graphs that TensorRT compiles."""

CPU_RULES: tuple[Rule, ...] = (
    *COMMON,
    Rule(
        "grouped, result in float",
        "ONNX Runtime's INT8 convolution also rounds its result to 8 bits, which only an activation that clips, such"
        " as ReLU, is made for; where none follows, a convolution becomes an integer product of patches, which a"
        " grouped or dilated one is not",
        "ONNX Runtime: QLinearConv is formed only where a QuantizeLinear follows",
        _is_no_product,
    ),
    Rule(
        "few products, result in float",
        "a convolution that becomes a product of patches must have enough products to pay for the codes and patches"
        " that are moved; fewer do not, and rounding still costs accuracy",
        f"FTHNet-S on ONNX Runtime 1.31: under {FEW_PRODUCTS:,} products no time was saved, and such layers made most"
        " of the score's error",
        _is_small_convolution,
    ),
)
"""For graphs that ONNX Runtime runs on a processor."""

KEPT_BY_SEARCH = "put back by the accuracy search"
"""What a plan says of a layer that no rule leaves in float, but that cost too much accuracy."""


@dataclass(frozen=True)
class Plan:
    """Which layers of a graph are quantized, and why the others are not.

    Attributes:
        quantized: node names, in the graph's order.
        in_float: the rule's name by node name.
    """

    quantized: tuple[str, ...]
    in_float: Mapping[str, str]


def plan_quantization(graph: ir.Graph, rules: Collection[Rule], keep_float: Collection[str] = ()) -> Plan:
    """Apply rules to a graph.

    Args:
        graph: a float graph whose shapes are inferred and whose constants are folded.
        rules: the first that applies to a layer names the reason.
        keep_float: node names that stay in float beyond the rules.

    Returns:
        The plan.

    Raises:
        ValueError: a name in `keep_float` is no weighted layer of the graph.
    """
    layers = weighted_layers(graph)
    unknown = sorted(set(keep_float) - {layer.name for layer in layers})
    if unknown:
        raise ValueError(f"no weighted layers named {', '.join(unknown)} in the graph {graph.name}")
    in_float = {}
    for layer in layers:
        reason = next((rule.name for rule in rules if rule.applies(layer)), None)
        if reason is None and layer.name in keep_float:
            reason = KEPT_BY_SEARCH
        if reason is not None:
            in_float[layer.name] = reason
    return Plan(tuple(layer.name for layer in layers if layer.name not in in_float), in_float)
