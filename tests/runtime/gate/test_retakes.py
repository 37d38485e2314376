"""Retakes are advised, counted and capped; where another attempt is of no use, that is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fundusgate.codes import CauseCode, Laterality, RetakeHelps, Verdict
from fundusgate.runtime.gate.events import JudgeStill, KeepStill, Outcome
from fundusgate.runtime.gate.observations import Pressed, Retargeted, StillJudged, StillKept, StillTaken
from fundusgate.runtime.gate.outcomes import outcome_of
from fundusgate.runtime.gate.state import Field, Phase, Reason
from tests.runtime.gate.diagram import PACE, Play


def test_a_retake_is_shown_for_a_while_then_the_live_picture_returns() -> None:
    play = Play().diagram(
        """
        live   |++++++++++++++++++++++|
        does   |PTBK..................|
        phase  |*??rrrrrrrrrrrrnnnnRRR|
        prompt |...------------.......|
        """
    )
    assert play.state.retakes == 1


@pytest.mark.parametrize(("does", "phase"), [("PTBKP", "*??r*"), ("PTBKC", "*??rn"), ("PTBKV", "*??rN")])
def test_a_retake_is_left_by_the_operator_at_once(does: str, phase: str) -> None:
    Play().diagram(f"live |+++++|\ndoes |{does}|\nphase |{phase}|")


def test_the_cap_ends_in_cannot_obtain() -> None:
    play = Play().diagram(
        """
        live  |++++++++++++|
        does  |PTBKPTBKPTBK|
        phase |*??r*??r*??X|
        """
    )
    assert (play.state.retakes, play.state.reason) == (2, Reason.RETAKES_USED_UP)
    assert [event.outcome for event in play.asked(KeepStill) if isinstance(event, KeepStill)] == [
        Outcome.RETAKE,
        Outcome.RETAKE,
        Outcome.CANNOT_OBTAIN,
    ]


def test_attempts_are_counted_for_the_networks() -> None:
    play = Play().diagram("live |++++++++++++++|\ndoes |PTBKPTFPTAKCPT|")
    # the photograph that could not be judged is no attempt
    assert [event.attempt for event in play.asked(JudgeStill) if isinstance(event, JudgeStill)] == [1, 2, 2, 3]


def test_cannot_obtain_stays_and_takes_no_flash_until_the_operator_goes_on() -> None:
    Play(replace(PACE, max_retakes=0)).diagram(
        """
        live  |+++++++++++++++++++++++++++|
        does  |PTBK...PP...........P.CPTAK|
        phase |*??XXXXXXXXXXXXXXXXXXXn*??A|
        """
    )


def test_after_going_on_the_count_is_kept() -> None:
    Play(replace(PACE, max_retakes=1)).diagram(
        """
        live  |+++++++++++++|
        does  |PTBKPTBKCPTBK|
        phase |*??r*??Xn*??X|
        """
    )


@pytest.mark.parametrize(
    ("does", "reason"),
    [("PTHKPTHK", Reason.OPACITY), ("PTBKPTBKPTSK", Reason.SMALL_PUPIL), ("PTIK", Reason.OPACITY)],
)
def test_the_reason_is_the_cause_where_it_is_one(does: str, reason: Reason) -> None:
    play = Play().diagram(f"live |{'+' * len(does)}|\ndoes |{does}|")
    assert (play.state.phase, play.state.reason) == (Phase.CANNOT_OBTAIN, reason)


def test_where_a_retake_does_not_help_one_is_advised_with_care_and_no_more() -> None:
    play = Play().diagram(
        """
        live  |++++++++|
        does  |PTHKPTHK|
        phase |*??r*??X|
        """
    )
    assert play.state.still is not None
    assert play.state.still.retake_helps is RetakeHelps.NO


def test_a_verdict_that_nothing_can_be_had_for_another_cause_is_other() -> None:
    play = Play().diagram("live |++|\ndoes |PT|")
    play.tell(StillJudged(1, Verdict.CANNOT_OBTAIN, CauseCode.LASH_LID, RetakeHelps.YES))
    play.tell(StillKept(1))
    assert play.state.reason is Reason.OTHER


def test_another_target_is_counted_anew_and_the_same_is_not() -> None:
    play = Play().diagram("live |++++++++|\ndoes |1PTBKPTB|")
    assert play.state.retakes == 1
    play.diagram("live |+++|\ndoes |K1.|")
    assert (play.state.retakes, play.state.attempts) == (2, 2)
    play.diagram("live |+|\ndoes |3|")
    assert (play.state.retakes, play.state.attempts, play.state.still) == (0, 0, None)


def retarget(play: Play, laterality: Laterality, patient: str | None) -> tuple[int, int]:
    play.tell(Retargeted(laterality, Field.MACULA, patient))
    return play.state.retakes, play.state.attempts


def test_going_to_the_other_eye_and_back_does_not_begin_the_flashes_anew() -> None:
    play = Play().diagram("live |+|")
    retarget(play, Laterality.OD, "17")
    play.diagram("live |+++++|\ndoes |.PTBK|")
    assert retarget(play, Laterality.OS, "17") == (0, 0)
    assert retarget(play, Laterality.OD, "17") == (1, 1)
    assert play.state.still is None
    assert retarget(play, Laterality.OD, "18") == (0, 0)
    assert retarget(play, Laterality.OD, "17") == (0, 0)


def test_who_is_not_known_may_be_another() -> None:
    play = Play().diagram("live |+|")
    retarget(play, Laterality.OD, None)
    play.diagram("live |+++++|\ndoes |.PTBK|")
    retarget(play, Laterality.OS, None)
    assert retarget(play, Laterality.OD, None) == (0, 0)


def test_the_outcome_on_the_disk_is_the_one_that_is_shown_even_if_the_settings_change_between() -> None:
    play = Play().diagram("live |++++|\ndoes |.PTB|")
    play.settings = replace(PACE, max_retakes=0)
    play.tell(StillKept(1))
    assert play.asked(KeepStill) == [KeepStill(1, Outcome.RETAKE)]
    assert play.state.phase is Phase.RETAKE


@pytest.mark.parametrize("verdict", [Verdict.RETAKE, Verdict.CANNOT_OBTAIN])
@pytest.mark.parametrize("helps", [None, *RetakeHelps])
@pytest.mark.parametrize("retakes", range(5))
def test_what_did_not_pass_is_never_accepted(verdict: Verdict, helps: RetakeHelps | None, retakes: int) -> None:
    outcome = outcome_of(verdict, helps, retakes, PACE)
    assert outcome in (Outcome.RETAKE, Outcome.CANNOT_OBTAIN)
    if retakes >= PACE.max_retakes or verdict is Verdict.CANNOT_OBTAIN:
        assert outcome is Outcome.CANNOT_OBTAIN


def test_a_stranger_s_photograph_takes_no_retake_from_the_count() -> None:
    play = Play()
    play.diagram("live |+|")
    for number in range(1, 8):
        play.tell(Pressed())
        play.tell(StillTaken(number, play.now))
        play.tell(StillKept(number))
        play.now += 4
        play.diagram("live |++|")
    assert play.state.retakes == 0


def test_the_reason_that_is_shown_is_the_one_that_is_recorded() -> None:
    play = Play().diagram("live |++++|\ndoes |PTHK|").diagram("live |++++|\ndoes |PTHK|")
    first, second = play.asked(KeepStill)
    assert (first.reason, second.reason) == (None, Reason.OPACITY)
    assert play.state.reason is second.reason
