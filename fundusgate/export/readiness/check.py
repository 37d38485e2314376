"""Every static rule on one graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fundusgate.export.readiness.findings import Finding, Severity, by_severity
from fundusgate.export.readiness.rules import boards, imports, int8, qdq

if TYPE_CHECKING:
    from fundusgate.export.readiness.graph import GraphView
    from fundusgate.export.readiness.jetpacks import Target

RULES = (*imports.RULES, *qdq.RULES, *int8.RULES, *boards.RULES)
"""Every static rule, in the order in which they are tried."""


@dataclass(frozen=True)
class Report:
    """What was found in one graph for one target."""

    graph: str
    target: Target
    findings: tuple[Finding, ...]
    """Worst first."""

    @property
    def ready(self) -> bool:
        """Whether nothing is refused and nothing that was quantized silently runs otherwise."""
        return not any(finding.severity.stops for finding in self.findings)

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity is severity)

    def to_json_object(self) -> dict[str, Any]:
        """One object of `fundusgate readiness --json`."""
        jetpack = self.target.jetpack
        return {
            "graph": self.graph,
            "jetpack": jetpack.version,
            "tensorrt": ".".join(map(str, jetpack.tensorrt)),
            "board": None if self.target.board is None else self.target.board.name,
            "ready": self.ready,
            "findings": [finding.to_json_object() for finding in self.findings],
        }


def check(view: GraphView, target: Target, name: str = "") -> Report:
    """Hold a graph to every static rule.

    Args:
        view: The graph.
        target: Where it shall run.
        name: How to call the graph in the report.

    Returns:
        What was found, worst first.
    """
    found = [finding for rule in RULES for finding in rule(view, target)]
    return Report(name, target, tuple(by_severity(found)))
