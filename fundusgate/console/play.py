"""Play a camera through the runtime and keep what a report needs: the newest frame is always the one that is judged."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fundusgate.codes import Verdict
from fundusgate.device.cameras.base import CameraEndedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundusgate.codes import CauseCode
    from fundusgate.device.cameras.base import Camera, Frame
    from fundusgate.runtime.assessment import Assessment
    from fundusgate.runtime.assessor import Assessor

KEPT = (Verdict.ACCEPT, Verdict.ACCEPT_WITH_NOTE)
READABLE_BELOW = 0.05
"""Hidden share of the disc up to which a frame of the simulated camera should be kept."""
UNREADABLE_FROM = 0.25
"""Hidden share from which it must not be: under three quarters of the field is visible."""


@dataclass(frozen=True)
class Judged:
    """One frame and what was said of it, ``seconds`` after the start."""

    seconds: float
    frame: Frame
    assessment: Assessment


@dataclass
class Tally:
    """Counts of a play; the truth is known only of a simulated camera's frames."""

    frames: int = 0
    judged: int = 0
    seconds: float = 0.0
    readable: int = 0
    readable_kept: int = 0
    unreadable: int = 0
    unreadable_kept: int = 0
    moments: list[Judged] = field(default_factory=list)
    """The first frame of each stretch with the same verdict and the same main cause."""

    @property
    def rate(self) -> float:
        """Judged frames a second."""
        return self.judged / self.seconds if self.seconds > 0 else 0.0

    def add(self, judged: Judged) -> None:
        """Count one frame."""
        self.judged += 1
        self.frames = judged.frame.sequence + 1
        self.seconds = judged.seconds
        hidden = judged.frame.metadata.get("hidden_fraction")
        kept = judged.assessment.verdict in KEPT
        if hidden is not None and hidden <= READABLE_BELOW:
            self.readable += 1
            self.readable_kept += kept
        elif hidden is not None and hidden >= UNREADABLE_FROM:
            self.unreadable += 1
            self.unreadable_kept += kept
        if not self.moments or _sign(self.moments[-1].assessment) != _sign(judged.assessment):
            self.moments.append(judged)


def _sign(assessment: Assessment) -> tuple[Verdict, CauseCode | None]:
    return assessment.verdict, assessment.main


def play(camera: Camera, assessor: Assessor, seconds: float) -> Iterator[Judged]:
    """Judge the newest frame again and again for ``seconds``, or until the camera has no more.

    Args:
        camera: Open; one that keeps its own pace drops the frames that nobody asked for in time.
        assessor: Open.
        seconds: How long.
    """
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        try:
            frame = camera.grab()
        except CameraEndedError:
            return
        yield Judged(now, frame, assessor.assess(frame.pixels))
