"""A stand-in for OpenCV's V4L2 capture: frames exposed by the clock, four of them queued, the rest dropped."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import Any

import cv2
import numpy as np

BUFFERS = 4


class FakeVideoCapture:
    """Keeps what `cv2.VideoCapture` documents for V4L2.

    Args:
        fps: its rate.
        formats: the pixel formats that it has; the last one is what it falls back to.
        timed: whether its driver gives times on the monotonic clock.
        damaged: which of the frames that are handed over are cut off, counted from 0.
        ends: number of the frame from which it sends nothing, as when it is unplugged.
    """

    def __init__(
        self,
        fps: float = 200,
        formats: tuple[str, ...] = ("MJPG", "YUYV"),
        timed: bool = True,
        damaged: tuple[int, ...] = (),
        ends: float = math.inf,
    ) -> None:
        self.fps = fps
        self.formats = formats
        self.timed = timed
        self.damaged = damaged
        self.ends = ends
        self.properties: dict[int, float] = {
            cv2.CAP_PROP_FRAME_WIDTH: 64,
            cv2.CAP_PROP_FRAME_HEIGHT: 48,
            cv2.CAP_PROP_CONVERT_RGB: 1,
            cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*formats[-1]),
            cv2.CAP_PROP_FPS: fps,
        }
        self.asked: list[tuple[int, float]] = []
        self.released = 0
        self.handed = 0
        self.dropped = 0
        self._began: float | None = None
        self._queue: deque[int] = deque()
        self._exposed = 0
        self._current: int | None = None

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return not self.released

    def release(self) -> None:
        self.released += 1

    def set(self, propId: int, value: float) -> bool:  # noqa: N803 - OpenCV's name
        self.asked.append((propId, value))
        if propId == cv2.CAP_PROP_FOURCC and value not in [cv2.VideoWriter.fourcc(*name) for name in self.formats]:
            return False
        self.properties[propId] = value
        return True

    def get(self, propId: int) -> float:  # noqa: N803 - OpenCV's name
        if propId == cv2.CAP_PROP_POS_MSEC:
            if self._current is None or not self.timed:
                return 0.0
            return self.arrival(self._current) * 1000
        return self.properties.get(propId, 0.0)

    def arrival(self, number: int) -> float:
        assert self._began is not None
        return self._began + (number + 1) / self.fps

    def grab(self) -> bool:
        assert not self.released, "grabbed after release"
        if self._began is None:
            self._began = time.monotonic()
        self._fill()
        if not self._queue:
            if self._exposed >= self.ends:
                return False
            time.sleep(max(0.0, self.arrival(self._exposed) - time.monotonic()))
            self._fill()
        self._current = self._queue.popleft()
        return True

    def _fill(self) -> None:
        while self._exposed < self.ends and self.arrival(self._exposed) <= time.monotonic():
            if len(self._queue) < BUFFERS:
                self._queue.append(self._exposed)
            else:
                self.dropped += 1
            self._exposed += 1

    def retrieve(self) -> tuple[bool, Any]:
        assert self._current is not None
        self.handed += 1
        size = int(self.get(cv2.CAP_PROP_FRAME_HEIGHT)), int(self.get(cv2.CAP_PROP_FRAME_WIDTH))
        # OpenCV's order: blue, green, red
        bgr = np.full((*size, 3), (10, 90, 200), np.uint8)
        if self.properties[cv2.CAP_PROP_CONVERT_RGB]:
            return True, bgr
        data = cv2.imencode(".jpg", bgr)[1].ravel()
        if self.handed - 1 in self.damaged:
            data = data[: len(data) // 2]
        # a driver that fills the buffer up
        return True, np.concatenate([data, np.zeros(16, np.uint8)])[None]
