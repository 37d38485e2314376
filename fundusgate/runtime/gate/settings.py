"""How patient and how strict the gate is."""

from __future__ import annotations

from dataclasses import dataclass


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
