"""A graph before TensorRT's builder and the JetPacks' rules."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fundusgate.export.readiness.audit import audit, available
from fundusgate.export.readiness.check import check
from fundusgate.export.readiness.jetpacks import JETPACKS, Target

from .results import Coverage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fundusgate.export.readiness.audit import AuditedProduct
    from fundusgate.export.readiness.graph import GraphView


def coverage(path: Path, view: GraphView) -> Coverage | None:
    """Build a graph with TensorRT-RTX and hold it to every JetPack's rules; None without TensorRT-RTX.

    Args:
        path: The graph.
        view: The same, read.
    """
    if not available():
        return None
    built = audit(path, view)
    return Coverage(
        products=len(view.heavy()),
        quantized=sum(product.quantized for product in built.products),
        int8=sum(product.int8 for product in built.products),
        fused=_fused(built.products),
        int8_layers=[product.node for product in built.products if product.int8],
        refused=[f"{finding.node}: {finding.reason}" for finding in built.refusals],
        jetpacks={version: objections(view, version) for version in JETPACKS},
    )


def _fused(products: Sequence[AuditedProduct]) -> int:
    in_layer = Counter(product.layer for product in products if product.layer)
    return sum(product.quantized and not product.int8 and in_layer[product.layer] > 1 for product in products)


def objections(view: GraphView, jetpack: str) -> list[str]:
    """What a JetPack's rules have against a graph: each rule once, with how often and one reason."""
    stopping = [finding for finding in check(view, Target(JETPACKS[jetpack])).findings if finding.severity.stops]
    by_rule: dict[str, list[str]] = {}
    for finding in stopping:
        by_rule.setdefault(finding.rule, []).append(finding.reason)
    return [f"{rule} ({len(reasons)}): {reasons[0]}" for rule, reasons in by_rule.items()]
