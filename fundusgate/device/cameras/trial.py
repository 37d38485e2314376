"""A short try of a camera: does it send what it says, as fast as it says?"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from fundusgate.device.cameras.base import CameraEndedError, CameraError

if TYPE_CHECKING:
    from fundusgate.device.cameras.base import Camera, Frame


@dataclass(frozen=True)
class Trial:
    """What a camera sent.

    Attributes:
        frames: How many frames came.
        sizes: Every size that came, width and height, in the order of their coming.
        first_after: Seconds from opening to the first frame.
        intervals: Seconds between frames, by their own times.
        ages: Seconds from the beginning of each frame's exposure until it was here.
        lost: Frames that were exposed and never came.
        last: The last frame.
    """

    frames: int
    sizes: tuple[tuple[int, int], ...]
    first_after: float
    intervals: tuple[float, ...]
    ages: tuple[float, ...]
    lost: int
    last: Frame

    @property
    def rate(self) -> float | None:
        """Frames a second that came; None of fewer than two frames."""
        total = sum(self.intervals)
        return len(self.intervals) / total if total > 0 else None

    @property
    def usual_interval(self) -> float | None:
        """The median of the intervals in seconds; None of fewer than two frames."""
        return median(self.intervals) if self.intervals else None

    def histogram(self, bins: int = 8) -> list[tuple[float, float, int]]:
        """How often which interval came: (from, to, count), in seconds, without empty bins at the end.

        Args:
            bins: How many bins of the same width, at least 1.
        """
        if not self.intervals:
            return []
        low, high = min(self.intervals), max(self.intervals)
        # below a tenth of a millisecond there is nothing to tell apart
        width = max((high - low) / bins, 1e-4)
        counts = [0] * bins
        for interval in self.intervals:
            counts[min(bins - 1, int((interval - low) / width))] += 1
        while not counts[-1]:
            counts.pop()
        return [(low + number * width, low + (number + 1) * width, count) for number, count in enumerate(counts)]


def try_camera(camera: Camera, frames: int, timeout: float = 5.0) -> Trial:
    """Take frames from an open camera.

    Args:
        camera: Open; nothing else may take frames from it meanwhile.
        frames: How many, at least 1; fewer come of a recording that is shorter.
        timeout: Seconds to wait for each.

    Raises:
        CameraError: The camera fails, or sends nothing.
        ValueError: frames is less than 1.
    """
    if frames < 1:
        raise ValueError(f"frames must be at least 1, got {frames}")
    began = time.monotonic()
    first_after = 0.0
    times: list[float] = []
    ages: list[float] = []
    sizes: dict[tuple[int, int], None] = {}
    last: Frame | None = None
    while len(times) < frames:
        try:
            last = camera.grab(timeout)
        except CameraEndedError:
            if last is None:
                raise
            break
        now = time.monotonic()
        if not times:
            first_after = now - began
        times.append(last.timestamp)
        ages.append(now - last.timestamp)
        sizes[last.pixels.shape[1], last.pixels.shape[0]] = None
    if last is None:
        raise CameraError(f"{camera.name} sent nothing")
    intervals = tuple(after - before for before, after in itertools.pairwise(times))
    return Trial(len(times), tuple(sizes), first_after, intervals, tuple(ages), camera.lost, last)
