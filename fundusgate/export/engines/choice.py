"""Which of the engines that were built is kept, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fundusgate.runtime.engines.record import EngineRecord


@dataclass(frozen=True)
class Choice:
    """The engine that runs, and what became of the others."""

    kept: EngineRecord | None
    """None when no engine keeps the limits."""
    reason: str
    """In a sentence."""


def choose(records: Sequence[EngineRecord], failed: Mapping[str, str]) -> Choice:
    """Keep the quickest engine that passes.

    Args:
        records: Every engine that was built, timed and compared.
        failed: What was not built, with its reason.

    Returns:
        The one with the shortest median; where two are equal, the one nearer to the reference.
    """
    passing = [record for record in records if record.passes]
    if not passing:
        said = [f"{record.candidate}: {'; '.join(record.parity.beyond)}" for record in records]
        said += [f"{name}: {reason}" for name, reason in failed.items()]
        return Choice(None, "no engine is quick and right: " + " | ".join(said))
    best = min(passing, key=lambda record: (record.timings.median, sum(record.parity.mean_abs_difference.values())))
    return Choice(best, _reason(best, records, failed))


def _reason(best: EngineRecord, records: Sequence[EngineRecord], failed: Mapping[str, str]) -> str:
    parts = [f"{best.candidate} takes {best.timings.median:.2f} ms"]
    for record in records:
        if record is best:
            continue
        verdict = "" if record.passes else f" but {'; '.join(record.parity.beyond)}"
        parts.append(f"{record.candidate} {record.timings.median:.2f} ms{verdict}")
    parts += [f"{name} was not built" for name in failed]
    return ", ".join(parts)
