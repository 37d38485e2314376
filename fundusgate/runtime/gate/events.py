"""What the gate asks for and announces."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundusgate.runtime.gate.state import Phase, Reason


class Outcome(str, Enum):
    """What became of a still; written into its record."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_NOTE = "accepted_with_note"
    RETAKE = "retake"
    CANNOT_OBTAIN = "cannot_obtain"


class Trigger(str, Enum):
    """What asked for a still."""

    OPERATOR = "operator"
    AUTO = "auto"


@dataclass(frozen=True)
class TakeStill:
    """Take a full-resolution still whose exposure begins after `asked_at`; answer with StillTaken or StillFailed."""

    still: int
    asked_at: float
    trigger: Trigger


@dataclass(frozen=True)
class JudgeStill:
    """Let every network judge the still; answer with StillJudged or StillFailed."""

    still: int
    attempt: int
    """Which attempt at this target, 1 and up."""


@dataclass(frozen=True)
class KeepStill:
    """Put the still on the disk with its outcome; answer with StillKept or StillFailed."""

    still: int
    outcome: Outcome
    reason: Reason | None = None
    """Why nothing can be obtained, for CANNOT_OBTAIN: what the gate proposes until the operator says otherwise."""


@dataclass(frozen=True)
class RecordOverride:
    """Add to the kept still's record that the operator keeps it, and why."""

    still: int
    reason: str


@dataclass(frozen=True)
class RecordGivenUp:
    """Record that no readable photograph of the present target can be had; `still` is the last one, if any."""

    still: int | None
    reason: Reason


@dataclass(frozen=True)
class PhaseChanged:
    """The phase is another one: for sounds, metrics and logs."""

    before: Phase
    after: Phase


Event = TakeStill | JudgeStill | KeepStill | RecordOverride | RecordGivenUp | PhaseChanged
