"""How often a camera may be reopened, and how long to wait before."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RestartLimits:
    """How patient a supervisor is.

    Attributes:
        most: Reopenings allowed within `window`.
        window: Seconds.
        first_wait: Seconds before the first reopening; each further one within the window waits twice as long.
        longest_wait: Seconds that no wait exceeds.
    """

    most: int = 10
    window: float = 300.0
    first_wait: float = 0.2
    longest_wait: float = 10.0

    def __post_init__(self) -> None:
        if self.most < 0 or not self.window > 0:
            raise ValueError(f"a budget is 0 or more restarts in over 0 seconds, got {self.most} in {self.window}")
        if not 0 <= self.first_wait <= self.longest_wait:
            raise ValueError(f"waits must be 0 <= first <= longest, got {self.first_wait} and {self.longest_wait}")


@dataclass
class RestartBudget:
    """The reopenings of one camera, as they are used up and come free again."""

    limits: RestartLimits = field(default_factory=RestartLimits)
    used: deque[float] = field(default_factory=deque)

    def spend(self, now: float) -> float | None:
        """Take one reopening; how long to wait before it, or None when there is none left.

        Args:
            now: Seconds on the monotonic clock.
        """
        while self.used and now - self.used[0] >= self.limits.window:
            self.used.popleft()
        before = len(self.used)
        if before >= self.limits.most:
            return None
        self.used.append(now)
        # a float's exponent ends at 1023
        return min(self.limits.longest_wait, self.limits.first_wait * 2.0 ** min(before, 64))
