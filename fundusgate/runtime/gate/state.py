"""Where the gate stands: one immutable value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundusgate.codes import CauseCode, Laterality, RetakeHelps, Verdict
    from fundusgate.runtime.gate.events import Outcome
    from fundusgate.runtime.gate.observations import Aim, Retargeted


class Field(str, Enum):
    """Which part of the retina is photographed."""

    DISC = "disc"
    """Centred on the optic disc."""
    MACULA = "macula"
    """Centred on the macula."""


class Reason(str, Enum):
    """Why no readable photograph can be had."""

    OPACITY = "opacity"
    """Cataract or another opacity of the media."""
    SMALL_PUPIL = "small_pupil"
    """The pupil stays too small."""
    COOPERATION = "cooperation"
    """The patient cannot keep the eye still or open."""
    RETAKES_USED_UP = "retakes_used_up"
    """The advised number of flashes is reached."""
    OTHER = "other"
    """Something else; the operator's note says what."""


class Phase(str, Enum):
    """What the operator sees the gate doing."""

    CLOSED = "closed"
    """A camera or a network does not work, or nothing fresh has been seen: nothing can be accepted."""
    NO_EYE = "no_eye"
    """No eye in the picture."""
    ALIGNING = "aligning"
    """An eye is seen, the retina is not in place."""
    NEARLY = "nearly"
    """The retina is seen, one thing is to be mended."""
    READY = "ready"
    """Held good and steady: press now."""
    CAPTURING = "capturing"
    """The still is being taken."""
    CHECKING = "checking"
    """The still is being judged and put on the disk."""
    ACCEPTED = "accepted"
    """The still is readable and safe."""
    ACCEPTED_WITH_NOTE = "accepted_with_note"
    """The still is usable and safe; something could be better. Overridden stills end here, too."""
    RETAKE = "retake"
    """The still is kept, marked, and another is advised."""
    CANNOT_OBTAIN = "cannot_obtain"
    """No readable photograph can be had; the reason is recorded."""


LIVE = frozenset({Phase.NO_EYE, Phase.ALIGNING, Phase.NEARLY, Phase.READY})
"""Phases that follow the live picture."""
BUSY = frozenset({Phase.CAPTURING, Phase.CHECKING})
"""Phases that wait for a still."""
RESTING = frozenset({Phase.ACCEPTED, Phase.ACCEPTED_WITH_NOTE, Phase.RETAKE, Phase.CANNOT_OBTAIN})
"""Phases that show what became of a still."""
PASSED = frozenset({Phase.ACCEPTED, Phase.ACCEPTED_WITH_NOTE})
"""Phases that say: this photograph may be sent to a reader."""


class AutoWaits(str, Enum):
    """What must be seen before the still may be taken by itself: another target was chosen, the camera is not there."""

    NOTHING = "nothing"
    """The picture is of the target, as far as the gate can know."""
    CHANGE = "change"
    """Another field of the same eye was chosen: wait until the picture has failed for longer than a blink."""
    LEAVING = "leaving"
    """Another eye or patient was chosen: wait until the retina has been gone for longer than a blink."""


@dataclass(frozen=True)
class Still:
    """The still that the gate is dealing with, or has last dealt with.

    Attributes:
        number: counts the stills of this gate, 1 and up.
        asked_at: when it was asked for, seconds on the gate's clock.
        exposed_at: when its exposure began; None until it has come.
        verdict: what the networks say; None until they have.
        main: the cause whose fix comes first.
        retake_helps: whether another attempt helps.
        outcome: what becomes of it; None until it is judged.
        kept: whether it is safe on the disk.
        overridden: whether the operator kept it against the advice.
    """

    number: int
    asked_at: float
    exposed_at: float | None = None
    verdict: Verdict | None = None
    main: CauseCode | None = None
    retake_helps: RetakeHelps | None = None
    outcome: Outcome | None = None
    kept: bool = False
    overridden: bool = False


@dataclass(frozen=True)
class Tally:
    """What was counted for one target.

    Attributes:
        attempts: stills that have been judged.
        retakes: advised retakes.
        settled: whether it has a photograph that passed, or was given up.
    """

    attempts: int = 0
    retakes: int = 0
    settled: bool = False


Target = tuple["Laterality | None", "Field | None"]
"""Eye and field."""


@dataclass(frozen=True)
class GateState:
    """Where the gate stands.

    Attributes:
        phase: what the operator sees.
        since: when the phase began, seconds on the gate's clock.
        now: the latest time the gate has been told; never runs backwards.
        prompt: the cause that is prompted; None where there is nothing to mend.
        prompt_since: when this prompt came up.
        prompt_seen: when the live picture last had the prompted cause first.
        rival: a cause that would replace the prompt once it has lasted.
        rival_since: since when.
        promise: smoothed promise of the live picture, 0..1; 1 in READY only, 0 where the picture is not followed.
        aim: how far the operator had come by the newest live frame; None before the first.
        good_since: since when the live picture has passed without a break; None while it does not.
        failing_since: since when the live picture has failed without a break; None while it passes.
        away_since: since when no retina has been in place in the live picture without a break.
        lower_since: since when the aim has lain below the phase without a break.
        lower_best: the best aim since then.
        lower_main: first cause of the latest frame of that aim.
        last_view: when the newest live frame was taken; None before the first.
        views_from: live frames taken before this are ignored (the camera or a network did not work then).
        stills: how many stills have been asked for.
        still: the last one of the present target; None before the first.
        attempts: stills of the present target that have been judged.
        retakes: advised retakes of the present target so far.
        settled: whether the present target has a photograph that passed, or was given up.
        others: what was counted for other targets of the present patient, while the patient is known: going to the
            other eye and back does not begin the flashes anew.
        auto_waits: what must be seen before the still may be taken by itself.
        laterality: the present target's eye.
        field: the present target's field.
        patient: the present target's patient.
        waiting: a target chosen while a still was under way; becomes the present one when that still's result is left.
        reason: why nothing can be obtained, in CANNOT_OBTAIN.
        broken: why the camera or a network does not work; None while they do.
        failure: why the last still came to nothing; None once the operator went on.
        why: one plain sentence for the screen, in CLOSED or after a failed still.
    """

    phase: Phase = Phase.CLOSED
    since: float = 0.0
    now: float = 0.0
    prompt: CauseCode | None = None
    prompt_since: float = 0.0
    prompt_seen: float = 0.0
    rival: CauseCode | None = None
    rival_since: float | None = None
    promise: float = 0.0
    aim: Aim | None = None
    good_since: float | None = None
    failing_since: float | None = None
    away_since: float | None = None
    lower_since: float | None = None
    lower_best: Aim | None = None
    lower_main: CauseCode | None = None
    last_view: float | None = None
    views_from: float = -math.inf
    stills: int = 0
    still: Still | None = None
    attempts: int = 0
    retakes: int = 0
    settled: bool = False
    others: tuple[tuple[Target, Tally], ...] = ()
    auto_waits: AutoWaits = AutoWaits.NOTHING
    laterality: Laterality | None = None
    field: Field | None = None
    patient: str | None = None
    waiting: Retargeted | None = None
    reason: Reason | None = None
    broken: str | None = None
    failure: str | None = None
    why: str | None = None
