"""What the operator decides; the gate advises, and records what was done against the advice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fundusgate.codes import Verdict
from fundusgate.runtime.gate.events import RecordGivenUp, RecordOverride, Trigger
from fundusgate.runtime.gate.state import BUSY, LIVE, RESTING, GateState, Phase
from fundusgate.runtime.gate.still import Step, ask
from fundusgate.runtime.gate.transitions import aim_at, enter, is_aimed_at, to_live

if TYPE_CHECKING:
    from fundusgate.runtime.gate.observations import GivenUp, Overridden, Retargeted
    from fundusgate.runtime.gate.settings import GateSettings

_PASSING = (Verdict.ACCEPT, Verdict.ACCEPT_WITH_NOTE)


def pressed(state: GateState, settings: GateSettings) -> Step:
    """The operator decides when: any live picture may be photographed, the still is judged by itself."""
    if state.phase is Phase.RETAKE and state.waiting is not None:
        # pressed for the former target or for the next? one flash less is the better mistake
        return to_live(state, settings), ()
    if state.phase in LIVE or state.phase is Phase.RETAKE:
        return ask(state, Trigger.OPERATOR)
    return state, ()


def overridden(state: GateState, told: Overridden) -> Step:
    """Keep the last still against the advice; only one that is on the disk and did not pass."""
    still = state.still
    may = state.phase in LIVE or state.phase in (Phase.RETAKE, Phase.CANNOT_OBTAIN)
    # CANNOT_OBTAIN can be chosen while something is broken, and then nothing passes, either
    if (
        not may
        or state.broken is not None
        or still is None
        or not still.kept
        or still.overridden
        or not told.reason.strip()
    ):
        return state, ()
    if still.verdict in _PASSING:
        return state, ()
    state = enter(state, Phase.ACCEPTED_WITH_NOTE)
    state = replace(state, still=replace(still, overridden=True), prompt=still.main, settled=True, failure=None)
    return state, (RecordOverride(still.number, told.reason),)


def given_up(state: GateState, told: GivenUp) -> Step:
    """Record that nothing readable can be had; a second time corrects the reason."""
    if state.phase in BUSY:
        return state, ()
    last = state.still.number if state.still is not None and state.still.kept else None
    main = None if state.still is None else state.still.main
    state = enter(state, Phase.CANNOT_OBTAIN)
    state = replace(state, reason=told.reason, prompt=main, settled=True, failure=None)
    return state, (RecordGivenUp(last, told.reason),)


def continued(state: GateState, settings: GateSettings) -> Step:
    """Leave a result, or put a failed still's sentence away."""
    if state.phase in BUSY:
        return state, ()
    state = replace(state, failure=None)
    return (to_live(state, settings) if state.phase in RESTING else state), ()


def retargeted(state: GateState, told: Retargeted, settings: GateSettings) -> Step:
    """Another target; while a still is under way it waits, so that the still is filed under its own."""
    if state.phase in BUSY:
        return replace(state, waiting=None if is_aimed_at(state, told) else told), ()
    another = not is_aimed_at(state, told)
    state = aim_at(state, told)
    if state.phase in RESTING:
        return to_live(state, settings), ()
    if another and state.phase is Phase.READY:
        return enter(state, Phase.NEARLY), ()
    return state, ()
