from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.gate.diagram import COLUMN, PACE, Play


def test_the_first_prompt_comes_with_the_phase() -> None:
    Play().diagram(
        """
        live   |.oe--+|
        phase  |coennn|
        prompt |..?---|
        """
    )


def test_a_prompt_rests_and_its_rival_must_last() -> None:
    Play().diagram(
        """
        live   |--dddddddddd|
        prompt |--------dddd|
        """
    )


def test_a_rival_that_comes_and_goes_wins_nothing() -> None:
    Play().diagram(
        """
        live   |--------dd--dd--ddd-dddddd|
        prompt |------------------------dd|
        """
    )


def test_causes_that_alternate_do_not_keep_an_old_prompt_for_ever() -> None:
    Play().diagram(
        """
        live   |-dbdbdbdbdbdbdbdbdbdb|
        prompt |--------bbbbbbbbbbbbb|
        """
    )


def test_a_frame_from_below_the_phase_says_nothing_about_what_to_mend() -> None:
    Play(replace(PACE, release=1.5)).diagram(
        """
        live   |-----------oooooooooo--|
        phase  |nnnnnnnnnnnnnnnnnnnnnnn|
        prompt |-----------------------|
        """
    )


def test_a_lower_phase_opens_with_its_own_prompt_even_when_a_blink_ends_the_wait() -> None:
    Play().diagram(
        """
        live   |-bbbbeeoe|
        phase  |nnnnnnnee|
        prompt |-------??|
        """
    )


def test_what_is_mended_leaves_after_a_while_and_ready_says_nothing_else() -> None:
    Play().diagram(
        """
        live   |---++++++++|
        phase  |nnnnnnnRRRR|
        prompt |-------....|
        """
    )


def test_a_note_does_not_speak_in_ready() -> None:
    Play().diagram(
        """
        live   |~~~~~~~~|
        phase  |nnnnnRRR|
        prompt |-----...|
        """
    )


def test_no_eye_has_no_prompt_of_its_own() -> None:
    Play().diagram(
        """
        live   |---ooo|
        phase  |nnnnno|
        prompt |-----.|
        """
    )


@given(st.text(alphabet="-db+~eo", min_size=2, max_size=80))
def test_within_a_phase_no_two_prompts_follow_each_other_quickly(live: str) -> None:
    play = Play().diagram(f"live |{live}|")
    changed = [0] + [
        at
        for at in range(1, len(live))
        if play.prompts[at] != play.prompts[at - 1] or play.phases[at] != play.phases[at - 1]
    ]
    for before, after in pairwise(changed):
        same_phase = len(set(play.phases[before : after + 1])) == 1
        if same_phase and play.prompts[before] != ".":
            assert (after - before) * COLUMN >= PACE.prompt_rest
        if same_phase:
            assert (after - before) * COLUMN >= PACE.prompt_wins_after
