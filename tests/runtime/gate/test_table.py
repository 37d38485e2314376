"""Every situation meets every observation: nothing falls, and the phase goes only where it may."""

from __future__ import annotations

import dataclasses
import math
from itertools import product
from typing import TYPE_CHECKING

import pytest

from fundusgate.codes import CauseCode, RetakeHelps, Verdict
from fundusgate.runtime.gate import observations as told
from fundusgate.runtime.gate.events import PhaseChanged
from fundusgate.runtime.gate.observations import Aim
from fundusgate.runtime.gate.state import BUSY, LIVE, PASSED, RESTING, Phase, Reason
from fundusgate.runtime.gate.step import SUCCESSORS, step
from tests.runtime.gate.diagram import OD_DISC, OD_MACULA, OS_DISC, Play
from tests.runtime.gate.situations import SITUATIONS, before_other_eyes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fundusgate.runtime.gate.events import Event

NAN, INF = float("nan"), float("inf")
DELAYS = (-5.0, 0.0, 0.125, 1.6, 5.0, 1000.0, NAN, INF)


def plain(play: Play, now: float) -> list[told.Observation]:
    """What is said every day."""
    still = play.state.stills
    return [
        told.Pressed(),
        told.Continued(),
        told.Mended(),
        told.Broken("the camera hangs: plug it in again"),
        told.Tick(),
        told.Overridden("readable"),
        OD_DISC,
        OS_DISC,
        told.GivenUp(Reason.COOPERATION),
        *(told.LiveView(now - 0.02, aim, 0.7, True, None) for aim in Aim),
        *(told.LiveView(now - 0.02, aim, 0.7, False, CauseCode.FOCUS) for aim in Aim),
        told.StillTaken(still, now),
        *(told.StillJudged(still, verdict, CauseCode.FOCUS, RetakeHelps.YES) for verdict in Verdict),
        told.StillKept(still),
        told.StillFailed(still, "the disk is full: free some space"),
    ]


def strange(play: Play, now: float) -> list[told.Observation]:
    """What should never be said: of impossible moments, of strangers, with nothing in it."""
    out: list[told.Observation] = [told.Overridden(""), OD_MACULA, told.Retargeted(None, None, None)]
    out += [told.GivenUp(reason) for reason in Reason]
    out += [
        told.LiveView(at, Aim.RETINA, promise, True, None)
        for at, promise in ((now - 9, 1.0), (now + 9, 1.0), (NAN, NAN), (-INF, INF))
    ]
    still = play.state.stills
    out += [told.StillTaken(still, at) for at in (now - 9, now + 9, NAN, INF)]
    out += [
        told.StillJudged(still, verdict, main, helps)
        for verdict, main, helps in product(Verdict, (None, CauseCode.MEDIA_OPACITY), (None, RetakeHelps.NO))
    ]
    for stranger in (still + 1, 0, -1):
        out += [told.StillTaken(stranger, now), told.StillJudged(stranger, Verdict.ACCEPT, None, None)]
        out += [told.StillKept(stranger), told.StillFailed(stranger, "no")]
    return out


def told_to(
    play: Play, say: Callable[[Play, float], list[told.Observation]]
) -> Iterator[tuple[told.Observation, float]]:
    """Every observation at every delay, with the time that it comes with."""
    for delay in DELAYS:
        now = play.now + delay
        for observation in say(play, max(play.state.now, now) if math.isfinite(now) else play.state.now):
            yield observation, now


def changes(events: tuple[Event, ...]) -> list[tuple[Phase, Phase]]:
    return [(event.before, event.after) for event in events if isinstance(event, PhaseChanged)]


@pytest.mark.parametrize("name", SITUATIONS)
def test_every_observation_is_met_in_every_situation(name: str) -> None:
    play = SITUATIONS[name]
    before = play.state
    for observation, now in (*told_to(play, plain), *told_to(play, strange)):
        after, events = step(before, observation, now, play.settings)
        phase = before.phase
        for start, end in changes(events):
            assert start is phase, (observation, now)
            assert end in SUCCESSORS[phase], (observation, now)
            phase = end
        assert phase is after.phase, (observation, now)
        assert after.now >= before.now
        assert 0 <= after.promise <= 1
        assert (after.promise == 1) == (after.phase is Phase.READY)
        assert (after.reason is not None) == (after.phase is Phase.CANNOT_OBTAIN)
        if after.phase is Phase.CLOSED:
            assert after.why
        if after.phase in PASSED and before.phase not in PASSED:
            assert isinstance(observation, told.StillKept | told.Overridden), (observation, now)


def test_the_successors_are_exactly_what_happens() -> None:
    seen = {
        change
        for play in (*SITUATIONS.values(), *before_other_eyes())
        for observation, now in told_to(play, plain)
        for change in changes(step(play.state, observation, now, play.settings)[1])
    }
    allowed = {(phase, after) for phase, successors in SUCCESSORS.items() for after in successors}
    assert sorted(allowed - seen) == []
    assert sorted(seen - allowed) == []


def test_the_situations_are_of_every_phase_and_the_phases_of_one_kind_each() -> None:
    assert {play.state.phase for play in SITUATIONS.values()} == set(Phase)
    kinds = [{Phase.CLOSED}, LIVE, BUSY, RESTING]
    assert sorted(phase for kind in kinds for phase in kind) == sorted(Phase)
    assert PASSED <= RESTING


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_can_be_left_and_reached(phase: Phase) -> None:
    assert SUCCESSORS[phase] - {phase}
    assert phase not in SUCCESSORS[phase]
    reached, found = set(), {phase}
    while found - reached:
        new = found - reached
        reached |= found
        found = set().union(*(SUCCESSORS[one] for one in new))
    assert reached == set(Phase)


def test_nothing_but_keeping_and_overriding_leads_to_a_pass() -> None:
    leading = {phase for phase, after in SUCCESSORS.items() if after & PASSED}
    assert {phase for phase, after in SUCCESSORS.items() if Phase.ACCEPTED in after} == {Phase.CHECKING}
    assert Phase.CLOSED not in leading
    assert Phase.CAPTURING not in leading


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_step_changes_nothing_that_it_was_given(name: str) -> None:
    play = SITUATIONS[name]
    before = dataclasses.asdict(play.state)
    first = step(play.state, told.Pressed(), play.now, play.settings)
    assert dataclasses.asdict(play.state) == before
    assert step(play.state, told.Pressed(), play.now, play.settings) == first
