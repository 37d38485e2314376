"""What happens in a live session, second by second."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from fundusgate.codes import CauseCode


class Phase(str, Enum):
    """What operator and patient are doing."""

    APPROACH = "approach"
    """The camera comes towards the eye: no retina yet."""
    ALIGNMENT = "alignment"
    """The beam finds the pupil; the retina comes in from one side."""
    FOCUSING = "focusing"
    """Focus hunts and settles."""
    STEADY = "steady"
    """A good picture; the eye drifts a little."""
    BLINK = "blink"
    """The lid closes and opens."""
    FAULT = "fault"
    """Something goes wrong, stays, and passes."""


@dataclass(frozen=True)
class Step:
    """One stretch of a session.

    Attributes:
        phase: What happens.
        seconds: How long, over 0.
        code: The fault of a FAULT step; other phases bring their own.
        strength: The strongest the fault becomes, 0..1.
    """

    phase: Phase
    seconds: float
    code: CauseCode | None = None
    strength: float = 1.0

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise ValueError(f"a step must last longer than 0 seconds, got {self.seconds}")
        if not 0 <= self.strength <= 1:
            raise ValueError(f"strength must lie in 0..1, got {self.strength}")
        if (self.phase is Phase.FAULT) != (self.code is not None):
            raise ValueError("give a code with a FAULT step, and with no other")

    def fault_at(self, progress: float) -> tuple[CauseCode | None, float]:
        """The fault and its strength at `progress` 0..1 of the step."""
        if self.phase is Phase.ALIGNMENT:
            return CauseCode.OFF_CENTRE, self.strength * (1 - progress) ** 1.5
        if self.phase is Phase.FOCUSING:
            # Hunting: through the focus and back, each time less far.
            return CauseCode.FOCUS, self.strength * abs(math.cos(progress * 2.5 * math.pi)) * (1 - progress)
        if self.phase is Phase.BLINK:
            return CauseCode.LASH_LID, self.strength * math.sin(progress * math.pi) ** 0.7
        if self.phase is Phase.FAULT:
            return self.code, self.strength * min(1.0, 4 * progress, 4 * (1 - progress))
        return None, 0.0


Script = tuple[Step, ...]

FIRST_SESSION: Script = (
    Step(Phase.APPROACH, 1.5),
    Step(Phase.ALIGNMENT, 1.6),
    Step(Phase.FOCUSING, 2.0),
    Step(Phase.STEADY, 1.6),
    Step(Phase.BLINK, 0.4),
    Step(Phase.STEADY, 1.0),
    Step(Phase.FAULT, 1.6, CauseCode.CRESCENT_TOP, 0.7),
    Step(Phase.STEADY, 1.2),
    Step(Phase.FAULT, 1.2, CauseCode.MOTION, 0.6),
    Step(Phase.STEADY, 2.0),
)
"""A session as most are: found, focused, a blink, two faults that the operator mends, a good picture."""


def tour(seconds: float = 1.2, strength: float = 0.8) -> Script:
    """A script that shows every fault once, a steady second between them.

    Args:
        seconds: How long each fault lasts.
        strength: How strong each becomes, 0..1.
    """
    steps = [Step(Phase.STEADY, 1.0)]
    for code in CauseCode:
        if code not in (CauseCode.UNKNOWN, CauseCode.NOT_FUNDUS):
            steps += [Step(Phase.FAULT, seconds, code, strength), Step(Phase.STEADY, 1.0)]
    return (Step(Phase.APPROACH, 1.0), *steps)
