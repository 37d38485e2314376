"""The live gate as screens and the service see it."""

from __future__ import annotations

import logging
import queue
import time
from typing import TYPE_CHECKING

from fundusgate.archive.errors import ArchiveError
from fundusgate.device.photograph import PhotographError, read_photograph
from fundusgate.live.conductor import Conductor
from fundusgate.live.crew import PARTING, Crew
from fundusgate.live.messages import Ordered
from fundusgate.live.orders import CommandRefused, check
from fundusgate.live.pictures import jpeg
from fundusgate.live.settings import LiveSettings
from fundusgate.live.worker import Worker
from fundusgate.runtime.gate.state import BUSY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from fundusgate.device.cameras.base import Camera
    from fundusgate.live.commands import Command
    from fundusgate.live.keeping import CaptureStore
    from fundusgate.live.messages import Message
    from fundusgate.live.snapshot import Snapshot
    from fundusgate.runtime.assessor import Assessor
    from fundusgate.runtime.gate.events import Event

__all__ = ["CommandRefused", "LiveGate"]

log = logging.getLogger(__name__)


class LiveGate:
    """Camera in, guidance out, every capture kept; use it as a context manager. Every method serves any thread.

    Args:
        camera: not opened; the live gate opens it, and opens it again after it failed. Best under supervision
            (`SupervisedCamera`): a plain camera that hangs closes the gate and is never brought back.
        assessor: open; stays open afterwards.
        archive: open; stays open afterwards.
        settings: every setting; None for the usual ones.
        on_event: called with everything that the gate asks for and announces, in the gate's thread; must not wait.

    Example:
        ```python
        with Assessor.open() as assessor, Archive.open(folder) as archive:
            with LiveGate(open_camera("sim://"), assessor, archive) as gate:
                snapshot = gate.wait_for_newer(0, timeout=5)
                gate.submit(Press())
        ```
    """

    def __init__(
        self,
        camera: Camera,
        assessor: Assessor,
        archive: CaptureStore,
        settings: LiveSettings | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        settings = LiveSettings() if settings is None else settings
        self._settings = settings
        self._archive = archive
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._crew = Crew(camera, assessor, archive, self._inbox.put, settings)
        self._conductor = Conductor(self._inbox, self._crew, settings, on_event)
        self._worker = Worker("gate", self._conductor.run)

    def __enter__(self) -> Self:
        self._worker.start()
        self._crew.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish_still()
        left = self._crew.stop()
        self._conductor.stop()
        self._worker.join(PARTING)
        if left:
            log.warning("these parts do not end and are left behind: %s", ", ".join(left))

    def _finish_still(self) -> None:
        """Let a still that is under way reach the disk."""
        until = time.monotonic() + PARTING
        snapshot = self.snapshot()
        while snapshot.phase in BUSY and time.monotonic() < until and self.alive:
            snapshot = self.wait_for_newer(snapshot.revision, 0.2) or snapshot

    @property
    def alive(self) -> bool:
        """Whether every thread lives and no network has hung for too long: what a service's watchdog should ask."""
        lost = self._crew.perception.hung_for(time.monotonic()) or 0.0
        return not self._worker.died and not self._crew.watch.died and lost <= self._settings.lost_after

    def submit(self, command: Command) -> None:
        """Ask for something; what comes of it is in a later snapshot.

        Raises:
            CommandRefused: it makes no sense now; the message is one plain sentence for the operator.
        """
        check(command, self._conductor.state)
        self._inbox.put(Ordered(command))

    def snapshot(self) -> Snapshot:
        """How things stand."""
        return self._conductor.board.newest

    def wait_for_newer(self, revision: int, timeout: float) -> Snapshot | None:
        """The newest snapshot after a revision; a slow reader misses those between, and holds nobody up.

        Args:
            revision: the newest that the caller has seen.
            timeout: seconds to wait at most.

        Returns:
            None when there is none in time.
        """
        return self._conductor.board.wait_for_newer(revision, timeout)

    def preview(self, max_side: int) -> tuple[int, bytes] | None:
        """The newest assessed frame, encoded in the caller's thread, and once however many ask.

        Args:
            max_side: longer side at most, pixels.

        Returns:
            Its sequence number and a JPEG; None before the first frame and while the gate is closed.
        """
        return self._crew.preview.get(max_side)

    def capture_thumbnail(self, capture: str, max_side: int) -> bytes:
        """A capture's photograph made small, as JPEG.

        Args:
            capture: the archive's identifier.
            max_side: longer side at most, pixels.

        Raises:
            LookupError: the archive holds no such photograph, or it cannot be read.
        """
        small = self._crew.strip.thumbnail(capture, max_side)
        if small is not None:
            return small
        try:
            return jpeg(read_photograph(self._archive.photograph_path(capture)), max_side)
        except (ArchiveError, PhotographError, ValueError) as error:
            raise LookupError(f"there is no picture of capture {capture}: {error}") from error

    def latencies(self) -> Mapping[str, Mapping[str, float]]:
        """Milliseconds since the start by stage: p50, p90, p99, max, nothing clipped.

        Stages: "preprocess", "map", "score", "guidance" (from a frame's exposure to its guidance) and "still" (all of
        the networks on a still).
        """
        return {name: stage.summary() for name, stage in self._crew.perception.stages.items()}
