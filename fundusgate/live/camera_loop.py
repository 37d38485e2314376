"""The thread that owns the camera: live frames into the mailbox, a still when one is asked for."""

from __future__ import annotations

import queue
import threading
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from fundusgate.device.cameras.base import CameraEndedError, CameraError, CameraTimeoutError
from fundusgate.live.backoff import Backoff
from fundusgate.live.latency import RateMeter
from fundusgate.live.messages import Health, Part, TakenStill
from fundusgate.runtime.gate.observations import StillFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.device.cameras.base import Camera
    from fundusgate.live.messages import Message
    from fundusgate.runtime.gate.events import TakeStill

SHORTEST_CAPTURE = 0.1
"""Seconds that a camera is given at least for a still, however late it is asked."""


class CameraLoop:
    """Runs a camera. Nobody else may touch it: not every driver serves two threads.

    Args:
        camera: closed; it is opened here, and opened again after it failed.
        put_frame: takes every live frame, and never waits.
        tell: takes messages for the gate's thread, and never waits.
        check_room: raises OSError or RuntimeError where a photograph could not be kept; asked before each still.
        grab_timeout: seconds to wait for a live frame.
        still_timeout: seconds from the press in which a still must come.
    """

    def __init__(
        self,
        camera: Camera,
        put_frame: Callable[..., None],
        tell: Callable[[Message], None],
        check_room: Callable[[], None],
        grab_timeout: float,
        still_timeout: float,
    ) -> None:
        self._camera = camera
        self._put_frame = put_frame
        self._tell = tell
        self._check_room = check_room
        self._grab_timeout = grab_timeout
        self._still_timeout = still_timeout
        self._asked: queue.SimpleQueue[TakeStill] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._rate = RateMeter()
        self._backoff = Backoff()
        self._lost_before = 0
        self._lost_now = 0

    @property
    def name(self) -> str:
        """The camera's name."""
        return self._camera.name

    @property
    def lost(self) -> int:
        """Frames since the start that the camera never delivered."""
        return self._lost_before + self._lost_now

    def frames_per_second(self, now: float) -> float:
        """Frames a second that the camera delivers; `now` in seconds on the monotonic clock."""
        return self._rate.rate(now)

    def ask(self, still: TakeStill) -> None:
        """Have a still taken; answered with TakenStill or StillFailed."""
        self._asked.put(still)

    def stop(self) -> None:
        """Let `run` return soon."""
        self._stopping.set()

    def run(self) -> None:
        """Serve the camera until told to stop, or until it has no more frames."""
        while not self._stopping.is_set():
            try:
                with self._camera:
                    self._serve()
            except CameraEndedError as error:
                self._fail(str(error))
                break
            except CameraError as error:
                self._fail(str(error))
                self._refuse_stills_for(self._backoff.failed(), str(error))
            finally:
                self._lost_before, self._lost_now = self.lost, 0
        self._refuse_stills_for(float("inf"), "The camera has no more pictures: end fundusgate and start it again.")

    def _serve(self) -> None:
        working = False
        while not self._stopping.is_set():
            asked = self._next_asked()
            if asked is not None:
                self._take(asked)
                continue
            try:
                frame = self._camera.grab(self._grab_timeout)
            except CameraTimeoutError as error:
                # a camera under supervision is brought back behind this error; it stays ours
                self._fail(str(error))
                working = False
                continue
            self._put_frame(frame)
            self._rate.add(time.monotonic())
            self._lost_now = self._camera.lost
            if not working:
                self._tell(Health(Part.CAMERA, None))
                self._backoff.worked()
                working = True

    def _next_asked(self) -> TakeStill | None:
        try:
            return self._asked.get_nowait()
        except queue.Empty:
            return None

    def _take(self, asked: TakeStill) -> None:
        try:
            self._check_room()
            left = asked.asked_at + self._still_timeout - time.monotonic()
            frame = self._camera.capture(max(left, SHORTEST_CAPTURE))
        except CameraTimeoutError as error:
            self._tell(StillFailed(asked.still, str(error)))
        except RuntimeError as error:
            # the camera's fault, or the archive's, which has no room
            self._tell(StillFailed(asked.still, str(error)))
            if isinstance(error, CameraError):
                raise
        else:
            came = time.monotonic()
            taken_at = datetime.now(timezone.utc) - timedelta(seconds=came - frame.timestamp)
            self._tell(TakenStill(asked.still, asked.trigger, asked.asked_at, frame, taken_at, came))

    def _fail(self, why: str) -> None:
        self._tell(Health(Part.CAMERA, why))

    def _refuse_stills_for(self, seconds: float, why: str) -> None:
        """Wait, and answer every press meanwhile."""
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and time.monotonic() < until:
            try:
                asked = self._asked.get(timeout=min(0.05, max(until - time.monotonic(), 0.001)))
            except queue.Empty:
                continue
            self._tell(StillFailed(asked.still, why))
