"""How much of the processors other programs took while something was timed."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

STAT = Path("/proc/stat")
BUSY_COLUMNS = (0, 1, 2, 5, 6, 7)
"""Of the `cpu` line: user, nice, system, irq, softirq, steal. Guests' time is in user's; waiting is not work."""
QUIET = 0.05
"""Share of all processors above which others are said to have disturbed."""


@dataclass(frozen=True)
class Moment:
    """Processor seconds since the machine started, and since this process did."""

    at: float
    """Seconds on the monotonic clock."""
    everyone: float
    own: float
    """Of this process and of its children that have ended."""


def now(stat: Path = STAT) -> Moment | None:
    """Read the counters; None where the kernel gives none."""
    if not stat.is_file():
        return None
    fields = [int(word) for word in stat.read_text(encoding="ascii").splitlines()[0].split()[1:]]
    own = os.times()
    busy = sum(fields[column] for column in BUSY_COLUMNS if column < len(fields)) / os.sysconf("SC_CLK_TCK")
    return Moment(time.monotonic(), busy, own.user + own.system + own.children_user + own.children_system)


def others_share(before: Moment | None, after: Moment | None, processors: int) -> float | None:
    """What others took of all processors between two moments, 0..1; None where it is unknown.

    Args:
        before: Earlier.
        after: Later.
        processors: Of the machine.
    """
    if before is None or after is None or after.at <= before.at:
        return None
    others = (after.everyone - before.everyone) - (after.own - before.own)
    return min(1.0, max(0.0, others / (processors * (after.at - before.at))))


def caution(share: float | None) -> str | None:
    """A sentence where the figures should not be believed too readily; None on a quiet machine."""
    if share is None:
        return "It is unknown whether other programs were at work meanwhile."
    if share > QUIET:
        return f"Other programs took {100 * share:.0f} % of the processors meanwhile: measure again on a quiet machine."
    return None
