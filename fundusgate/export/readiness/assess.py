"""One graph held to every rule for every target, and to a real builder where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fundusgate.export.readiness.audit import Audit, audit, available
from fundusgate.export.readiness.check import Report, check
from fundusgate.export.readiness.estimate import EstimateError, work_of
from fundusgate.export.readiness.graph import GraphView
from fundusgate.export.readiness.power_modes import POWER_MODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fundusgate.export.readiness.jetpacks import Target
    from fundusgate.export.readiness.roofline import Work
    from fundusgate.export.readiness.subjects import Subject


@dataclass(frozen=True)
class Outcome:
    """Everything that is said of one graph."""

    graph: str
    reports: tuple[Report, ...]
    """One a target that would be given this graph."""
    audit: Audit | None
    """None where TensorRT-RTX was not asked or is not installed."""
    skipped: tuple[str, ...]
    """JetPacks that would not be given this graph."""
    work: Work | None
    """What it costs; None where its shapes are not fixed, which the rules say."""

    @property
    def ready(self) -> bool:
        """Whether nothing is refused and nothing silently runs otherwise."""
        real = () if self.audit is None else self.audit.findings
        return all(report.ready for report in self.reports) and not any(finding.severity.stops for finding in real)

    def to_json_object(self) -> dict[str, Any]:
        """One of `graphs` of `fundusgate readiness --json`."""
        return {
            "graph": self.graph,
            "ready": self.ready,
            "targets": [report.to_json_object() for report in self.reports],
            "not_used_on": list(self.skipped),
            "audit": None if self.audit is None else self.audit.to_json_object(),
            "estimate": None if self.work is None else self.work.to_json_object(POWER_MODES),
        }


def judge(subject: Subject, targets: Sequence[Target], *, build: bool = True) -> Outcome:
    """Hold a graph to the rules of every target and, where TensorRT-RTX is installed, build it.

    Args:
        subject: The graph.
        targets: Where it shall run; those that would be given another of the bundle's graphs are left out.
        build: Whether to ask TensorRT-RTX.

    Raises:
        GraphError: The file is no ONNX graph.
    """
    view = GraphView.read(subject.path)
    meant = [target for target in targets if subject.meant_for(target.jetpack)]
    forms = {jetpack: subject.taken_by(jetpack, view) for jetpack in dict.fromkeys(target.jetpack for target in meant)}
    reports = tuple(check(forms[target.jetpack], target, subject.name) for target in meant)
    real = audit(subject.path, view) if build and meant and available() else None
    skipped = tuple(target.jetpack.version for target in targets if target not in meant)
    return Outcome(subject.name, reports, real, skipped, _work(view))


def _work(view: GraphView) -> Work | None:
    try:
        return work_of(view)
    except EstimateError:
        return None
