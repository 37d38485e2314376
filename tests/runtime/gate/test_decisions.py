"""What the operator decides: overriding, giving up, going on, another target."""

from __future__ import annotations

import pytest

from fundusgate.runtime.gate.events import KeepStill, RecordGivenUp, RecordOverride, TakeStill
from fundusgate.runtime.gate.observations import GivenUp, Overridden, Retargeted, StillFailed
from fundusgate.runtime.gate.state import Phase, Reason
from tests.runtime.gate.diagram import OS_DISC, Play


@pytest.mark.parametrize(
    ("does", "phase"),
    [
        ("PTBKV", "*??rN"),
        ("PTBKPTBKPTBKV", "*??r*??r*??XN"),
        ("PTBKC..V", "*??rnnnN"),
        ("PTBKGV", "*??rXN"),
    ],
)
def test_a_kept_photograph_that_did_not_pass_may_be_overridden(does: str, phase: str) -> None:
    play = Play().diagram(f"live |{'+' * len(does)}|\ndoes |{does}|\nphase |{phase}|")
    assert play.state.still is not None
    assert play.state.still.overridden
    assert play.asked(RecordOverride) == [RecordOverride(play.state.still.number, "the vessels can be read")]


@pytest.mark.parametrize(
    "does",
    [
        "..V",
        "PTBV",
        "PTBFV",
        "PTAKCV",
        "PTAKV",
        "PTBKPV",
        "PTBKPTV",
        "PTBK3V",
        "1PTBKCV3V",
        "PTBK!V",
        "PTBK!GV",
        "PTBKVCV",
    ],
)
def test_anything_else_may_not(does: str) -> None:
    play = Play().diagram(f"live |{'+' * len(does)}|\ndoes |{does}|")
    overrides = play.asked(RecordOverride)
    # where the same still was overridden before, it is not a second time
    assert len(overrides) == (1 if does in ("PTBKVCV", "1PTBKCV3V") else 0)
    assert play.state.phase is not Phase.ACCEPTED_WITH_NOTE


@pytest.mark.parametrize("reason", ["", " ", "\t\n"])
def test_an_override_has_a_reason(reason: str) -> None:
    play = Play().diagram("live |++++|\ndoes |PTBK|")
    play.tell(Overridden(reason))
    assert play.state.phase is Phase.RETAKE
    assert not play.asked(RecordOverride)


def test_an_override_that_could_not_be_recorded_is_taken_back_and_may_be_tried_again() -> None:
    play = Play().diagram("live |+++++|\ndoes |PTBKV|")
    play.tell(StillFailed(1, "It was not recorded: the disk is full"))
    assert (play.state.phase, play.state.why) == (Phase.NEARLY, "It was not recorded: the disk is full")
    play.diagram("live |+|\ndoes |V|\nphase |N|")
    assert len(play.asked(RecordOverride)) == 2


def test_giving_up_that_could_not_be_recorded_is_said_and_may_be_tried_again() -> None:
    play = Play().diagram("live |++++++|\ndoes |PTBKG.|")
    play.tell(StillFailed(1, "It was not recorded: the disk is full"))
    assert (play.state.phase, play.state.why) == (Phase.NEARLY, "It was not recorded: the disk is full")
    play.diagram("live |+|\ndoes |G|\nphase |X|")
    assert play.asked(RecordGivenUp) == 2 * [RecordGivenUp(1, Reason.COOPERATION)]


def test_an_accepted_photograph_is_not_taken_back() -> None:
    for does in ("PTAK", "PTNK"):
        play = Play().diagram(f"live |++++|\ndoes |{does}|")
        shown = play.state.phase
        play.tell(StillFailed(1, "too late"))
        assert (play.state.phase, play.state.why) == (shown, None)


@pytest.mark.parametrize(
    ("does", "still"),
    [("G", None), ("+G", None), ("PTBKG", 1), ("PTBKPTBFG", None), ("PTAKG", 1), ("!G", None), ("PTBK3G", None)],
)
def test_giving_up_is_recorded_with_the_last_photograph_of_the_target(does: str, still: int | None) -> None:
    play = Play().diagram(f"live |{'+' * len(does)}|\ndoes |{does}|")
    assert (play.state.phase, play.state.reason) == (Phase.CANNOT_OBTAIN, Reason.COOPERATION)
    assert play.asked(RecordGivenUp) == [RecordGivenUp(still, Reason.COOPERATION)]


@pytest.mark.parametrize("does", ["PG", "PTG", "PTAG"])
def test_nobody_gives_up_a_still_under_way(does: str) -> None:
    play = Play().diagram(f"live |{'+' * len(does)}|\ndoes |{does}|")
    assert not play.asked(RecordGivenUp)
    assert play.state.phase in (Phase.CAPTURING, Phase.CHECKING)


def test_giving_up_once_more_corrects_the_reason() -> None:
    play = Play().diagram("live |++++|\ndoes |...G|")
    play.tell(GivenUp(Reason.SMALL_PUPIL))
    assert play.state.reason is Reason.SMALL_PUPIL
    assert len(play.asked(RecordGivenUp)) == 2
    play.diagram("live |+|\ndoes |C|\nphase |n|")
    assert play.state.reason is None


def test_what_was_given_up_while_broken_leads_back_to_closed() -> None:
    Play().diagram(
        """
        live  |+++++.++|
        does  |..!GCm..|
        phase |nncXccnn|
        """
    )


@pytest.mark.parametrize(("does", "phase"), [("PTAK..C", "*??AAAn"), ("PTNK..3", "*??NNNn"), ("PTIK..1", "*??XXXn")])
def test_results_stay_until_the_operator_goes_on(does: str, phase: str) -> None:
    Play().diagram(f"live |{'+' * 7}|\ndoes |{does}|\nphase |{phase}|")


def test_accepted_stays_for_minutes() -> None:
    play = Play().diagram("live |++++|\ndoes |PTAK|")
    play.now += 600
    play.diagram("live |+.|\nphase |AA|")


def test_another_eye_is_held_for_anew() -> None:
    Play().diagram(
        """
        live  |+++++++++++++|
        does  |1......3.....|
        phase |nnnnnRRnnnnnR|
        """
    )


def test_choosing_the_same_target_again_changes_nothing_live() -> None:
    Play().diagram(
        """
        live  |++++++++++|
        does  |1......1..|
        phase |nnnnnRRRRR|
        """
    )


def test_a_still_is_filed_under_the_target_that_it_was_taken_of() -> None:
    play = Play().diagram("live |+++++|\ndoes |1PT3A|")
    assert play.state.phase is Phase.CHECKING
    assert play.asked(KeepStill)
    assert play.state.laterality == "OD"
    play.diagram("live |+|\ndoes |K|\nphase |A|")
    assert play.state.laterality == "OD"
    # the result is shown for as long as a retake would be, then the target that was chosen takes its place
    play.diagram(
        """
        live  |+++++++++++++|
        phase |AAAAAAAAAAAnn|
        """
    )
    assert (play.state.laterality, play.state.still, play.state.attempts) == ("OS", None, 0)


@pytest.mark.parametrize("does", ["1PT3F", "1P3F", "1PT3!", "1PT3BKC", "1PT3BKP"])
def test_the_waiting_target_takes_its_place_however_the_still_ends(does: str) -> None:
    play = Play().diagram(f"live |{'+' * len(does)}|\ndoes |{does}|")
    assert play.state.laterality == "OS"
    assert play.state.waiting is None
    # a press for the former target is no flash at the next one
    assert len(play.asked(TakeStill)) == 1


def test_a_target_chosen_and_unchosen_under_way_leaves_the_result_alone() -> None:
    play = Play().diagram(f"live |{'+' * 30}|\ndoes |{'1PT31AK':.<30}|")
    assert play.state.phase is Phase.ACCEPTED
    assert play.state.laterality == "OD"


def test_an_override_while_a_target_waits_is_of_the_still_on_the_screen() -> None:
    play = Play().diagram("live |+++++++|\ndoes |1PT3BKV|")
    assert play.asked(RecordOverride) == [RecordOverride(1, "the vessels can be read")]
    assert play.state.laterality == "OD"


def test_another_patient_is_another_target() -> None:
    play = Play().diagram("live |+++++|\ndoes |3PTBK|")
    play.tell(Retargeted(OS_DISC.laterality, OS_DISC.field, "patient 2"))
    assert (play.state.retakes, play.state.still, play.state.patient) == (0, None, "patient 2")
