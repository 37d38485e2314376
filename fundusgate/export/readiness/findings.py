"""What was found in a graph, how bad it is and what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Severity(str, Enum):
    """How bad a finding is; the order of the members is the order in which they are shown."""

    REFUSED = "refused"
    """TensorRT's parser or builder stops: there is no engine."""
    NOT_INT8 = "not_int8"
    """There is an engine, but what was quantized runs in float or at half of its range, and nothing says so."""
    NOTE = "note"
    """Works; worth knowing."""

    @property
    def stops(self) -> bool:
        """Whether a graph with such a finding is not ready."""
        return self is not Severity.NOTE


@dataclass(frozen=True)
class Finding:
    """One thing that was found."""

    rule: str
    """Short name of the rule, lower case with hyphens; stable, for scripts."""
    severity: Severity
    node: str
    """Name of the ONNX node (its first output where it has none); empty for the graph as a whole."""
    operator: str
    """The node's operator; empty for the graph as a whole."""
    reason: str
    """What TensorRT does and why."""
    advice: str
    """What to do."""

    def to_json_object(self) -> dict[str, Any]:
        """The fields, with the severity's value."""
        return {**asdict(self), "severity": self.severity.value}


def by_severity(findings: list[Finding]) -> list[Finding]:
    """The findings, worst first, otherwise in the order in which they were found."""
    order = list(Severity)
    return sorted(findings, key=lambda finding: order.index(finding.severity))
