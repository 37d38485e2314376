"""The live phases: how far the operator has come, with patience in both directions."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from fundusgate.runtime.gate.observations import Aim
from fundusgate.runtime.gate.prompts import prompted
from fundusgate.runtime.gate.state import LIVE, AutoWaits, GateState, Phase
from fundusgate.runtime.gate.transitions import MOST_BEFORE_READY, PHASE_OF, enter, is_fresh

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fundusgate.runtime.gate.observations import LiveView
    from fundusgate.runtime.gate.settings import GateSettings

HEIGHT: Mapping[Aim, int] = {Aim.NO_EYE: 0, Aim.EYE: 1, Aim.RETINA: 2}
_HEIGHT_OF_PHASE: Mapping[Phase, int] = {Phase.NO_EYE: 0, Phase.ALIGNING: 1, Phase.NEARLY: 2, Phase.READY: 2}

SMOOTHING = 0.3
"""Time constant of the promise, seconds: slow enough not to tremble, quick enough to be felt as one's own hand."""
LONGER_THAN_A_BLINK = 0.5
"""Seconds; a blink lasts 0.1 to 0.4."""


def follow(state: GateState, view: LiveView, settings: GateSettings) -> GateState:
    """Take in one live frame; one that cannot be believed changes nothing."""
    if not _believable(state, view, settings):
        return state
    before = state.last_view
    good = view.passing and view.aim is Aim.RETINA
    state = _absence(replace(state, last_view=view.taken_at, aim=view.aim), view, good=good)
    if state.phase is Phase.CLOSED:
        return _guided(enter(state, PHASE_OF[view.aim]), view, math.inf, settings, anew=True)
    if state.phase not in LIVE:
        return state
    elapsed = view.taken_at - (view.taken_at if before is None else before)
    state = _streak(state, view, elapsed, settings, good=good)
    after = enter(state, _phase(state, view, settings))
    if after.phase is not state.phase and state.lower_best is not None:
        # Even where a blink ends the wait, the new phase opens with what its own frames said.
        view = replace(view, aim=state.lower_best, main=state.lower_main)
    return _guided(after, view, elapsed, settings, anew=after.phase is not state.phase)


def _believable(state: GateState, view: LiveView, settings: GateSettings) -> bool:
    return (
        state.broken is None
        and is_fresh(state, view.taken_at, settings)
        and view.taken_at >= state.views_from
        and (state.last_view is None or view.taken_at >= state.last_view)
    )


def _absence(state: GateState, view: LiveView, *, good: bool) -> GateState:
    """Since when the picture has failed and the retina been away, in every phase; either ends an automatic's wait."""
    taken = view.taken_at
    failing = None if good else _first(state.failing_since, taken)
    away = None if view.aim is Aim.RETINA else _first(state.away_since, taken)
    since = failing if state.auto_waits is AutoWaits.CHANGE else away
    waits = AutoWaits.NOTHING if since is not None and taken - since >= LONGER_THAN_A_BLINK else state.auto_waits
    return replace(state, failing_since=failing, away_since=away, auto_waits=waits)


def _streak(state: GateState, view: LiveView, elapsed: float, settings: GateSettings, *, good: bool) -> GateState:
    """Since when the picture has passed, and lain below the phase, on the frames' own clock."""
    taken = view.taken_at
    # nobody saw what lay in a gap as long as what the picture is held for
    unbroken = state.good_since is not None and elapsed <= max(settings.hold, settings.auto_after)
    low = HEIGHT[view.aim] < _HEIGHT_OF_PHASE[state.phase]
    best = view.aim if state.lower_best is None else max(view.aim, state.lower_best, key=HEIGHT.__getitem__)
    return replace(
        state,
        good_since=(state.good_since if unbroken else taken) if good else None,
        lower_since=_first(state.lower_since, taken) if low else None,
        lower_best=best if low else None,
        lower_main=(view.main if best is view.aim else state.lower_main) if low else None,
    )


def _first(since: float | None, now: float) -> float:
    return now if since is None else since


def _phase(state: GateState, view: LiveView, settings: GateSettings) -> Phase:
    """Up at once (READY after `hold`), down after `release`: a blink is no reason to say that there is no eye."""
    taken = view.taken_at
    if HEIGHT[view.aim] > _HEIGHT_OF_PHASE[state.phase]:
        return PHASE_OF[view.aim]
    if state.lower_since is not None and state.lower_best is not None and taken - state.lower_since >= settings.release:
        return PHASE_OF[state.lower_best]
    if state.phase is Phase.NEARLY and state.good_since is not None and taken - state.good_since >= settings.hold:
        return Phase.READY
    if state.phase is Phase.READY and state.failing_since is not None:
        return Phase.NEARLY if taken - state.failing_since >= settings.release else Phase.READY
    return state.phase


def _guided(state: GateState, view: LiveView, elapsed: float, settings: GateSettings, *, anew: bool) -> GateState:
    """Promise and prompt of the phase. A frame from below the phase (a blink) says nothing about what to mend."""
    if state.phase is Phase.READY:
        return replace(state, prompt=None, rival=None, rival_since=None)
    promise = min(1.0, max(0.0, view.promise)) if math.isfinite(view.promise) else 0.0
    share = 1.0 - math.exp(-elapsed / SMOOTHING)
    smooth = state.promise + share * (promise - state.promise)
    state = replace(state, promise=min(MOST_BEFORE_READY, smooth))
    if state.phase is Phase.NO_EYE:
        return replace(state, prompt=None, rival=None, rival_since=None)
    if HEIGHT[view.aim] < _HEIGHT_OF_PHASE[state.phase]:
        return state
    return prompted(state, view.main, settings, anew=anew)
