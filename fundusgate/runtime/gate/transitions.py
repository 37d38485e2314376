"""From phase to phase: which changes there are, and what each one resets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fundusgate.runtime.gate.observations import Aim
from fundusgate.runtime.gate.state import LIVE, AutoWaits, GateState, Phase, Tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fundusgate.runtime.gate.observations import Retargeted
    from fundusgate.runtime.gate.settings import GateSettings
    from fundusgate.runtime.gate.state import Target

_BACK_TO_LIVE = frozenset({Phase.CLOSED, Phase.NO_EYE, Phase.ALIGNING, Phase.NEARLY})
_FROM_LIVE = frozenset({Phase.CLOSED, Phase.CAPTURING, Phase.ACCEPTED_WITH_NOTE, Phase.CANNOT_OBTAIN})

SUCCESSORS: Mapping[Phase, frozenset[Phase]] = {
    Phase.CLOSED: frozenset({Phase.NO_EYE, Phase.ALIGNING, Phase.NEARLY, Phase.CANNOT_OBTAIN}),
    Phase.NO_EYE: _FROM_LIVE | {Phase.ALIGNING, Phase.NEARLY},
    Phase.ALIGNING: _FROM_LIVE | {Phase.NO_EYE, Phase.NEARLY},
    Phase.NEARLY: _FROM_LIVE | {Phase.NO_EYE, Phase.ALIGNING, Phase.READY},
    Phase.READY: _FROM_LIVE | {Phase.NO_EYE, Phase.ALIGNING, Phase.NEARLY},
    Phase.CAPTURING: _BACK_TO_LIVE | {Phase.CHECKING},
    Phase.CHECKING: _BACK_TO_LIVE | {Phase.ACCEPTED, Phase.ACCEPTED_WITH_NOTE, Phase.RETAKE, Phase.CANNOT_OBTAIN},
    Phase.ACCEPTED: _BACK_TO_LIVE | {Phase.CANNOT_OBTAIN},
    Phase.ACCEPTED_WITH_NOTE: _BACK_TO_LIVE | {Phase.CANNOT_OBTAIN},
    Phase.RETAKE: _BACK_TO_LIVE | {Phase.CAPTURING, Phase.ACCEPTED_WITH_NOTE, Phase.CANNOT_OBTAIN},
    Phase.CANNOT_OBTAIN: _BACK_TO_LIVE | {Phase.ACCEPTED_WITH_NOTE},
}
"""The phases that each phase may change to. `PhaseChanged` announces every change singly; there are no others."""

PHASE_OF: Mapping[Aim, Phase] = {Aim.NO_EYE: Phase.NO_EYE, Aim.EYE: Phase.ALIGNING, Aim.RETINA: Phase.NEARLY}
"""Where the live picture leads by itself; READY must be held for."""


MOST_BEFORE_READY = 0.95
"""Highest promise outside READY: a full ring says "press now" and nothing else does."""


def enter(state: GateState, phase: Phase) -> GateState:
    """Change the phase: what belonged to following the live picture, and an old reason, end with it."""
    if phase is state.phase:
        return state
    if phase in LIVE and state.phase in LIVE:
        promise = 1.0 if phase is Phase.READY else min(state.promise, MOST_BEFORE_READY)
        below = replace(state, lower_since=None, lower_best=None, lower_main=None)
        return replace(below, phase=phase, since=state.now, promise=promise)
    return replace(
        state,
        phase=phase,
        since=state.now,
        prompt=None,
        rival=None,
        rival_since=None,
        promise=0.0,
        good_since=None,
        lower_since=None,
        lower_best=None,
        lower_main=None,
        reason=None,
    )


def is_fresh(state: GateState, taken_at: float | None, settings: GateSettings) -> bool:
    """Whether a moment lies in the last `stale_after` seconds; not-a-number and the future do not."""
    return taken_at is not None and 0 <= state.now - taken_at < settings.stale_after


def to_live(state: GateState, settings: GateSettings) -> GateState:
    """Back to the live picture; CLOSED where there is none that can be believed. A waiting target takes its place."""
    if state.waiting is not None:
        state = aim_at(state, state.waiting)
    if state.broken is not None or state.aim is None or not is_fresh(state, state.last_view, settings):
        return enter(state, Phase.CLOSED)
    return enter(state, PHASE_OF[state.aim])


def is_aimed_at(state: GateState, target: Retargeted) -> bool:
    """Whether a target is the present one already."""
    return (state.laterality, state.field, state.patient) == (target.laterality, target.field, target.patient)


def aim_at(state: GateState, target: Retargeted) -> GateState:
    """Make a target the present one; counting starts anew, or goes on where this patient's target was left."""
    if is_aimed_at(state, target):
        return replace(state, waiting=None)
    others = _counted(state) if target.patient is not None and target.patient == state.patient else {}
    tally = others.pop((target.laterality, target.field), Tally())
    same_eye = (state.laterality, state.patient) == (target.laterality, target.patient)
    # before the first choice the camera may stand at the very eye that is chosen
    chosen = (state.laterality, state.field, state.patient) != (None, None, None)
    waits = AutoWaits.CHANGE if same_eye and state.auto_waits is not AutoWaits.LEAVING else AutoWaits.LEAVING
    return replace(
        state,
        laterality=target.laterality,
        field=target.field,
        patient=target.patient,
        waiting=None,
        still=None,
        attempts=tally.attempts,
        retakes=tally.retakes,
        settled=tally.settled,
        others=tuple(others.items()),
        failure=None,
        good_since=None,
        failing_since=None,
        away_since=None,
        auto_waits=waits if chosen else state.auto_waits,
    )


def _counted(state: GateState) -> dict[Target, Tally]:
    here = Tally(state.attempts, state.retakes, state.settled)
    return dict(state.others) | {(state.laterality, state.field): here}
