"""How patient and how strict the gate is."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

LIMITS = ("stale_after", "still_timeout", "check_timeout")
"""Times that must be above zero, or the gate would never open and no still ever come."""


@dataclass(frozen=True)
class GateSettings:
    """Times are seconds.

    Attributes:
        hold: how long the live picture must pass without a break before READY.
        release: how long it must fail before READY is taken back.
        prompt_rest: how long a prompt stays at least before another may replace it.
        prompt_wins_after: how long another cause must last before it replaces the prompt.
        stale_after: age of the newest live frame from which the gate closes.
        still_timeout: how long a still may take to come.
        check_timeout: how long judging and keeping it may take.
        auto: take the still by itself once READY has been held.
        auto_after: how long READY is held before that.
        max_retakes: advised retakes of one target; repeated flashes can disturb vision.
        retake_shows: how long RETAKE is shown before the live picture takes over.

    Raises:
        ValueError: a time is not finite or is negative, a limit is zero, or the cap is no whole number; every mistake
            is named.
    """

    hold: float = 0.6
    release: float = 0.4
    prompt_rest: float = 0.8
    prompt_wins_after: float = 0.4
    stale_after: float = 1.0
    still_timeout: float = 5.0
    check_timeout: float = 10.0
    auto: bool = False
    auto_after: float = 0.6
    max_retakes: int = 3
    retake_shows: float = 2.5

    def __post_init__(self) -> None:
        mistakes = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "auto":
                continue
            if field.name == "max_retakes":
                if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                    mistakes.append(f"max_retakes is {value!r}: give a whole number, 0 and up")
            elif not (math.isfinite(value) and value >= 0):
                mistakes.append(f"{field.name} is {value!r}: give seconds, 0 and up")
            elif value == 0 and field.name in LIMITS:
                mistakes.append(f"{field.name} is 0: nothing is ever that quick, give more")
        if mistakes:
            raise ValueError("; ".join(mistakes))
