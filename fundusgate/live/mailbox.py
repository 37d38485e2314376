"""What the networks do next: a still first, else the newest frame. Older frames are dropped and counted."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from fundusgate.device.cameras.base import Frame

Job = TypeVar("Job")


class Mailbox(Generic[Job]):
    """Holds one frame at most, and the jobs that go before it; safe to share between threads."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._jobs: deque[Job] = deque()
        self._dropped = 0
        self._live = True
        self._closed = False
        self._changed = threading.Condition()

    @property
    def dropped(self) -> int:
        """Frames that nobody looked at, because a newer one had come or a still went first."""
        return self._dropped

    def put_frame(self, frame: Frame) -> None:
        """Leave the newest frame; never waits."""
        with self._changed:
            self._dropped += self._frame is not None
            self._frame = frame
            self._changed.notify()

    def put_job(self, job: Job) -> None:
        """Leave a job that goes before any frame; never waits."""
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()

    def let_frames(self, through: bool) -> None:
        """Hold frames back while the processor belongs to a still, or let them through again."""
        with self._changed:
            self._live = through
            self._changed.notify()

    def take(self, timeout: float) -> Job | Frame | None:
        """The next job, else the newest frame; None when neither comes in time or the mailbox is closed.

        Args:
            timeout: seconds to wait at most.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._jobs or (self._live and self._frame), timeout)
            if self._closed:
                return None
            if self._jobs:
                return self._jobs.popleft()
            if not self._live:
                return None
            frame, self._frame = self._frame, None
            return frame

    def close(self) -> None:
        """Wake whoever waits; nothing more is handed out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
