"""The gate fails closed."""

from __future__ import annotations

import pytest

from fundusgate.runtime.gate.breaks import STALE, WAITING
from fundusgate.runtime.gate.observations import Aim, Broken, LiveView, Mended, Pressed, Tick
from fundusgate.runtime.gate.state import GateState, Phase
from fundusgate.runtime.gate.step import step
from tests.runtime.gate.diagram import AGE, PACE, Play

NAN, INF = float("nan"), float("inf")


def test_it_starts_closed_and_a_press_does_nothing() -> None:
    play = Play().diagram(
        """
        live  |.......+|
        does  |.P.K.C..|
        phase |cccccccn|
        """
    )
    assert [type(event).__name__ for event in play.events] == ["PhaseChanged"]


def test_no_picture_closes_and_a_fresh_one_opens() -> None:
    play = Play().diagram(
        """
        live  |++++++..........|
        phase |nnnnnRRRRRRRRccc|
        """
    )
    assert play.state.why == STALE
    play.diagram(
        """
        live  |..+|
        phase |ccn|
        """
    )
    assert play.state.why is None


def test_what_is_broken_stays_closed_until_a_picture_from_after_the_repair() -> None:
    play = Play().diagram(
        """
        live  |++++++++++++|
        does  |......!.....|
        phase |nnnnnRcccccc|
        """
    )
    assert play.state.why == "the camera is unplugged: plug it in"
    play.tell(Mended())
    play.tell(LiveView(play.now - AGE, Aim.RETINA, 1.0, passing=True, main=None))
    assert play.state.phase is Phase.CLOSED
    assert play.state.why == WAITING
    play.diagram(
        """
        live  |.++++++|
        phase |cnnnnnR|
        """
    )


def test_each_new_break_says_why() -> None:
    play = Play().diagram("live |++|")
    for why in ("the camera hangs: plug it in again", "a network failed: restart"):
        play.tell(Broken(why))
        assert (play.state.phase, play.state.why) == (Phase.CLOSED, why)


@pytest.mark.parametrize("taken_at", [NAN, INF, -INF, 65.0, 63.0, 0.0])
def test_pictures_of_no_believable_moment_open_nothing(taken_at: float) -> None:
    state, events = step(GateState(), LiveView(taken_at, Aim.RETINA, 1.0, True, None), 64.0, PACE)
    assert (state.phase, events) == (Phase.CLOSED, ())
    assert state.last_view is None


def test_pictures_out_of_order_are_not_heard() -> None:
    play = Play().diagram("live |++++|")
    newest = play.state.last_view
    assert newest is not None
    play.tell(LiveView(newest - 0.01, Aim.NO_EYE, 0.0, passing=False, main=None))
    assert play.state.aim is Aim.RETINA
    assert play.state.last_view == newest


def test_the_same_picture_again_and_again_is_no_fresh_picture() -> None:
    play = Play()
    frozen = LiveView(play.now, Aim.RETINA, 1.0, passing=True, main=None)
    for _ in range(8):
        play.tell(frozen)
        assert play.state.phase is Phase.NEARLY
        play.now += 0.125
    play.tell(frozen)
    assert play.state.phase is Phase.CLOSED


@pytest.mark.parametrize("now", [NAN, -INF, INF, 0.0, 63.9])
def test_time_never_runs_backwards(now: float) -> None:
    play = Play().diagram("live |++++++|")
    before = play.state
    after, events = step(before, Tick(), now, PACE)
    assert (after, events) == (before, ())
    pressed, _ = step(before, Pressed(), now, PACE)
    assert pressed.still is not None
    assert pressed.still.asked_at == before.now == pressed.now


def test_a_result_is_not_closed_by_a_preview_that_pauses() -> None:
    Play().diagram(
        """
        live  |++++++....................++|
        does  |......P.T.A.K.........C.....|
        phase |nnnnnR**????AAAAAAAAAAccccnn|
        """
    )


def test_a_retake_goes_back_to_closed_where_the_preview_has_not_come_back() -> None:
    Play().diagram(
        """
        live  |++++++....................+|
        does  |......P.T.B.K..............|
        phase |nnnnnR**????rrrrrrrrrrrrccn|
        """
    )


def test_a_break_takes_even_a_result_from_the_screen() -> None:
    play = Play().diagram(
        """
        live  |++++++....................+|
        does  |......P.T.A.K!......m......|
        phase |nnnnnR**????Acccccccccccccn|
        """
    )
    assert play.state.still is not None
    assert play.state.still.kept
