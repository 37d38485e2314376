"""A camera that does what its test tells it to."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import numpy as np

from fundusgate.device.cameras.base import Camera, CameraError, CameraTimeoutError, Frame


@dataclass
class Plan:
    """What the cameras of one test do; each opening takes the next.

    Attributes:
        frames: how many frames come before `then`.
        then: "go on", "hang", "fail", "starve" (nothing comes, as the camera itself notices), "freeze" (the same
            picture), "rewind" (old timestamps), "resize", "crawl" (5 times slower).
        opens: "well", "fail", "hang".
        closes: "well", "hang".
        interval: seconds between frames.
    """

    frames: int = 10**9
    then: str = "go on"
    opens: str = "well"
    closes: str = "well"
    interval: float = 0.002


@dataclass
class Stage:
    """Where the cameras of one test meet: their plans, what was opened and closed, and a door that hung calls wait at.

    Attributes:
        plans: one an opening; the last one serves all further openings.
    """

    plans: list[Plan]
    opened: int = 0
    closed: int = 0
    hung: int = 0
    door: threading.Event = field(default_factory=threading.Event)

    def make(self) -> PlannedCamera:
        return PlannedCamera(self)


class PlannedCamera(Camera):
    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage
        self._plan = stage.plans[0]
        self._sent = 0
        self._random = np.random.default_rng(0)

    @property
    def name(self) -> str:
        return "planned"

    def _do_open(self) -> None:
        self._plan = self._stage.plans[min(self._stage.opened, len(self._stage.plans) - 1)]
        self._stage.opened += 1
        if self._plan.opens == "hang":
            self._hang()
        if self._plan.opens == "fail":
            raise CameraError("no such device; plug it in")
        self._sent = 0

    def _do_close(self) -> None:
        if self._plan.closes == "hang":
            self._hang()
        self._stage.closed += 1

    def _hang(self) -> None:
        # as a driver does: no deadline, no interruption
        self._stage.hung += 1
        self._stage.door.wait()

    def _do_grab(self, deadline: float) -> Frame:
        turn = self._sent >= self._plan.frames
        then = self._plan.then if turn else "go on"
        time.sleep(self._plan.interval * (5 if then == "crawl" else 1))
        if then == "hang":
            self._hang()
        if then == "fail":
            raise CameraError("unplugged; plug it in again")
        if then == "starve":
            time.sleep(max(0.0, deadline - time.monotonic()))
            raise CameraTimeoutError("select() timed out")
        side = 24 if then == "resize" else 16
        number, self._sent = self._sent, self._sent + 1
        pixels = self._random.integers(50, 200, (side, side, 3), np.uint8)
        if then == "freeze":
            pixels[:] = 77
        timestamp = time.monotonic() - (3600 if then == "rewind" else 0)
        return Frame(pixels, timestamp, number, {"opening": self._stage.opened})
