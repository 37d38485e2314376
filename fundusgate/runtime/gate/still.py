"""A still's life: asked for, taken, judged, kept; or come to nothing. Answers to other stills are not heard."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fundusgate.runtime.gate.events import Event, JudgeStill, KeepStill, Outcome, TakeStill, Trigger
from fundusgate.runtime.gate.outcomes import PHASE_OF_OUTCOME, outcome_of, reason_of
from fundusgate.runtime.gate.state import BUSY, GateState, Phase, Still
from fundusgate.runtime.gate.transitions import enter, to_live

if TYPE_CHECKING:
    from fundusgate.runtime.gate.observations import StillFailed, StillJudged, StillKept, StillTaken
    from fundusgate.runtime.gate.settings import GateSettings
    from fundusgate.runtime.gate.state import Reason

Step = tuple[GateState, tuple[Event, ...]]

NOT_FRESH = "The camera gave a photograph from before the press, it was not used: press again."
NO_STILL = "The camera gave no photograph within {seconds:g} s: check its connection and press again."
NO_VERDICT = "The photograph could not be judged within {seconds:g} s: press again."
NOT_KEPT = "The photograph could not be put on the disk within {seconds:g} s: check the disk and press again."


def ask(state: GateState, trigger: Trigger) -> Step:
    """Ask for a new still of the present target."""
    still = Still(number=state.stills + 1, asked_at=state.now)
    state = replace(enter(state, Phase.CAPTURING), stills=still.number, still=still, failure=None)
    return state, (TakeStill(still.number, still.asked_at, trigger),)


def taken(state: GateState, told: StillTaken, settings: GateSettings) -> Step:
    """The camera delivered; only a photograph exposed after the request, and not in the future, is judged."""
    still = state.still
    if state.phase is not Phase.CAPTURING or still is None or told.still != still.number:
        return state, ()
    if not still.asked_at <= told.exposed_at <= state.now:
        return fail(state, NOT_FRESH, settings), ()
    state = replace(enter(state, Phase.CHECKING), still=replace(still, exposed_at=told.exposed_at))
    return state, (JudgeStill(still.number, state.attempts + 1),)


def judged(state: GateState, told: StillJudged, settings: GateSettings) -> Step:
    """The networks have spoken; the first word counts. Nothing is shown before the still is on the disk."""
    still = state.still
    if state.phase is not Phase.CHECKING or still is None or told.still != still.number or still.verdict is not None:
        return state, ()
    outcome = outcome_of(told.verdict, told.retake_helps, state.retakes, settings)
    still = replace(still, verdict=told.verdict, main=told.main, retake_helps=told.retake_helps, outcome=outcome)
    state = replace(state, still=still, attempts=state.attempts + 1)
    return state, (KeepStill(still.number, outcome, _reason(state, settings)),)


def kept(state: GateState, told: StillKept, settings: GateSettings) -> Step:
    """The still is safe: show what became of it."""
    still = state.still
    if state.phase is not Phase.CHECKING or still is None or told.still != still.number or still.outcome is None:
        return state, ()
    outcome, reason = still.outcome, _reason(state, settings)
    state = enter(state, PHASE_OF_OUTCOME[outcome])
    return replace(
        state,
        still=replace(still, kept=True),
        prompt=still.main,
        retakes=state.retakes + (outcome is Outcome.RETAKE),
        settled=state.settled or outcome is not Outcome.RETAKE,
        reason=reason,
    ), ()


def _reason(state: GateState, settings: GateSettings) -> Reason | None:
    hopeless = state.still is not None and state.still.outcome is Outcome.CANNOT_OBTAIN
    return reason_of(state, settings) if hopeless else None


def failed(state: GateState, told: StillFailed, settings: GateSettings) -> Step:
    """A still came to nothing; or what the operator decided about it was not recorded, and then it is not decided."""
    still = state.still
    if still is None or told.still != still.number:
        return state, ()
    if state.phase in BUSY:
        return fail(state, told.why, settings), ()
    if state.phase is Phase.ACCEPTED_WITH_NOTE and still.overridden:
        taken_back = replace(state, still=replace(still, overridden=False), settled=False)
        return fail(taken_back, told.why, settings), ()
    if state.phase is Phase.CANNOT_OBTAIN and still.kept:
        return fail(state, told.why, settings), ()
    return state, ()


def fail(state: GateState, why: str, settings: GateSettings) -> GateState:
    """Back to the live picture with a sentence that stays until the operator goes on."""
    return replace(to_live(state, settings), failure=why)


def overdue(state: GateState, settings: GateSettings) -> str | None:
    """Why the still is given up, where it has taken too long."""
    waited = state.now - state.since
    if state.phase is Phase.CAPTURING and waited >= settings.still_timeout:
        return NO_STILL.format(seconds=settings.still_timeout)
    if state.phase is Phase.CHECKING and waited >= settings.check_timeout:
        judged_already = state.still is not None and state.still.verdict is not None
        return (NOT_KEPT if judged_already else NO_VERDICT).format(seconds=settings.check_timeout)
    return None
