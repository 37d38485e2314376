"""What the gate is told: one small fact at a time, each with what it needs and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundusgate.codes import CauseCode, Laterality, RetakeHelps, Verdict
    from fundusgate.runtime.gate.state import Field, Reason


class Aim(str, Enum):
    """How far the operator has come, by one live frame."""

    NO_EYE = "no_eye"
    """Neither an eye's outside nor a retina is in the picture."""
    EYE = "eye"
    """Something of an eye is seen, the retina is not in place yet."""
    RETINA = "retina"
    """The retina is in the picture."""


@dataclass(frozen=True)
class LiveView:
    """One live frame, assessed.

    Attributes:
        taken_at: when the frame's exposure began, seconds on the clock that `now` is given on.
        aim: how far the operator has come.
        promise: how near to a readable photograph the frame is, 0..1, high is good (fills the readiness ring).
        passing: whether the frame itself would pass every network that has judged it, and all of them are fresh.
        main: the cause whose fix comes first; None where there is nothing to mend.
    """

    taken_at: float
    aim: Aim
    promise: float
    passing: bool
    main: CauseCode | None


@dataclass(frozen=True)
class Pressed:
    """The operator pressed the shutter (button, key, foot pedal)."""


@dataclass(frozen=True)
class StillTaken:
    """The camera delivered the still that was asked for.

    Attributes:
        still: the number that `TakeStill` carried.
        exposed_at: when its exposure began, on the clock that `now` is given on.
    """

    still: int
    exposed_at: float


@dataclass(frozen=True)
class StillJudged:
    """Every network has judged a still."""

    still: int
    verdict: Verdict
    main: CauseCode | None
    retake_helps: RetakeHelps | None


@dataclass(frozen=True)
class StillKept:
    """The still and its record are safe on the disk."""

    still: int


@dataclass(frozen=True)
class StillFailed:
    """A still could not be taken, judged or kept.

    Attributes:
        still: its number.
        why: one plain sentence with the next step.
    """

    still: int
    why: str


@dataclass(frozen=True)
class Overridden:
    """The operator keeps the last still against the gate's advice.

    Attributes:
        reason: the operator's words; never empty.
    """

    reason: str


@dataclass(frozen=True)
class GivenUp:
    """The operator records that no readable photograph can be had of this eye."""

    reason: Reason


@dataclass(frozen=True)
class Continued:
    """The operator goes on: to the live picture again, for the same target."""


@dataclass(frozen=True)
class Retargeted:
    """The operator chose what is photographed next; retakes are counted anew when the target (or patient) is another.

    Attributes:
        laterality: which eye; None while not chosen.
        field: which field; None while not chosen.
        patient: who; None while not entered. Only compared, never stored in the gate's events.
    """

    laterality: Laterality | None
    field: Field | None
    patient: str | None


@dataclass(frozen=True)
class Broken:
    """The camera or a network stopped working: the gate closes.

    Attributes:
        why: one plain sentence with the next step.
    """

    why: str


@dataclass(frozen=True)
class Mended:
    """The camera and every network work again."""


@dataclass(frozen=True)
class Tick:
    """Nothing but time has passed."""


Observation = (
    LiveView
    | Pressed
    | StillTaken
    | StillJudged
    | StillKept
    | StillFailed
    | Overridden
    | GivenUp
    | Continued
    | Retargeted
    | Broken
    | Mended
    | Tick
)
