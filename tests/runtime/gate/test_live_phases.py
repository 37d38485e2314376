from __future__ import annotations

from dataclasses import replace

import pytest

from fundusgate.runtime.gate.observations import Aim, LiveView
from fundusgate.runtime.gate.state import Phase
from tests.runtime.gate.diagram import AGE, PACE, Play


def test_from_nothing_to_ready() -> None:
    Play().diagram(
        """
        live  |....ooee--++++++++|
        phase |ccccooeennnnnnRRRR|
        """
    )


def test_ready_needs_an_unbroken_hold() -> None:
    Play().diagram(
        """
        live  |+++-+++-++++++|
        phase |nnnnnnnnnnnnRR|
        """
    )


def test_a_blink_takes_nothing_back() -> None:
    Play().diagram(
        """
        live  |++++++++oo++-+++|
        phase |nnnnnRRRRRRRRRRR|
        """
    )


def test_what_fails_for_the_release_falls_and_is_held_for_anew() -> None:
    Play().diagram(
        """
        live  |++++++++---+++++++|
        phase |nnnnnRRRRRnnnnnRRR|
        """
    )


def test_an_eye_that_goes_away_falls_to_the_best_that_was_seen_meanwhile() -> None:
    Play().diagram(
        """
        live  |++++++++oeooooooo|
        phase |nnnnnRRRRReeeoooo|
        """
    )


def test_alternating_aims_do_not_flicker() -> None:
    Play().diagram(
        """
        live  |eoeoeo-e-e-o-e-e|
        phase |eeeeeennnnnnnnnn|
        """
    )


def test_two_passing_frames_with_a_hole_between_are_no_hold() -> None:
    Play().diagram(
        """
        live  |+.....+.....+++++|
        phase |nnnnnnnnnnnnnnnnR|
        """
    )


def test_a_retina_that_passes_without_being_in_place_is_not_good() -> None:
    play = Play()
    for _ in range(10):
        play.tell(LiveView(play.now - AGE, Aim.EYE, 1.0, passing=True, main=None))
        play.now += 0.125
    assert play.state.phase is Phase.ALIGNING
    assert play.state.good_since is None


def test_the_ring_is_full_in_ready_and_only_there() -> None:
    play = Play().diagram("live  |----++|")
    assert 0.6 < play.state.promise < 1
    climbing = play.state.promise
    play.diagram("live  |++|")
    assert climbing < play.state.promise < 1
    play.diagram("live  |++++|")
    assert (play.state.phase, play.state.promise) == (Phase.READY, 1.0)
    play.diagram("live  |---|")
    assert play.state.phase is Phase.NEARLY
    assert play.state.promise < 1
    play.diagram("does  |P|")
    assert (play.state.phase, play.state.promise) == (Phase.CAPTURING, 0.0)


def test_the_promise_is_smooth() -> None:
    play = Play().diagram("live |-----|")
    before = play.state.promise
    play.diagram("live |e|")
    assert before > play.state.promise > 0.35


@pytest.mark.parametrize("promise", [float("nan"), float("inf"), -float("inf"), -3.0, 7.0])
def test_a_promise_that_is_none_stays_in_range(promise: float) -> None:
    play = Play()
    for _ in range(3):
        play.tell(LiveView(play.now, Aim.RETINA, promise, passing=False, main=None))
        play.now += 0.125
        assert 0 <= play.state.promise < 1


def test_without_patience_ready_still_comes_after_nearly() -> None:
    Play(replace(PACE, hold=0.0, release=0.0)).diagram(
        """
        live  |o++-+eo|
        phase |onRnReo|
        """
    )
