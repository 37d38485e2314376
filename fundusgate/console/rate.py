"""A token bucket: so many at once, so many a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class TokenBucket:
    """Says yes up to `burst` times at once, and `rate` times a second in the long run.

    Args:
        rate: Tokens a second, over 0.
        burst: Most tokens held, at least 1; the bucket begins full.
        clock: Seconds that only grow.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        if not rate > 0 or burst < 1:
            raise ValueError(f"a bucket needs a rate over 0 and a burst of 1 at least, got {rate} and {burst}")
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._at = clock()

    def take(self) -> bool:
        """Take one token, if there is one."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
