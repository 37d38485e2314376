"""One opening of a camera, in a thread of its own that may hang without taking anybody along."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from fundusgate.device.cameras.base import CameraClosedError, CameraError, CameraTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.device.cameras.base import Camera, Frame

log = logging.getLogger(__name__)


class CameraHungError(CameraError):
    """The camera does not answer, or sends nothing."""


class Attempt:
    """Makes, opens, asks and closes a camera in one thread.

    A call that is not answered in time leaves the thread with its device to itself: `abandon` it and start another.
    The thread closes the camera if it ever wakes, and what it brings then is thrown away.

    Args:
        make: Gives the camera, not opened.
        closing: Set by whoever must not wait any longer; call `wake` after it.
    """

    def __init__(self, make: Callable[[], Camera], closing: threading.Event) -> None:
        self._make = make
        self._closing = closing
        self._changed = threading.Condition()
        self._camera: Camera | None = None
        self._opened = False
        self._job: Callable[[Camera], Frame] | None = None
        self._asked_at = time.monotonic()
        self._answer: Frame | CameraError | None = None
        self._abandoned = False
        self._finished = False
        # a daemon: a driver that hangs must not keep the program from ending
        self._thread = threading.Thread(target=self._work, name="camera", daemon=True)
        self._thread.start()

    def wait_until_open(self, hung_after: float, deadline: float) -> None:
        """Wait for the camera to be open.

        Args:
            hung_after: Seconds since the start from which it counts as hung.
            deadline: When to give up waiting, on the monotonic clock.

        Raises:
            CameraHungError: It hangs.
            CameraTimeoutError: The deadline has passed first.
            CameraError: It cannot be opened.
        """
        with self._changed:
            self._wait(lambda: self._opened, hung_after, deadline, "did not open")

    def ask(self, job: Callable[[Camera], Frame], hung_after: float, deadline: float) -> Frame:
        """Have the thread do `job`.

        A job that an earlier caller gave up waiting for is waited for first; what it brings is thrown away, unless it
        is the same one.

        Args:
            job: Calls the camera's `grab` or `capture`.
            hung_after: Seconds from which a job counts as hung.
            deadline: When to give up waiting, on the monotonic clock.

        Raises:
            CameraHungError: The camera hangs.
            CameraTimeoutError: The deadline has passed first; or the job itself said so.
            CameraError: What the job raised.
        """
        with self._changed:
            if self._job is not None and self._job != job:
                self._wait(lambda: self._job is None, hung_after, deadline, "sent nothing")
            if self._job is None:
                # whatever was brought for a caller who has left is old by now
                self._begin(job)
            self._wait(lambda: self._job is None, hung_after, deadline, "sent nothing")
            answer, self._answer = self._answer, None
        if isinstance(answer, CameraError):
            raise answer
        if answer is None:
            raise CameraHungError("the camera's answer was lost")
        return answer

    def wake(self) -> None:
        """Have waiting callers look at `closing`."""
        with self._changed:
            self._changed.notify_all()

    def abandon(self) -> None:
        """Want nothing more of it; never waits."""
        with self._changed:
            self._abandoned = True
            camera = self._camera
            self._changed.notify_all()
        if camera is not None:
            camera.interrupt()

    def join(self, timeout: float) -> bool:
        """Wait for an abandoned thread to let the device go; whether it has."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _begin(self, job: Callable[[Camera], Frame]) -> None:
        self._answer = None
        self._job = job
        self._asked_at = time.monotonic()
        self._changed.notify_all()

    def _wait(self, done: Callable[[], bool], hung_after: float, deadline: float, words: str) -> None:
        while not done():
            if self._closing.is_set():
                raise CameraClosedError("the camera was closed")
            if self._finished:
                error, self._answer = self._answer, None
                if isinstance(error, CameraError):
                    raise error
                raise CameraError("the camera's thread ended by a fault of the program: the log has it")
            now = time.monotonic()
            if now >= self._asked_at + hung_after:
                raise CameraHungError(f"the camera {words} for {now - self._asked_at:.1f} s")
            if now >= deadline:
                raise CameraTimeoutError(f"the camera {words} in time; it has {hung_after:g} s before it is reopened")
            self._changed.wait(min(deadline, self._asked_at + hung_after) - now)

    def _work(self) -> None:
        try:
            camera = self._make()
            with self._changed:
                self._camera = camera
            with camera:
                self._serve(camera)
        except CameraError as error:
            self._end(error)
        finally:
            # also after a fault that is no camera's: it goes on to the thread's excepthook, and nobody waits for it
            self._end(None)

    def _serve(self, camera: Camera) -> None:
        with self._changed:
            self._opened = True
            self._changed.notify_all()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._abandoned or self._job is not None)
                job = self._job
                if self._abandoned or job is None:
                    return
            answer: Frame | CameraError
            over = False
            try:
                answer = job(camera)
            except CameraError as error:
                # told before the device is let go, which may hang
                answer = error
                over = not isinstance(error, CameraTimeoutError)
            with self._changed:
                if self._abandoned:
                    log.info("%s woke after it had been given up; what it sent is thrown away", camera.name)
                    return
                self._job, self._answer = None, answer
                self._changed.notify_all()
            if over:
                return

    def _end(self, error: CameraError | None) -> None:
        with self._changed:
            self._answer = self._answer if error is None else error
            self._finished = True
            self._changed.notify_all()
