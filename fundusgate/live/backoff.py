"""How long to wait before what failed is tried again: doubled from failure to failure, up to a limit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Backoff:
    """Waits of one thing that may fail.

    Attributes:
        first: seconds after the first failure.
        longest: seconds at most.
    """

    first: float = 0.25
    longest: float = 8.0
    _failures: int = 0

    def failed(self) -> float:
        """Count a failure; returns the seconds to wait before the next try."""
        wait = min(self.longest, self.first * 2.0 ** min(self._failures, 60))
        self._failures += 1
        return wait

    def worked(self) -> None:
        """Forget the failures."""
        self._failures = 0
