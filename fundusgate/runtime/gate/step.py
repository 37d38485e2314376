"""The gate itself: one pure function. No threads, no clock, no I/O; see `docs/gate.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.runtime.gate import breaks, decisions, still
from fundusgate.runtime.gate.automatic import takes_by_itself
from fundusgate.runtime.gate.events import Event, PhaseChanged, Trigger
from fundusgate.runtime.gate.live import follow
from fundusgate.runtime.gate.observations import (
    Broken,
    Continued,
    GivenUp,
    LiveView,
    Mended,
    Overridden,
    Pressed,
    Retargeted,
    StillFailed,
    StillJudged,
    StillKept,
    StillTaken,
    Tick,
)
from fundusgate.runtime.gate.passing_time import let_pass, told_time
from fundusgate.runtime.gate.state import BUSY
from fundusgate.runtime.gate.transitions import SUCCESSORS

if TYPE_CHECKING:
    from fundusgate.runtime.gate.observations import Observation
    from fundusgate.runtime.gate.settings import GateSettings
    from fundusgate.runtime.gate.state import GateState

__all__ = ["SUCCESSORS", "step"]


def step(
    state: GateState, observation: Observation, now: float, settings: GateSettings
) -> tuple[GateState, tuple[Event, ...]]:
    """Tell the gate one fact.

    First time passes (what has become too old by `now` changes), then the observation is heard, then the still may be
    taken by itself. Each of the three changes the phase at most once, and every change is announced by its own
    `PhaseChanged`, after the requests that come with it.

    Args:
        state: where the gate stands; `GateState()` at the start.
        observation: the fact. One that makes no sense in this phase changes nothing.
        now: seconds on a monotonic clock, the same for every call and for the times inside observations. Earlier than
            before or not finite: taken as the latest that was told.
        settings: how patient and how strict the gate is; may differ from call to call.

    Returns:
        Where the gate stands then, and what it asks for and announces, in order.
    """
    later = let_pass(told_time(state, now), settings)
    if isinstance(observation, Pressed) and state.phase in BUSY:
        # pressed while a still was under way; that this very moment ended it must not make it a second flash
        heard: GateState = later
        asked: tuple[Event, ...] = ()
    else:
        heard, asked = _hear(later, observation, settings)
    events = (*_change(state, later), *asked, *_change(later, heard))
    if takes_by_itself(heard, settings):
        flashed, request = still.ask(heard, Trigger.AUTO)
        events = (*events, *request, *_change(heard, flashed))
        heard = flashed
    return breaks.explained(heard), events


def _change(before: GateState, after: GateState) -> tuple[Event, ...]:
    return () if before.phase is after.phase else (PhaseChanged(before.phase, after.phase),)


def _hear(state: GateState, told: Observation, settings: GateSettings) -> still.Step:
    match told:
        case LiveView():
            return follow(state, told, settings), ()
        case Pressed():
            return decisions.pressed(state, settings)
        case StillTaken():
            return still.taken(state, told, settings)
        case StillJudged():
            return still.judged(state, told, settings)
        case StillKept():
            return still.kept(state, told, settings)
        case StillFailed():
            return still.failed(state, told, settings)
        case Overridden():
            return decisions.overridden(state, told)
        case GivenUp():
            return decisions.given_up(state, told)
        case Continued():
            return decisions.continued(state, settings)
        case Retargeted():
            return decisions.retargeted(state, told, settings)
        case Broken():
            return breaks.broken(state, told), ()
        case Mended():
            return breaks.mended(state), ()
        case Tick():
            return state, ()
