"""The stills under way: from the request to the disk. Used by the gate's thread alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.live.keeping import Occasion
from fundusgate.live.perception import StillJob

if TYPE_CHECKING:
    from fundusgate.live.camera_loop import CameraLoop
    from fundusgate.live.keeping import Keeping
    from fundusgate.live.mailbox import Mailbox
    from fundusgate.live.messages import JudgedStill, TakenStill
    from fundusgate.runtime.assessment import Assessment
    from fundusgate.runtime.gate.events import JudgeStill, KeepStill, TakeStill

UNUSED = "It came too late or from before the press, and was not judged."


class Stills:
    """Hands stills from the camera to the networks and on to the archive, and loses none that was taken.

    Args:
        camera: takes them.
        mailbox: brings them to the networks.
        keeping: brings them to the disk.
    """

    def __init__(self, camera: CameraLoop, mailbox: Mailbox[StillJob], keeping: Keeping) -> None:
        self._camera = camera
        self._mailbox = mailbox
        self._keeping = keeping
        self._occasions: dict[int, Occasion] = {}
        self._taken: TakenStill | None = None
        self._attempt = 1
        self._judged: JudgedStill | None = None
        self._last_judged: tuple[int, Assessment] | None = None

    def take(self, asked: TakeStill, occasion: Occasion) -> None:
        """Ask the camera for a still."""
        self._occasions[asked.still] = occasion
        self._camera.ask(asked)

    def came(self, taken: TakenStill) -> None:
        """Remember what the camera delivered until the gate has heard of it."""
        self._taken = taken

    def judge(self, asked: JudgeStill) -> None:
        """Bring the still to the networks, and to the disk meanwhile."""
        if self._taken is not None and self._taken.number == asked.still:
            self._attempt = asked.attempt
            self._mailbox.put_job(StillJob(self._taken, asked.attempt))
            self._keeping.stage(self._taken)

    def was_judged(self, judged: JudgedStill) -> None:
        """Remember the networks' word until the gate has heard of it."""
        self._judged = judged
        self._last_judged = (judged.taken.number, judged.assessment)

    def keep(self, asked: KeepStill) -> None:
        """Publish the still with its outcome."""
        judged = self._judged
        if judged is not None and judged.taken.number == asked.still:
            self._keeping.keep(judged, asked, self._occasions.pop(asked.still, Occasion()))
            self._taken = self._judged = None

    def settle(self, awaited: int | None, why: str | None) -> None:
        """Keep a still that the gate has given up, unjudged: a patient has borne its flash.

        Args:
            awaited: the still whose verdict the gate waits for; None where it waits for none.
            why: what the gate says.
        """
        taken = self._taken
        if taken is not None and taken.number != awaited:
            occasion = self._occasions.pop(taken.number, Occasion())
            self._keeping.keep_unjudged(taken, self._attempt, why or UNUSED, occasion)
            self._taken = self._judged = None

    def assessment(self, still: int) -> Assessment | None:
        """What the networks said of a still that has just been kept; None for one that was never judged."""
        last = self._last_judged
        return last[1] if last is not None and last[0] == still else None
