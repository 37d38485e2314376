"""How long things take: a histogram that keeps every value, and the rate of events.

Buckets of equal ratio, as in HdrHistogram (Tene, 2013): the error of a percentile is a fixed share of it, whether it
is a millisecond or a minute, and nothing is clipped or averaged away. The largest value is kept as it was.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

RESOLUTION = 0.02
"""Relative width of a bucket."""
PERCENTILES = (50, 90, 99)

_LOG_STEP = math.log1p(RESOLUTION)


class Histogram:
    """Durations since the start, in buckets of equal ratio; safe to share between threads."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._count = 0
        self._largest = 0.0
        self._lock = threading.Lock()

    def add(self, value: float) -> None:
        """Record one duration.

        Args:
            value: any unit, above zero; zero and less (a clock's rounding) counts as the smallest duration.

        Raises:
            ValueError: not finite.
        """
        if not math.isfinite(value):
            raise ValueError(f"a duration must be finite, got {value}")
        bucket = math.floor(math.log(max(value, 1e-6)) / _LOG_STEP)
        with self._lock:
            self._counts[bucket] = self._counts.get(bucket, 0) + 1
            self._count += 1
            self._largest = max(self._largest, value)

    @property
    def count(self) -> int:
        """How many durations were recorded."""
        return self._count

    def percentile(self, percent: float) -> float:
        """The duration that `percent` of all are at most, to within `RESOLUTION`; not-a-number when there are none.

        Args:
            percent: over 0, at most 100.
        """
        with self._lock:
            if not self._count:
                return math.nan
            rank, seen = math.ceil(percent / 100 * self._count), 0
            for bucket in sorted(self._counts):
                seen += self._counts[bucket]
                if seen >= rank:
                    # the upper end, so that a percentile is never told too low
                    return min(math.exp((bucket + 1) * _LOG_STEP), self._largest)
            return self._largest

    def summary(self) -> Mapping[str, float]:
        """`p50`, `p90`, `p99` and `max`; empty when there are none."""
        if not self._count:
            return {}
        return {f"p{percent}": self.percentile(percent) for percent in PERCENTILES} | {"max": self._largest}


class RateMeter:
    """Events a second over the last few seconds, with the clock passed in; safe to share between threads.

    Args:
        window: seconds that are looked back.
    """

    def __init__(self, window: float = 3.0) -> None:
        self._window = window
        self._times: deque[float] = deque()
        self._first: float | None = None
        self._lock = threading.Lock()

    def add(self, now: float) -> None:
        """Count one event."""
        with self._lock:
            if self._first is None:
                self._first = now
            self._times.append(now)
            self._forget(now)

    def rate(self, now: float) -> float:
        """Events a second, zero when there were none; a start shorter ago than the window is reckoned with."""
        with self._lock:
            self._forget(now)
            if self._first is None or now <= self._first:
                return 0.0
            return len(self._times) / max(min(self._window, now - self._first), 1e-3)

    def _forget(self, now: float) -> None:
        # the deque is short: at 60 frames a second 180 times
        while self._times and self._times[0] <= now - self._window:
            self._times.popleft()
