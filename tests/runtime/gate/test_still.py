"""A still's life: press, photograph, verdict, disk."""

from __future__ import annotations

import pytest

from fundusgate.codes import CauseCode, RetakeHelps, Verdict
from fundusgate.runtime.gate.events import JudgeStill, KeepStill, Outcome, PhaseChanged, TakeStill, Trigger
from fundusgate.runtime.gate.observations import Pressed, StillFailed, StillJudged, StillKept, StillTaken, Tick
from fundusgate.runtime.gate.state import BUSY, Phase, Reason
from fundusgate.runtime.gate.still import NO_STILL, NO_VERDICT, NOT_FRESH, NOT_KEPT
from tests.runtime.gate.diagram import AGE, COLUMN, Play

NAN, INF = float("nan"), float("inf")


def test_press_photograph_verdict_disk() -> None:
    play = Play().diagram(
        """
        live  |++++++++++++++++++++|
        does  |......P..T...A..K...|
        phase |nnnnnR***???????AAAA|
        """
    )
    requests = [event for event in play.events if not isinstance(event, PhaseChanged)]
    assert requests == [TakeStill(1, 64.75, Trigger.OPERATOR), JudgeStill(1, 1), KeepStill(1, Outcome.ACCEPTED)]
    assert play.state.still is not None
    assert play.state.still.kept
    assert play.state.settled


def test_a_note_is_shown_with_the_photograph() -> None:
    Play().diagram(
        """
        live   |+++PTNK+C++|
        does   |...PTNK.C..|
        phase  |nnn*??NNnnn|
        prompt |......--...|
        """
    )


@pytest.mark.parametrize("live", ["o", "e", "-", "+"])
def test_any_live_picture_may_be_photographed(live: str) -> None:
    play = Play().diagram(f"live |{live * 6}|\ndoes |.....P|")
    assert play.state.phase is Phase.CAPTURING


def test_a_double_press_takes_one_flash() -> None:
    play = Play().diagram(
        """
        live  |++++++++++++++++++|
        does  |PPPTPPAPPKPPP.....|
        phase |***??????AAAAAAAAA|
        """
    )
    assert len(play.asked(TakeStill)) == 1


@pytest.mark.parametrize(("does", "limit"), [("P", 2.0), ("PT", 3.125)])
def test_a_press_at_the_moment_a_still_is_given_up_is_no_second_flash(does: str, limit: float) -> None:
    columns = int(limit / COLUMN)
    play = Play().diagram(f"live |{columns * '+'}|\ndoes |{does:.<{columns}}|")
    assert play.state.phase in BUSY
    play.tell(Pressed())
    assert play.state.phase is Phase.NEARLY
    assert len(play.asked(TakeStill)) == 1
    play.tell(Pressed())
    assert len(play.asked(TakeStill)) == 2


@pytest.mark.parametrize("exposed_at", [64.6, 0.0, NAN, INF, -INF, 99.0])
def test_a_photograph_from_before_the_press_or_from_no_moment_is_refused(exposed_at: float) -> None:
    play = Play().diagram(
        """
        live  |++++++++|
        does  |......P.|
        """
    )
    play.tell(StillTaken(1, exposed_at))
    assert play.state.phase is Phase.NEARLY
    assert play.state.why == NOT_FRESH
    assert not play.asked(JudgeStill)
    play.tell(StillTaken(1, play.now))
    assert play.state.phase is Phase.NEARLY


def test_a_photograph_of_the_very_moment_of_the_press_is_fresh() -> None:
    play = Play().diagram("live |+|\ndoes |P|")
    assert play.state.still is not None
    play.tell(StillTaken(1, play.state.still.asked_at))
    assert play.state.phase is Phase.CHECKING


def test_a_still_that_does_not_come_is_given_up_and_its_late_answer_not_heard() -> None:
    play = Play().diagram(
        """
        live  |+++++++++++++++++++++++|
        does  |..P...................T|
        phase |nn****************nnnnR|
        """
    )
    assert play.state.why == NO_STILL.format(seconds=2.0)
    assert not play.asked(JudgeStill)


@pytest.mark.parametrize(("does", "why"), [("PT......", NO_VERDICT), ("PTA.....", NOT_KEPT)])
def test_checking_has_a_limit(does: str, why: str) -> None:
    play = Play().diagram(f"live |{'+' * 33}|\ndoes |{does:.<33}|")
    assert play.phases[24:26] == "?n"
    assert play.state.why == why.format(seconds=3.0)
    for late in (StillJudged(1, Verdict.ACCEPT, None, None), StillKept(1)):
        play.tell(late)
    assert play.state.phase is not Phase.ACCEPTED


def test_without_a_fresh_picture_a_failed_still_leads_to_closed() -> None:
    play = Play().diagram(
        """
        live  |++.................+|
        does  |..P................F|
        phase |nn****************cn|
        """
    )
    assert play.state.why == NO_STILL.format(seconds=2.0)


def test_a_failure_is_said_until_the_operator_goes_on() -> None:
    play = Play().diagram(
        """
        live  |++++++++++++++++++++|
        does  |..P.T.A.F...........|
        phase |nn**????nnnnnRRRRRRR|
        """
    )
    assert play.state.why == "the disk is full: free some space"
    play.diagram("live |+|\ndoes |C|")
    assert play.state.why is None


def test_an_accepted_verdict_that_could_not_be_kept_is_not_accepted() -> None:
    play = Play().diagram(
        """
        live  |++++++++++|
        does  |PTAFK.....|
        phase |*??nnnnnRR|
        """
    )
    assert play.state.still is not None
    assert not play.state.still.kept


def test_answers_to_other_stills_and_out_of_order_are_not_heard() -> None:
    play = Play().diagram("live |++|\ndoes |.P|")
    for stranger in (0, 2, -1, 7):
        play.tell(StillTaken(stranger, play.now))
        play.tell(StillFailed(stranger, "no"))
    play.tell(StillJudged(1, Verdict.ACCEPT, None, None))
    play.tell(StillKept(1))
    assert play.state.phase is Phase.CAPTURING
    play.tell(StillTaken(1, play.now - AGE))
    play.tell(StillKept(1))
    assert play.state.phase is Phase.CHECKING
    play.tell(StillJudged(2, Verdict.ACCEPT, None, None))
    assert not play.asked(KeepStill)


def test_the_first_verdict_counts() -> None:
    play = Play().diagram("live |++|\ndoes |PT|")
    play.tell(StillJudged(1, Verdict.RETAKE, CauseCode.FOCUS, RetakeHelps.YES))
    play.tell(StillJudged(1, Verdict.ACCEPT, None, None))
    play.tell(StillKept(1))
    assert play.state.phase is Phase.RETAKE
    assert play.asked(KeepStill) == [KeepStill(1, Outcome.RETAKE)]


@pytest.mark.parametrize("does", ["P!", "PT!", "PTA!"])
def test_a_break_in_the_middle_is_never_accepted(does: str) -> None:
    play = Play().diagram(f"live |{'+' * len(does)}|\ndoes |{does}|")
    play.tell(StillTaken(1, play.now))
    play.tell(StillJudged(1, Verdict.ACCEPT, None, None))
    play.tell(StillKept(1))
    assert (play.state.phase, play.state.why) == (Phase.CLOSED, "the camera is unplugged: plug it in")
    play.diagram("live |...+|\ndoes |m...|\nphase |cccn|")
    assert play.state.why == "The photograph under way was lost: the camera is unplugged: plug it in"


def test_hysteresis_starts_anew_after_a_still() -> None:
    Play().diagram(
        """
        live  |++++++++++++++++++++++++|
        does  |.....PTBK...............|
        phase |nnnnn*??rrrrrrrrrrrrnnnn|
        """
    )


def test_nothing_happens_to_a_state_by_ticks_of_the_same_moment() -> None:
    play = Play().diagram("live |++++++|\ndoes |.....P|")
    before = play.state
    play.now -= 0.125
    play.tell(Tick())
    assert play.state == before


def test_the_reason_of_an_opacity() -> None:
    play = Play().diagram("live |++++|\ndoes |PTIK|")
    assert (play.state.phase, play.state.reason) == (Phase.CANNOT_OBTAIN, Reason.OPACITY)
