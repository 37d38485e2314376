"""When the frames of a camera that is only played are due."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from fundusgate.device.cameras.base import CameraTimeoutError
from fundusgate.device.cameras.numbering import RisingTimes

if TYPE_CHECKING:
    from collections.abc import Callable


class Pace:
    """Numbers frames by the clock, as a sensor does that exposes at a steady rate whether or not anybody looks.

    A caller who is late gets the newest frame that is due, and its number jumps. Without a rate every frame is due when
    it is asked for and no number is left out. The first frame has number 0 whenever it is asked for.

    Args:
        fps: Frames a second, over 0, or None for no rate.
        pause: Sleeps for so many seconds; may raise to break off.
    """

    def __init__(self, fps: float | None, pause: Callable[[float], None]) -> None:
        self._fps = fps
        self._pause = pause
        self._begun: float | None = None
        self._next = 0
        self._times = RisingTimes()

    def wait(self, deadline: float) -> tuple[int, float]:
        """Wait for the next frame's turn.

        Returns:
            Its number, from 0, and its time on the monotonic clock.

        Raises:
            CameraTimeoutError: It is due only after `deadline`; the frame stays the next one.
        """
        number = self._next
        timestamp = time.monotonic()
        if self._fps is not None:
            begun = self._begun = timestamp if self._begun is None else self._begun
            number = max(number, math.floor((timestamp - begun) * self._fps))
            timestamp = begun + number / self._fps
            self._wait_until(timestamp, deadline)
        self._next = number + 1
        return number, self._times.after_the_last(timestamp)

    def _wait_until(self, due: float, deadline: float) -> None:
        if due > deadline:
            self._pause(deadline - time.monotonic())
            raise CameraTimeoutError(f"no frame in time: at {self._fps:g} frames a second wait longer")
        self._pause(due - time.monotonic())
