"""Everybody who works for the live gate, and their threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.live.camera_loop import CameraLoop
from fundusgate.live.keeping import Keeping
from fundusgate.live.mailbox import Mailbox
from fundusgate.live.perception import Perception, StillJob
from fundusgate.live.pictures import Preview
from fundusgate.live.rates import rates_of
from fundusgate.live.stills import Stills
from fundusgate.live.strip import Strip
from fundusgate.live.watch import Watch
from fundusgate.live.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.device.cameras.base import Camera
    from fundusgate.live.keeping import CaptureStore
    from fundusgate.live.messages import Message
    from fundusgate.live.settings import LiveSettings
    from fundusgate.live.snapshot import Rates
    from fundusgate.runtime.assessor import Assessor

PARTING = 5.0
"""Seconds that each thread is given to end; the archive's first of all, so that what was taken is kept."""


class Crew:
    """Camera, networks and archive, each in a thread of its own.

    Args:
        camera: closed.
        assessor: open.
        store: the archive, open.
        tell: takes messages for the gate's thread, and never waits.
        settings: the live gate's.
    """

    def __init__(
        self,
        camera: Camera,
        assessor: Assessor,
        store: CaptureStore,
        tell: Callable[[Message], None],
        settings: LiveSettings,
    ) -> None:
        self.mailbox: Mailbox[StillJob] = Mailbox()
        self.perception = Perception(assessor, self.mailbox, tell, settings)
        self.keeping = Keeping(store, camera.name, assessor, tell)
        self.camera = CameraLoop(
            camera,
            self.mailbox.put_frame,
            tell,
            self.keeping.check_room,
            settings.grab_timeout,
            settings.gate.still_timeout,
        )
        self.stills = Stills(self.camera, self.mailbox, self.keeping)
        self.strip = Strip(settings.strip)
        self.preview = Preview()
        self._workers = (
            Worker("camera", self.camera.run),
            Worker("networks", self.perception.run),
            Worker("archive", self.keeping.run),
        )
        self.watch = Watch(self.perception, self._workers)

    def rates(self, now: float) -> Rates:
        """How the loop is doing; `now` in seconds on the monotonic clock."""
        return rates_of(self.camera, self.mailbox, self.perception, now)

    def start(self) -> None:
        """Start every thread."""
        for worker in self._workers:
            worker.start()

    def stop(self) -> list[str]:
        """End every thread: first what brings work, then what does it.

        Returns:
            The names of those that did not end in time: a camera or a network that hangs.
        """
        for stop in (self.camera.stop, self.perception.stop, self.keeping.stop):
            stop()
        return [worker.name for worker in self._workers if not worker.join(PARTING)]
