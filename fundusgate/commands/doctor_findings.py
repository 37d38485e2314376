"""What `fundusgate doctor` finds: a sign, a plain sentence, and what to type."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Purpose(str, Enum):
    """What the machine is to be ready for."""

    SCREENING = "screening"
    """A day of patients: the photographs must be taken, judged and kept."""
    BENCHMARK = "benchmark"
    """Figures that can be believed: the same clocks from the first run to the last."""


class Sign(str, Enum):
    """How a finding is to be taken."""

    GOOD = "good"
    WARNING = "warning"
    """Worth knowing; nothing stops."""
    FIX = "fix"
    """To be put right first; the exit code is 1."""


BOTH = frozenset(Purpose)
SCREENING = frozenset({Purpose.SCREENING})
BENCHMARK = frozenset({Purpose.BENCHMARK})


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    topic: str
    sign: Sign
    says: str
    """A plain sentence."""
    fix: str = ""
    """What to type or to do; empty where nothing is to be done."""
    counts_for: frozenset[Purpose] = BOTH
    """For what a `FIX` is one; for anything else it is a warning."""

    def seen_for(self, purpose: Purpose) -> Sign:
        """The sign for one purpose."""
        return Sign.WARNING if self.sign is Sign.FIX and purpose not in self.counts_for else self.sign

    def to_json_object(self, purpose: Purpose) -> dict[str, Any]:
        """One entry of `fundusgate doctor --json`."""
        return {"topic": self.topic, "sign": self.seen_for(purpose).value, "says": self.says, "fix": self.fix}


def good(topic: str, says: str) -> Finding:
    """Nothing to be done."""
    return Finding(topic, Sign.GOOD, says)


def warning(topic: str, says: str, fix: str = "") -> Finding:
    """Worth knowing."""
    return Finding(topic, Sign.WARNING, says, fix)


def to_fix(topic: str, says: str, fix: str, counts_for: frozenset[Purpose] = BOTH) -> Finding:
    """To be put right first."""
    return Finding(topic, Sign.FIX, says, fix, counts_for)
