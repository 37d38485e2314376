"""The gate fails closed: what breaks closes it, and only a picture from after the repair opens it again."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from fundusgate.runtime.gate.state import BUSY, GateState, Phase
from fundusgate.runtime.gate.transitions import aim_at, enter

if TYPE_CHECKING:
    from fundusgate.runtime.gate.observations import Broken

STALE = "The camera gives no fresh picture: wait a moment, then check its connection."
WAITING = "Waiting for a fresh picture."
LOST = "The photograph under way was lost: {why}"


def broken(state: GateState, told: Broken) -> GateState:
    """Close, whatever the gate was doing; a still under way comes to nothing."""
    lost = LOST.format(why=told.why) if state.phase in BUSY else state.failure
    if state.waiting is not None:
        state = aim_at(state, state.waiting)
    return replace(enter(state, Phase.CLOSED), broken=told.why, failure=lost, aim=None)


def mended(state: GateState) -> GateState:
    """Wait for a picture taken from now on."""
    if state.broken is None:
        return state
    return replace(state, broken=None, views_from=state.now)


def explained(state: GateState) -> GateState:
    """The one sentence for the screen."""
    if state.phase is Phase.CLOSED and state.broken is not None:
        why: str | None = state.broken
    elif state.failure is not None:
        why = state.failure
    elif state.phase is Phase.CLOSED:
        seen = -math.inf if state.last_view is None else state.last_view
        why = STALE if seen > -math.inf and seen >= state.views_from else WAITING
    else:
        why = None
    return replace(state, why=why)
