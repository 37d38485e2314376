"""The thread that owns the networks: stills first, else guidance for the newest frame."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2

from fundusgate.live.backoff import Backoff
from fundusgate.live.cadence import Cadence
from fundusgate.live.evidence import Evidence
from fundusgate.live.latency import Histogram, RateMeter
from fundusgate.live.messages import Guidance, Health, JudgedStill, Part, TakenStill
from fundusgate.live.viewing import is_promising, view_of
from fundusgate.runtime.gate.observations import StillFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.device.cameras.base import Frame
    from fundusgate.live.mailbox import Mailbox
    from fundusgate.live.messages import Message
    from fundusgate.live.settings import LiveSettings
    from fundusgate.runtime.assessor import Assessor
    from fundusgate.runtime.glance import Glance

FAILURES = (RuntimeError, ValueError, TypeError, MemoryError, cv2.error)
"""What networks and pre-processing raise: BackendError and AssessorError are RuntimeErrors."""

PAUSE = 0.25
"""Seconds to wait for work at a time."""


@dataclass(frozen=True)
class StillJob:
    """A still to be judged.

    Attributes:
        taken: the still.
        attempt: which attempt at its target, 1 and up.
    """

    taken: TakenStill
    attempt: int


class Perception:
    """Runs the networks on what the mailbox hands out.

    Args:
        assessor: open.
        mailbox: where frames and stills come from.
        tell: takes messages for the gate's thread, and never waits.
        settings: cadence and freshness.
    """

    def __init__(
        self, assessor: Assessor, mailbox: Mailbox[StillJob], tell: Callable[[Message], None], settings: LiveSettings
    ) -> None:
        self._assessor = assessor
        self._mailbox = mailbox
        self._tell = tell
        self._settings = settings
        self._stopping = threading.Event()
        self._cadence = Cadence()
        self._evidence = Evidence()
        self._backoff = Backoff()
        self._broken = False
        self._busy: tuple[float, float] | None = None
        self.stages = {name: Histogram() for name in ("preprocess", "map", "score", "guidance", "still")}
        self.rates = {name: RateMeter() for name in ("assessed", "mapped", "scored")}

    def hung_for(self, now: float) -> float | None:
        """For how long the networks have been at one picture, seconds, where that is too long; None otherwise."""
        busy = self._busy
        if busy is None:
            return None
        since, limit = busy
        return now - since if now - since > limit else None

    def stop(self) -> None:
        """Let `run` return soon."""
        self._stopping.set()
        self._mailbox.close()

    def run(self) -> None:
        """Serve the mailbox until told to stop."""
        while not self._stopping.is_set():
            work = self._mailbox.take(PAUSE)
            if work is None:
                continue
            still = isinstance(work, StillJob)
            limit = self._settings.gate.check_timeout if still else self._settings.hung_after
            self._busy = (time.monotonic(), limit)
            try:
                self._do(work)
            except FAILURES as error:
                self._failed(work, error)
            else:
                self._worked()
            finally:
                self._busy = None

    def _do(self, work: StillJob | Frame) -> None:
        if isinstance(work, StillJob):
            self._judge(work)
        else:
            self._look(work)

    def _look(self, frame: Frame) -> None:
        """Cues and map, then guidance; then the score, which the next frames use."""
        began, settings = time.monotonic(), self._settings
        want_map = self._cadence.wants_map(began, settings.cadence)
        glance = self._assessor.glance(frame.pixels, want_map=want_map, want_score=False)
        self._evidence = self._evidence.with_map(glance, frame.timestamp)
        view = view_of(glance, frame.timestamp, self._evidence, self._assessor.profile, settings.freshness)
        self._worked()
        mapped = self._evidence.map_for(glance, frame.timestamp, settings.freshness)
        self._tell(Guidance(frame, glance, view, mapped))
        self._measured(frame, glance, began)
        promising = is_promising(glance, frame.timestamp, self._evidence, self._assessor.profile, settings.freshness)
        if promising and self._cadence.wants_score(time.monotonic(), settings.cadence):
            self._score(frame, glance)

    def _measured(self, frame: Frame, glance: Glance, began: float) -> None:
        now, elapsed = time.monotonic(), glance.elapsed_ms
        mapped = elapsed.get("map")
        self._cadence = self._cadence.after_look(
            began, elapsed["preprocess"] / 1e3, None if mapped is None else mapped / 1e3, self._settings.cadence
        )
        self.stages["preprocess"].add(elapsed["preprocess"])
        if mapped is not None:
            self.stages["map"].add(mapped)
            self.rates["mapped"].add(now)
        self.stages["guidance"].add(1e3 * (now - frame.timestamp))
        self.rates["assessed"].add(now)

    def _score(self, frame: Frame, glance: Glance) -> None:
        began = time.monotonic()
        opinion = self._assessor.opinion(frame.pixels, glance)
        now = time.monotonic()
        self._evidence = self._evidence.with_opinion(opinion, glance, frame.timestamp)
        self._cadence = self._cadence.after_score(began, now - began, self._settings.cadence)
        self.stages["score"].add(1e3 * (now - began))
        self.rates["scored"].add(now)

    def _judge(self, job: StillJob) -> None:
        began = time.monotonic()
        assessment = self._assessor.assess(job.taken.frame.pixels, job.attempt)
        now = time.monotonic()
        self.stages["still"].add(1e3 * (now - began))
        self._tell(JudgedStill(job.taken, job.attempt, assessment, now))

    def _failed(self, work: StillJob | Frame, error: Exception) -> None:
        # what was seen before the failure proves nothing about what comes after it
        self._evidence = Evidence()
        self._broken = True
        self._tell(Health(Part.NETWORKS, f"The networks failed ({error}); they are tried again."))
        if isinstance(work, StillJob):
            self._tell(StillFailed(work.taken.number, f"The photograph could not be judged ({error}): press again."))
        self._stopping.wait(self._backoff.failed())

    def _worked(self) -> None:
        if self._broken:
            self._broken = False
            self._tell(Health(Part.NETWORKS, None))
        self._backoff.worked()
