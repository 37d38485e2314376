"""Numbers and times for the frames of a camera that gives them less than that."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

KNOWN = 9
"""Intervals from which the usual one is taken."""


class TimedNumbering:
    """Infers which frames are missing from the times of those that came.

    An interval near a multiple of the usual one means that frames between are missing. It is an estimate: a camera that
    halves its rate because it has become dark looks for a few frames like one that loses every second frame.
    """

    def __init__(self) -> None:
        self._intervals: deque[float] = deque(maxlen=KNOWN)
        self._last: float | None = None
        self._number = -1

    def number(self, timestamp: float, usual: float | None = None) -> int:
        """The number of the frame with this time.

        Args:
            timestamp: Seconds, later than the last.
            usual: Seconds between frames just now, where the camera knows; the median of the last ones otherwise.
        """
        step = 1
        if self._last is not None:
            interval = timestamp - self._last
            if usual is None and len(self._intervals) >= KNOWN // 2:
                usual = median(self._intervals)
            if usual:
                step = max(1, round(interval / usual))
            self._intervals.append(interval)
        self._last = timestamp
        self._number += step
        return self._number


class RisingTimes:
    """Makes each frame's time later than that of the one before, by the least that a float can tell apart.

    Two frames may come with one time from a coarse clock, or out of order from an estimate.
    """

    def __init__(self) -> None:
        self._newest = -math.inf

    def after_the_last(self, timestamp: float) -> float:
        """The time, in seconds, or the next one after the last if it is not later."""
        self._newest = max(timestamp, math.nextafter(self._newest, math.inf))
        return self._newest
