"""A watchdog around a camera: what hangs or fails is reported and reopened, and an old frame never passes for a new."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from fundusgate.device.cameras.attempt import Attempt, CameraHungError
from fundusgate.device.cameras.base import Camera, CameraClosedError, CameraEndedError, CameraError, CameraTimeoutError
from fundusgate.device.cameras.events import CameraEvent, CameraEventKind, CameraState
from fundusgate.device.cameras.frozen import FrozenWatch
from fundusgate.device.cameras.restarts import RestartBudget, RestartLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.device.cameras.base import Frame

log = logging.getLogger(__name__)

RATE_FRAMES = 20
"""Frames over which the rate is taken."""
PARTING = 2.0
"""Seconds that a camera is given to let its device go."""


class SupervisedCamera(Camera):
    """Passes a camera's frames on and brings it back when it hangs, fails or is unplugged.

    The camera lives in a thread of its own. One that does not answer within `hung_after` is left behind with its
    thread, and another is made; whatever the first still sends is thrown away. Frames are numbered on across
    reopenings. A camera that says that it has no more frames is not reopened.

    Args:
        make: Gives a new camera, not opened, each time.
        hung_after: Seconds without a frame from which the camera is reopened.
        open_within: Seconds that it may take to open.
        slow_below: Frames a second below which a camera with a sensor counts as slow; it is reported and goes on.
        limits: How often it is reopened before it is given up.
        on_event: Called with each event, in the thread that asked for a frame.

    Raises:
        CameraError: `make` refuses.
    """

    def __init__(
        self,
        make: Callable[[], Camera],
        *,
        hung_after: float = 3.0,
        open_within: float = 15.0,
        slow_below: float = 5.0,
        limits: RestartLimits | None = None,
        on_event: Callable[[CameraEvent], None] | None = None,
    ) -> None:
        super().__init__()
        self._make = make
        camera = make()
        self._name, self._has_sensor = camera.name, camera.has_sensor
        self._hung_after = hung_after
        self._open_within = open_within
        self._slow_below = slow_below
        self._limits = RestartLimits() if limits is None else limits
        self._on_event = on_event
        self._attempt: Attempt | None = None
        self._parting: Attempt | None = None
        self._reset()

    def _reset(self) -> None:
        self._budget = RestartBudget(self._limits)
        self._reopen_at = 0.0
        self._restarts = 0
        self._why: str | None = None
        self._over: CameraEndedError | None = None
        self._sending = False
        self._offset: int | None = 0
        self._size: tuple[int, int] | None = None
        self._times: deque[float] = deque(maxlen=RATE_FRAMES)
        self._slow = False
        self._frozen = FrozenWatch()
        self._newest = -math.inf

    @property
    def name(self) -> str:
        """The camera's own."""
        return self._name

    @property
    def has_sensor(self) -> bool:
        """The camera's own."""
        return self._has_sensor

    @property
    def healthy(self) -> bool:
        """Whether the camera is open and sends frames."""
        return self.is_open and self._sending

    @property
    def why(self) -> str | None:
        """What is wrong, in one plain sentence; None while nothing is."""
        return self._why

    @property
    def restarts(self) -> int:
        """How often it has been reopened since it was opened."""
        return self._restarts

    @property
    def rate(self) -> float | None:
        """Frames a second over the last 20; None before there are five."""
        times = list(self._times)
        return (len(times) - 1) / (times[-1] - times[0]) if len(times) >= 5 else None

    @property
    def state(self) -> CameraState:
        """All of it at once."""
        return CameraState(self.healthy, self._why, self._restarts, self.lost, self.rate, self._size)

    def _do_open(self) -> None:
        self._reset()
        attempt = Attempt(self._make, self._closing)
        self._attempt = attempt
        try:
            attempt.wait_until_open(self._open_within, time.monotonic() + self._open_within + 1)
        except CameraError:
            self._let_go()
            raise
        self._tell(CameraEventKind.OPENED, f"{self.name} is open")

    def _do_close(self) -> None:
        self._sending = False
        attempt = self._attempt
        self._let_go()
        if attempt is not None and not attempt.join(PARTING):
            log.warning("%s does not let its device go: unplug it before it is used again", self.name)

    def _do_wake(self) -> None:
        attempt = self._attempt
        if attempt is not None:
            attempt.wake()

    def _do_grab(self, deadline: float) -> Frame:
        while True:
            attempt = self._open_attempt(deadline)
            try:
                frame = attempt.ask(self._grab_job, self._hung_after + 1, deadline)
                if self._is_new(frame):
                    return self._passed_on(frame)
            except (CameraClosedError, CameraTimeoutError):
                raise
            except CameraError as error:
                self._handle(error)

    def _grab_job(self, camera: Camera) -> Frame:
        try:
            return camera.grab(self._hung_after)
        except CameraTimeoutError as error:
            raise CameraHungError(f"the camera sent nothing for {self._hung_after:g} s: {error}") from error

    def _is_new(self, frame: Frame) -> bool:
        """Whether the frame may be shown as live; CameraHungError when there has been none for too long."""
        if self._has_sensor and (still := self._frozen.still_for(frame)) >= self._hung_after:
            raise CameraHungError(f"the camera has sent the same picture for {still:.1f} s")
        if frame.timestamp > self._newest:
            self._newest = frame.timestamp
            return True
        if time.monotonic() - self._newest >= self._hung_after:
            raise CameraHungError(f"the camera sends frames that are not newer than {self._hung_after:g} s")
        return False

    def _do_capture(self, asked: float, deadline: float) -> Frame:
        attempt = self._open_attempt(deadline)
        try:
            still = attempt.ask(
                lambda camera: camera.capture(max(0.001, deadline - time.monotonic())),
                max(self._hung_after, deadline - asked) + 1,
                deadline,
            )
        except (CameraClosedError, CameraTimeoutError):
            raise
        except CameraError as error:
            # no second try here: it would flash again without anybody having pressed
            self._handle(error)
            raise
        self._newest = max(self._newest, still.timestamp)
        return self._numbered(still)

    def _open_attempt(self, deadline: float) -> Attempt:
        """The camera, opened again if that is due; CameraTimeoutError while it is not."""
        while True:
            if self._over is not None:
                raise self._over
            if self._attempt is None:
                self._wait_to_reopen(deadline)
                self._wait_for_the_device()
                self._restarts += 1
                self._attempt = Attempt(self._make, self._closing)
            try:
                self._attempt.wait_until_open(self._open_within, deadline)
            except (CameraClosedError, CameraTimeoutError):
                raise
            except CameraError as error:
                self._handle(error)
            else:
                return self._attempt

    def _wait_to_reopen(self, deadline: float) -> None:
        now = time.monotonic()
        if self._reopen_at > deadline:
            self._pause(deadline - now)
            raise CameraTimeoutError(f"{self._why}; it is opened again in {self._reopen_at - deadline:.1f} s")
        self._pause(self._reopen_at - now)

    def _wait_for_the_device(self) -> None:
        """Give a camera that has failed the time to let its device go; one that hangs is not waited for."""
        parting, self._parting = self._parting, None
        if parting is not None:
            parting.join(PARTING)

    def _handle(self, error: CameraError) -> None:
        """The camera has failed: report it, let it go, and say when it is opened again, if it is."""
        self._parting = None if isinstance(error, CameraHungError) else self._attempt
        self._let_go()
        self._sending = False
        self._offset = None
        self._times.clear()
        self._frozen = FrozenWatch()
        if isinstance(error, CameraEndedError):
            self._finish(str(error))
            return
        self._why = f"{self.name}: {error}"
        hung = isinstance(error, CameraHungError)
        self._tell(CameraEventKind.HUNG if hung else CameraEventKind.FAILED, self._why)
        now = time.monotonic()
        wait = self._budget.spend(now)
        if wait is None:
            minutes = self._limits.window / 60
            self._finish(
                f"{self._why}. It was reopened {self._limits.most} times within {minutes:g} min and is given up: "
                "check its cable and power, then start again"
            )
            return
        self._reopen_at = now + wait

    def _finish(self, text: str) -> None:
        self._why = text
        self._over = CameraEndedError(text)
        self._tell(CameraEventKind.ENDED, text)

    def _let_go(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            attempt.abandon()

    def _passed_on(self, frame: Frame) -> Frame:
        passed = self._numbered(frame)
        if not self._sending:
            self._sending = True
            if self._restarts:
                self._tell(CameraEventKind.RESTORED, f"{self.name} sends frames again")
        height, width = frame.pixels.shape[:2]
        if self._size is not None and self._size != (width, height):
            before = f"{self._size[0]} x {self._size[1]}"
            self._tell(CameraEventKind.RESIZED, f"{self.name} sends {width} x {height} instead of {before}")
        self._size = (width, height)
        self._times.append(frame.timestamp)
        self._watch_the_rate()
        if not self._slow:
            self._why = None
        return passed

    def _numbered(self, frame: Frame) -> Frame:
        """The frame with a number that goes on from those before the last reopening."""
        if self._offset is None:
            self._offset = (-1 if self._last_sequence is None else self._last_sequence) + 1 - frame.sequence
        return replace(frame, sequence=frame.sequence + self._offset) if self._offset else frame

    def _watch_the_rate(self) -> None:
        rate = self.rate
        # a recording is as fast as it was asked to be
        if not self._has_sensor or rate is None or (rate < self._slow_below) == self._slow:
            return
        self._slow = not self._slow
        text = f"{self.name} sends {rate:.1f} frames a second"
        if self._slow:
            text += f", fewer than {self._slow_below:g}: more light, or a smaller picture, may help"
            self._why = text
        self._tell(CameraEventKind.SLOW if self._slow else CameraEventKind.STEADY, text)

    def _tell(self, kind: CameraEventKind, text: str) -> None:
        usual = kind in (CameraEventKind.OPENED, CameraEventKind.RESTORED, CameraEventKind.STEADY)
        log.log(logging.INFO if usual else logging.WARNING, "%s", text)
        if self._on_event is not None:
            self._on_event(CameraEvent(kind, text, time.monotonic()))
