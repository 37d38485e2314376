"""Captures as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TextIO

    from fundusgate.archive.record import CaptureRecord

_STARTS_A_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""First characters that make a spreadsheet compute a cell; source: OWASP, "CSV Injection"."""


def _causes(record: CaptureRecord) -> str:
    causes = record.assessment.get("causes") or []
    return " ".join(str(cause.get("code")) for cause in causes if isinstance(cause, dict))


_COLUMNS: dict[str, Callable[[CaptureRecord], Any]] = {
    "id": lambda record: record.id,
    "taken_at": lambda record: record.taken_at.isoformat(),
    "patient": lambda record: record.patient,
    "operator": lambda record: record.operator,
    "laterality": lambda record: record.laterality and record.laterality.value,
    "field": lambda record: record.field and record.field.value,
    "attempt": lambda record: record.attempt,
    "trigger": lambda record: record.trigger.value,
    "outcome": lambda record: record.outcome.value,
    "reason": lambda record: record.reason and record.reason.value,
    "verdict": lambda record: record.assessment.get("verdict"),
    "score": lambda record: record.assessment.get("score"),
    "degraded_fraction": lambda record: record.assessment.get("degraded_fraction"),
    "causes": lambda record: _causes(record),
    "override_reason": lambda record: record.override and record.override.reason,
    "override_operator": lambda record: record.override and record.override.operator,
    "override_at": lambda record: record.override and record.override.at.isoformat(),
    "given_up_reason": lambda record: record.given_up and record.given_up.reason.value,
    "given_up_note": lambda record: record.given_up and record.given_up.note,
    "given_up_operator": lambda record: record.given_up and record.given_up.operator,
    "given_up_at": lambda record: record.given_up and record.given_up.at.isoformat(),
    "camera": lambda record: record.camera,
    "precision": lambda record: record.assessment.get("precision"),
    "models": lambda record: " ".join(f"{model.name}={model.version}" for model in record.models),
    "bundle_sha256": lambda record: record.bundle_sha256,
    "photograph_sha256": lambda record: record.photograph_sha256,
    "photograph_bytes": lambda record: record.photograph_bytes,
    "width": lambda record: record.width,
    "height": lambda record: record.height,
    "kept_at": lambda record: record.kept_at.isoformat(),
    "still_ms": lambda record: record.timings_ms.get("still"),
    "judged_ms": lambda record: record.timings_ms.get("judged"),
}


def write_table(captures: Iterable[tuple[CaptureRecord, bool]], stream: TextIO) -> int:
    """Write captures as CSV with a header line.

    Args:
        captures: Records, each with whether it was exported.
        stream: Text, opened with newline="".

    Returns:
        How many were written.
    """
    writer = csv.writer(stream)
    writer.writerow([*_COLUMNS, "exported"])
    count = 0
    for record, exported in captures:
        count += 1
        writer.writerow([*(safe_cell(cell(record)) for cell in _COLUMNS.values()), int(exported)])
    return count


def safe_cell(value: Any) -> Any:  # noqa: ANN401 - whatever a cell holds
    """The value; text that a spreadsheet would compute gets an apostrophe before it, which makes it text."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_STARTS_A_FORMULA):
        return f"'{value}"
    return value
