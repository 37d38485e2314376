"""The still that is taken by itself: once a readiness, capped, and never of the former target."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fundusgate.runtime.gate.events import TakeStill, Trigger
from fundusgate.runtime.gate.observations import Retargeted
from fundusgate.runtime.gate.state import Field, Phase
from tests.runtime.gate.diagram import AUTO, OS_DISC, PACE, Play


def test_ready_that_is_held_takes_the_still() -> None:
    play = Play(AUTO).diagram(
        """
        live  |++++++++++++++|
        does  |..........TAK.|
        phase |nnnnnRRRR*??AA|
        """
    )
    assert play.asked(TakeStill) == [TakeStill(1, 65.125, Trigger.AUTO)]


def test_a_single_failing_frame_delays_it_and_costs_no_readiness() -> None:
    Play(AUTO).diagram(
        """
        live  |+++++++-+++++++++|
        phase |nnnnnRRRRRRRRRRR*|
        """
    )


def test_without_the_setting_nothing_is_taken() -> None:
    assert not Play(PACE).diagram(f"live |{'+' * 40}|").asked(TakeStill)


def test_an_accepted_target_is_not_flashed_again() -> None:
    play = Play(AUTO).diagram(f"live |{'+' * 60}|\ndoes |{'..........TAKC':.<60}|")
    assert play.state.phase is Phase.READY
    assert len(play.asked(TakeStill)) == 1


def test_a_failure_waits_for_the_operator() -> None:
    play = Play(AUTO).diagram(f"live |{'+' * 60}|\ndoes |{'..........F':.<60}|")
    assert len(play.asked(TakeStill)) == 1
    play.diagram("live |++|\ndoes |C.|\nphase |**|")
    assert len(play.asked(TakeStill)) == 2


def test_retakes_are_taken_by_themselves_up_to_the_cap() -> None:
    play = Play(AUTO)
    for _ in range(400):
        does = {Phase.CAPTURING: "T", Phase.ACCEPTED: "C", Phase.CANNOT_OBTAIN: "C"}.get(play.state.phase, " ")
        if play.state.phase is Phase.CHECKING and play.state.still is not None:
            does = "K" if play.state.still.verdict else "B"
        play.column("+", does)
    assert len(play.asked(TakeStill)) == 1 + AUTO.max_retakes


@given(st.lists(st.sampled_from("+++++-o.TTABKF"), max_size=200).map("".join), st.integers(0, 3))
def test_whatever_happens_no_target_is_flashed_more_often_than_advised(story: str, most: int) -> None:
    play = Play(replace(AUTO, max_retakes=most, hold=0.125, auto_after=0.0, retake_shows=0.25))
    for letter in story:
        play.column("+" if letter in "TABKF" else letter, letter)
    assert len(play.asked(TakeStill)) <= 1 + most


def test_another_eye_is_not_flashed_before_the_first_has_gone() -> None:
    play = Play(AUTO).diagram(
        """
        live  |+++++++++++++++++++++oo++++++|
        does  |1..3.........................|
        """
    )
    # two frames without an eye are a blink
    assert not play.asked(TakeStill)
    play.diagram(
        """
        live  |oooooo+++++++++|
        phase |RRoooonnnnRRRR*|
        """
    )


def test_another_field_of_the_eye_waits_until_the_picture_has_failed() -> None:
    play = Play(AUTO).diagram(
        """
        live  |++++++++++++++++++++++++|
        does  |1..2....................|
        """
    )
    assert play.state.phase is Phase.READY
    assert not play.asked(TakeStill)
    play.diagram("live |-----+++++++++|")
    assert len(play.asked(TakeStill)) == 1


def test_another_eye_and_then_another_field_of_it_still_waits_for_the_eye() -> None:
    play = Play(AUTO).diagram("live |++|\ndoes |13|")
    play.tell(Retargeted(OS_DISC.laterality, Field.MACULA, None))
    play.diagram(f"live |{'-' * 10}{'+' * 20}|")
    assert not play.asked(TakeStill)


def test_the_first_choice_describes_what_is_before_the_camera() -> None:
    assert Play(AUTO).diagram(f"live |{'+' * 12}|\ndoes |{'1':.<12}|").asked(TakeStill)


def test_another_patient_is_not_flashed_before_the_first_has_gone() -> None:
    play = Play(AUTO).diagram("live |+|\ndoes |1|")
    play.tell(Retargeted(play.state.laterality, play.state.field, "patient 1"))
    play.diagram(f"live |{'+' * 30}|")
    assert not play.asked(TakeStill)
