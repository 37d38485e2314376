"""A real parse and build with TensorRT-RTX: which products truly run in INT8.

TensorRT-RTX parses and builds without a GPU. It shares ONNX parser and type system with TensorRT but has a code
generator of its own: what it says of types and refusals is evidence, what it says of speed is not.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from fundusgate.export.engines.builder import BuildSettings, build_plan, name_of
from fundusgate.export.readiness.findings import Finding, Severity
from fundusgate.export.readiness.graph import GraphView, label
from fundusgate.export.readiness.layers import EngineLayer, read_layers
from fundusgate.export.readiness.rules.int8 import meant_for_int8
from fundusgate.runtime.engines.api import EngineError, TensorRt, load
from fundusgate.runtime.engines.listener import make_listener

if TYPE_CHECKING:
    from pathlib import Path

    import onnx

PACKAGE = "tensorrt_rtx"

CAPABILITY = ("SM86", 0)
"""The nearest to Orin's 8.7 that TensorRT-RTX builds for."""


def available() -> bool:
    """Whether TensorRT-RTX is installed."""
    return importlib.util.find_spec(PACKAGE) is not None


class Runs(str, Enum):
    """What a product multiplies, by the builder's own account."""

    INT8 = "int8"
    """INT8 by INT8."""
    FLOAT = "float"
    """float32 or half precision: its layer says so, or the graph, whose types bind, quantizes nothing of it."""
    NOT_STATED = "not_stated"
    """It is quantized and part of a layer that fuses it with other nodes and names no type for it, such as one that is
    a whole attention; or no layer names it."""


@dataclass(frozen=True)
class AuditedProduct:
    """One ONNX node that multiplies and what became of it."""

    node: str
    operator: str
    quantized: bool
    """Whether the graph means it to run in INT8."""
    runs: Runs
    layer: str
    """The engine's layer; empty where none names this node."""

    @property
    def int8(self) -> bool:
        """Whether the engine says that it multiplies INT8 by INT8."""
        return self.runs is Runs.INT8


@dataclass(frozen=True)
class Audit:
    """What TensorRT-RTX did with a graph."""

    version: str
    refusals: tuple[Finding, ...]
    """Empty when the graph parsed and an engine was built."""
    products: tuple[AuditedProduct, ...]
    """Every product in the graph's order; empty when there is no engine."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The refusals, and every quantized product that does not run in INT8 or of which that is not said."""
        return (*self.refusals, *(self._finding(product) for product in self.products if _in_doubt(product)))

    def _finding(self, product: AuditedProduct) -> Finding:
        if product.runs is Runs.NOT_STATED:
            severity = Severity.NOTE
            reason = f"it is quantized; TensorRT-RTX {self.version} does not state in which type its layer multiplies"
            advice = "time the engine beside one that has it in float"
        else:
            severity = Severity.NOT_INT8
            reason = f"it is quantized, but TensorRT-RTX {self.version} runs it in float"
            advice = "see the other findings on this node; otherwise leave it in float"
        return Finding("audit", severity, product.node, product.operator, reason, advice)

    def to_json_object(self) -> dict[str, Any]:
        """For `fundusgate readiness --json`."""
        counted = [product for product in self.products if product.quantized]
        return {
            "tensorrt_rtx": self.version,
            "refused": [finding.to_json_object() for finding in self.refusals],
            "products": len(self.products),
            "quantized": len(counted),
            "int8": sum(product.int8 for product in self.products),
            "in_float": [product.node for product in self.products if product.runs is Runs.FLOAT],
            "not_stated": [product.node for product in self.products if product.runs is Runs.NOT_STATED],
        }


def audit(path: Path, view: GraphView) -> Audit:
    """Parse and build a graph.

    Args:
        path: The ONNX file; external weights lie beside it.
        view: The same graph, read.

    Returns:
        What was refused, or what became of every product.

    Raises:
        EngineError: TensorRT-RTX is not installed.
    """
    api = load(PACKAGE)
    refusals = parser_refusals(api, path)
    if refusals:
        return Audit(api.version, tuple(refusals), ())
    try:
        built = build_plan(api, path, BuildSettings(capability=CAPABILITY))
    except EngineError as error:
        advice = "see the other findings on this graph"
        return Audit(api.version, (Finding("builder", Severity.REFUSED, "", "", str(error), advice),), ())
    layers = read_layers(built.layers)
    return Audit(api.version, (), tuple(_audited(view, node, layers) for node in view.heavy()))


def parser_refusals(api: TensorRt, path: Path) -> list[Finding]:
    """What the parser says against a graph, all of it rather than its first objection.

    Args:
        api: TensorRT-RTX, or a TensorRT with `supports_model_v2`.
        path: The ONNX file.

    Returns:
        A finding for each objection; none when it takes the graph.
    """
    listener = make_listener(api)
    builder = api.module.Builder(listener)
    # A parser that has judged a model does not parse it rightly afterwards: each gets its own.
    network = builder.create_network(0)
    parser = api.module.OnnxParser(network, listener)
    if parser.supports_model_v2(path.read_bytes(), str(path)):
        return []
    errors = [parser.get_error(index) for index in range(parser.num_errors)]
    return [
        Finding(
            "parser",
            Severity.REFUSED,
            name_of(error),
            error.node_operator(),
            _without_cuda(error.desc()),
            "see the other findings on this node",
        )
        for error in errors
    ]


def _without_cuda(description: str) -> str:
    """A parser's objection on one line, without its complaint that there is no GPU."""
    return " ".join(description.split()).partition(" [checkMacros")[0]


def _audited(view: GraphView, node: onnx.NodeProto, layers: list[EngineLayer]) -> AuditedProduct:
    name = label(node)
    # The parser names what has no name after its first output.
    known = node.name or f"node_of_{node.output[0]}"
    mine = [layer for layer in layers if known in layer.nodes]
    quantized = meant_for_int8(view, node)
    product = next((layer for layer in mine if layer.int8_product), None)
    named = product or next((layer for layer in mine if layer.states_types), None) or next(iter(mine), None)
    if product is not None:
        runs = Runs.INT8
    elif not quantized or (named is not None and named.states_types):
        runs = Runs.FLOAT
    else:
        runs = Runs.NOT_STATED
    return AuditedProduct(name, node.op_type, quantized, runs, "" if named is None else named.name)


def _in_doubt(product: AuditedProduct) -> bool:
    return product.quantized and product.runs is not Runs.INT8
