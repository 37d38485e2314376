"""The thread that owns the archive: a photograph goes to the disk while it is judged, and is published after that."""

from __future__ import annotations

import logging
import queue
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol

from fundusgate.archive.errors import ArchiveError
from fundusgate.archive.record import CaptureDraft, GivenUp, ModelUsed, Override
from fundusgate.live.messages import Kept
from fundusgate.live.pictures import small_picture
from fundusgate.runtime.gate.events import Outcome
from fundusgate.runtime.gate.observations import StillFailed, StillKept

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fundusgate.archive.record import CaptureRecord
    from fundusgate.archive.room import Room
    from fundusgate.archive.store import StagedPhotograph
    from fundusgate.codes import Laterality
    from fundusgate.device.cameras.base import Frame
    from fundusgate.live.messages import JudgedStill, Message, TakenStill
    from fundusgate.runtime.assessor import Assessor
    from fundusgate.runtime.gate.events import KeepStill
    from fundusgate.runtime.gate.state import Field, Reason

log = logging.getLogger(__name__)

THUMBNAIL = 640
"""Longer side of the small picture that the strip keeps of a capture, pixels."""


class CaptureStore(Protocol):
    """What the live gate needs of an archive (`fundusgate.archive.store.Archive` is one)."""

    def room(self) -> Room:
        """Whether another photograph can be kept."""

    def stage(self, frame: Frame) -> StagedPhotograph:
        """Put a photograph on the disk before it has been judged."""

    def keep_staged(self, draft: CaptureDraft, staged: StagedPhotograph) -> CaptureRecord:
        """Publish it with what is known of it; returns once it is safe."""

    def amend(self, id_: str, override: Override | None = None, given_up: GivenUp | None = None) -> CaptureRecord:
        """Add to a capture's record."""

    def photograph_path(self, id_: str) -> Path:
        """Where a capture's photograph lies."""


@dataclass(frozen=True)
class Occasion:
    """Who was photographed, by whom, and of what: as it was at the press.

    Attributes:
        patient: who; None while not entered.
        operator: who holds the camera; None while not signed in.
        laterality: which eye.
        field: which field.
    """

    patient: str | None = None
    operator: str | None = None
    laterality: Laterality | None = None
    field: Field | None = None


class Keeping:
    """Serves the archive, one thing after the other. Patient identifiers are written to it, and to no log.

    Args:
        store: the archive, open.
        camera: the camera's name.
        assessor: whose networks judge; only asked which they are.
        tell: takes messages for the gate's thread, and never waits.
    """

    def __init__(self, store: CaptureStore, camera: str, assessor: Assessor, tell: Callable[[Message], None]) -> None:
        self._store = store
        self._camera = camera
        self._models = tuple(ModelUsed(name=n.name, version=n.version, sha256=n.sha256) for n in assessor.networks)
        self._bundle = assessor.bundle_sha256
        self._tell = tell
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._staged: dict[int, StagedPhotograph] = {}
        self._ids: dict[int, str] = {}

    def check_room(self) -> None:
        """Ask before the flash.

        Raises:
            ArchiveError: another photograph could not be kept.
        """
        room = self._store.room()
        if not room.enough:
            raise ArchiveError(f"No room for another photograph: {room.why}")

    def stage(self, taken: TakenStill) -> None:
        """Put a still on the disk while the networks judge it."""
        self._jobs.put(lambda: self._do_stage(taken))

    def keep(self, judged: JudgedStill, asked: KeepStill, occasion: Occasion) -> None:
        """Publish a judged still; answered with StillKept and Kept, or StillFailed."""
        self._jobs.put(lambda: self._do_keep(judged, asked, occasion))

    def keep_unjudged(self, taken: TakenStill, attempt: int, why: str, occasion: Occasion) -> None:
        """Publish a still that nothing could judge: a patient has borne its flash, and it is never deleted."""
        self._jobs.put(lambda: self._do_keep_unjudged(taken, attempt, why, occasion))

    def override(self, still: int, reason: str, operator: str | None) -> None:
        """Record that the operator keeps a still against the advice; answered with Kept, or StillFailed."""
        said = Override(reason=reason, operator=operator, at=datetime.now(timezone.utc))
        self._jobs.put(lambda: self._do_amend(still, override=said))

    def give_up(self, still: int, reason: Reason, note: str, operator: str | None) -> None:
        """Record that nothing readable can be had; answered with Kept, or StillFailed."""
        said = GivenUp(reason=reason, note=note, operator=operator, at=datetime.now(timezone.utc))
        self._jobs.put(lambda: self._do_amend(still, given_up=said))

    def stop(self) -> None:
        """Let `run` return once what was asked before has been done."""
        self._jobs.put(None)

    def run(self) -> None:
        """Serve until told to stop."""
        while (job := self._jobs.get()) is not None:
            job()

    def _do_stage(self, taken: TakenStill) -> None:
        try:
            self._staged[taken.number] = self._store.stage(taken.frame)
        except ArchiveError as error:
            # `keep` tries again: by then the networks have a verdict, and what fails then is said
            log.warning("a photograph could not be staged: %s", error)

    def _do_keep(self, judged: JudgedStill, asked: KeepStill, occasion: Occasion) -> None:
        taken = judged.taken
        draft = self._draft(taken, judged.attempt, asked.outcome, occasion, judged.assessment.to_json_object())
        timings = {
            "still": 1e3 * (taken.came_at - taken.asked_at),
            "judged": 1e3 * (judged.judged_at - taken.asked_at),
        }
        self._publish(taken, draft.model_copy(update={"timings_ms": timings, "reason": asked.reason}))

    def _do_keep_unjudged(self, taken: TakenStill, attempt: int, why: str, occasion: Occasion) -> None:
        if taken.number in self._ids:
            return
        self._publish(taken, self._draft(taken, attempt, Outcome.RETAKE, occasion, {"error": why}))

    def _publish(self, taken: TakenStill, draft: CaptureDraft) -> None:
        try:
            staged = self._staged.pop(taken.number, None) or self._store.stage(taken.frame)
            record = self._store.keep_staged(draft, staged)
        except ArchiveError as error:
            self._tell(StillFailed(taken.number, f"The photograph was not kept: {error}"))
            return
        self._ids[taken.number] = record.id
        self._tell(Kept(taken.number, record, small_picture(taken.frame.pixels, THUMBNAIL)))
        self._tell(StillKept(taken.number))

    def _do_amend(self, still: int, override: Override | None = None, given_up: GivenUp | None = None) -> None:
        try:
            record = self._store.amend(self._ids[still], override=override, given_up=given_up)
        except ArchiveError as error:
            self._tell(StillFailed(still, f"It was not recorded: {error}"))
            return
        self._tell(Kept(still, record))

    def _draft(
        self, taken: TakenStill, attempt: int, outcome: Outcome, occasion: Occasion, assessment: dict[str, Any]
    ) -> CaptureDraft:
        return CaptureDraft(
            taken_at=taken.taken_at,
            outcome=outcome,
            trigger=taken.trigger,
            attempt=attempt,
            patient=occasion.patient,
            operator=occasion.operator,
            laterality=occasion.laterality,
            field=occasion.field,
            camera=self._camera,
            camera_metadata=dict(taken.frame.metadata),
            assessment=assessment,
            models=self._models,
            bundle_sha256=self._bundle,
        )
