from __future__ import annotations

import pytest

from fundusgate.codes import CauseCode, RetakeHelps, Verdict
from fundusgate.runtime.guidance import ACCEPTED, ADVICE, FIX_ORDER, NOT_OBTAINABLE, USABLE, prompt_for


def test_every_code_has_a_place_and_one_prompt() -> None:
    assert set(FIX_ORDER) == set(ADVICE) == set(CauseCode)
    assert len(FIX_ORDER) == len(CauseCode)
    prompts = [advice.prompt for advice in ADVICE.values()]
    assert len(set(prompts)) == len(prompts)
    assert all("\n" not in prompt and len(prompt) < 110 for prompt in prompts)


def test_no_retina_comes_before_everything_and_doubt_last() -> None:
    assert FIX_ORDER[0] is CauseCode.NOT_FUNDUS
    assert FIX_ORDER[-1] is CauseCode.UNKNOWN
    assert FIX_ORDER.index(CauseCode.OFF_CENTRE) < FIX_ORDER.index(CauseCode.FOCUS)
    assert FIX_ORDER.index(CauseCode.SMALL_PUPIL) < FIX_ORDER.index(CauseCode.TOO_DARK)


def test_what_a_retake_can_do() -> None:
    assert ADVICE[CauseCode.FOCUS].retake_helps is RetakeHelps.YES
    assert ADVICE[CauseCode.MEDIA_OPACITY].retake_helps is RetakeHelps.NO
    assert ADVICE[CauseCode.SMALL_PUPIL].retake_helps is RetakeHelps.MAYBE
    assert ADVICE[CauseCode.CENTRAL_GHOST].retake_helps is RetakeHelps.AFTER_CLEANING
    assert ADVICE[CauseCode.UNKNOWN].retake_helps is RetakeHelps.OPERATOR


@pytest.mark.parametrize("code", list(CauseCode))
def test_prompts_by_verdict(code: CauseCode) -> None:
    assert prompt_for(Verdict.RETAKE, code) == ADVICE[code].prompt
    assert prompt_for(Verdict.ACCEPT_WITH_NOTE, code) == f"{USABLE} {ADVICE[code].prompt}"


def test_prompts_without_a_code() -> None:
    assert prompt_for(Verdict.ACCEPT, None) == ACCEPTED
    assert prompt_for(Verdict.ACCEPT_WITH_NOTE, None) == USABLE
    assert prompt_for(Verdict.CANNOT_OBTAIN, CauseCode.MEDIA_OPACITY) == NOT_OBTAINABLE
    assert prompt_for(Verdict.RETAKE, None) == ADVICE[CauseCode.UNKNOWN].prompt
