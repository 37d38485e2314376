"""What time alone changes: pictures go stale, stills come too late, results have been seen."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from fundusgate.runtime.gate.state import BUSY, LIVE, RESTING, GateState, Phase
from fundusgate.runtime.gate.still import fail, overdue
from fundusgate.runtime.gate.transitions import enter, is_fresh, to_live

if TYPE_CHECKING:
    from fundusgate.runtime.gate.settings import GateSettings


def told_time(state: GateState, now: float) -> GateState:
    """Time never runs backwards: an earlier moment, or none at all, is taken as the latest that was told."""
    return replace(state, now=now) if math.isfinite(now) and now > state.now else state


def let_pass(state: GateState, settings: GateSettings) -> GateState:
    """Change what has become too old by `state.now`.

    Staleness closes only the phases that follow the live picture: many cameras stop their preview for a still, and a
    result that is on the disk does not grow untrue.
    """
    if state.phase in LIVE and not is_fresh(state, state.last_view, settings):
        return enter(state, Phase.CLOSED)
    if state.phase in BUSY:
        late = overdue(state, settings)
        return state if late is None else fail(state, late, settings)
    leaves = state.phase is Phase.RETAKE or (state.phase in RESTING and state.waiting is not None)
    if leaves and state.now - state.since >= settings.retake_shows:
        return to_live(state, settings)
    return state
