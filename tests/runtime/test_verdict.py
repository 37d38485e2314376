from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fundusgate.codes import CauseCode, Verdict
from fundusgate.runtime.causes import Cause, cue_severities, rank
from fundusgate.runtime.cues.exposure import Exposure
from fundusgate.runtime.cues.retina import RetinaLikeness
from fundusgate.runtime.profile import Profile
from fundusgate.runtime.verdict import BELIEVED, BLANK, judge
from tests.runtime.cues.fields import clean, faulty, faulty_twice

if TYPE_CHECKING:
    from fundusgate.runtime.cues import Cues

PROFILE = Profile.load()
CELLS = np.hypot(*np.meshgrid(np.arange(16) - 7.5, np.arange(16) - 7.5)) < 8
CLEAR = np.zeros((16, 16), np.float32)
NAN = float("nan")

GOOD = clean(7)
BLURRED = replace(faulty(7, CauseCode.FOCUS, 0.8), retina=GOOD.retina)
HAZY = replace(faulty(7, CauseCode.MEDIA_OPACITY, 0.8), retina=GOOD.retina)
STRANGE = replace(GOOD, retina=RetinaLikeness(likeness=0.01, network=0.0))
EMPTY = replace(
    STRANGE, exposure=Exposure(mean=0.0, upper=0.0, dark_fraction=1.0, bright_fraction=0.0, empty_fraction=1.0)
)
RANK = {Verdict.ACCEPT: 0, Verdict.ACCEPT_WITH_NOTE: 1, Verdict.RETAKE: 2, Verdict.CANNOT_OBTAIN: 2}

scores = st.floats(0, 100)
maps = arrays(np.float32, (16, 16), elements=st.floats(0, 1, width=32))
cues = st.sampled_from([GOOD, BLURRED, HAZY, STRANGE, EMPTY])
probabilities = st.none() | st.floats(0, 1)


def half_hidden(fraction: float) -> np.ndarray:
    out = CLEAR.copy()
    rows, columns = np.nonzero(CELLS)
    count = round(fraction * len(rows))
    out[rows[:count], columns[:count]] = 0.9
    return out


def test_a_good_photograph_is_accepted_with_nothing_to_say() -> None:
    judged = judge(84.0, CLEAR, CELLS, 0.99, GOOD, PROFILE)
    assert judged.verdict is Verdict.ACCEPT
    assert judged.main is None
    assert judged.degraded_fraction == 0


def test_usable_carries_a_note_and_bad_is_retaken() -> None:
    assert judge(60.0, CLEAR, CELLS, 0.99, GOOD, PROFILE).verdict is Verdict.ACCEPT_WITH_NOTE
    assert judge(90.0, half_hidden(0.35), CELLS, 0.99, GOOD, PROFILE).verdict is Verdict.ACCEPT_WITH_NOTE
    judged = judge(30.0, half_hidden(0.8), CELLS, 0.99, BLURRED, PROFILE)
    assert judged.verdict is Verdict.RETAKE
    assert judged.main is CauseCode.FOCUS


def test_models_that_disagree_are_for_the_operator() -> None:
    for score, degraded in ((90.0, half_hidden(0.8)), (20.0, CLEAR)):
        judged = judge(score, degraded, CELLS, 0.99, GOOD, PROFILE)
        assert judged.verdict is Verdict.RETAKE
        assert judged.main is CauseCode.UNKNOWN


def test_bad_without_a_cue_is_unknown() -> None:
    judged = judge(30.0, half_hidden(0.8), CELLS, 0.99, GOOD, PROFILE)
    assert judged.main is CauseCode.UNKNOWN


def test_a_faint_cue_names_the_cause_of_a_refusal_but_of_nothing_else() -> None:
    smeared = faulty(7, CauseCode.MOTION, 0.4)
    severity = cue_severities(smeared, PROFILE.causes)[CauseCode.MOTION]
    limits = {"refused": severity - 0.01, "main": severity + 0.01, "note": severity + 0.02}
    profile = PROFILE.model_copy(update={"causes": PROFILE.causes.model_copy(update=limits)})
    assert judge(30.0, half_hidden(0.8), CELLS, 0.99, smeared, profile).main is CauseCode.MOTION
    assert judge(60.0, CLEAR, CELLS, 0.99, smeared, profile).main is None
    limits["refused"] = severity + 0.01
    profile = PROFILE.model_copy(update={"causes": PROFILE.causes.model_copy(update=limits)})
    assert judge(30.0, half_hidden(0.8), CELLS, 0.99, smeared, profile).main is CauseCode.UNKNOWN


def test_a_loud_cue_tells_what_hides_a_retina_that_is_half_believed() -> None:
    hidden = half_hidden(1.0)
    for retina, likeness, main in (
        (0.6, 0.08, CauseCode.FOCUS),
        (0.2, 0.25, CauseCode.FOCUS),
        (0.6, 0.01, CauseCode.NOT_FUNDUS),
        (0.1, 0.2, CauseCode.NOT_FUNDUS),
    ):
        seen = replace(BLURRED, retina=RetinaLikeness(likeness=likeness, network=1.0))
        judged = judge(20.0, hidden, CELLS, retina, seen, PROFILE)
        assert (judged.verdict, judged.main) == (Verdict.RETAKE, main)
    burnt = replace(faulty(7, CauseCode.TOO_BRIGHT, 1.0), retina=RetinaLikeness(likeness=0.0, network=0.0))
    assert judge(20.0, hidden, CELLS, 0.5, burnt, PROFILE).main is CauseCode.TOO_BRIGHT


@pytest.mark.parametrize(("seed", "code"), [(9, CauseCode.MEDIA_OPACITY), (5, CauseCode.TOO_DARK)])
def test_what_hides_everything_is_named_whatever_the_networks_believe(seed: int, code: CauseCode) -> None:
    nothing = RetinaLikeness(likeness=0.0, network=0.0)
    blank = replace(faulty(seed, code, 0.8), retina=nothing)
    assert rank(cue_severities(blank, PROFILE.causes), PROFILE.causes)[0].severity >= BLANK
    for retina in (0.01, None):
        judged = judge(20.0, half_hidden(1.0), CELLS, retina, blank, PROFILE)
        assert (judged.verdict, judged.main) == (Verdict.RETAKE, code)
    mild = replace(faulty(seed, code, 0.3), retina=nothing)
    assert judge(20.0, half_hidden(1.0), CELLS, 0.01, mild, PROFILE).main is CauseCode.NOT_FUNDUS


def test_a_network_that_is_nearly_sure_lets_a_cue_speak_but_nothing_pass() -> None:
    seen = replace(BLURRED, retina=RetinaLikeness(likeness=0.35, network=0.0))
    judged = judge(90.0, CLEAR, CELLS, BELIEVED, seen, PROFILE)
    assert (judged.verdict, judged.main) == (Verdict.RETAKE, CauseCode.FOCUS)
    plain = replace(GOOD, retina=RetinaLikeness(likeness=0.35, network=0.0))
    assert judge(90.0, CLEAR, CELLS, BELIEVED, plain, PROFILE).main is CauseCode.NOT_FUNDUS
    assert judge(90.0, CLEAR, CELLS, PROFILE.retina.network, plain, PROFILE).verdict is Verdict.ACCEPT


def test_a_loud_cue_settles_what_the_networks_disagree_on() -> None:
    judged = judge(90.0, half_hidden(0.8), CELLS, 0.99, BLURRED, PROFILE)
    assert (judged.verdict, judged.main) == (Verdict.RETAKE, CauseCode.FOCUS)
    assert judge(NAN, CLEAR, CELLS, 0.99, BLURRED, PROFILE).main is CauseCode.UNKNOWN


def test_no_retina_by_both() -> None:
    judged = judge(90.0, CLEAR, CELLS, 0.02, STRANGE, PROFILE)
    assert judged.verdict is Verdict.RETAKE
    assert judged.main is CauseCode.NOT_FUNDUS
    assert judge(90.0, CLEAR, CELLS, None, STRANGE, PROFILE).main is CauseCode.NOT_FUNDUS


def test_no_retina_by_one_is_for_the_operator() -> None:
    for retina, seen in ((0.02, GOOD), (0.99, STRANGE)):
        judged = judge(90.0, CLEAR, CELLS, retina, seen, PROFILE)
        assert judged.verdict is Verdict.RETAKE
        assert judged.main is CauseCode.UNKNOWN


def test_what_hides_a_retina_is_named_when_the_network_sees_one() -> None:
    dark = replace(faulty(7, CauseCode.TOO_DARK, 0.8), retina=STRANGE.retina)
    judged = judge(10.0, half_hidden(1.0), CELLS, 0.97, dark, PROFILE)
    assert judged.main is CauseCode.TOO_DARK


def test_black_frames_have_no_retina_whatever_the_networks_say() -> None:
    judged = judge(95.0, CLEAR, CELLS, 0.99, EMPTY, PROFILE)
    assert judged.verdict is Verdict.RETAKE
    assert judged.main is CauseCode.NOT_FUNDUS


def test_opacity_is_retaken_once_and_then_not_obtainable() -> None:
    bad = half_hidden(0.9)
    first = judge(30.0, bad, CELLS, 0.99, HAZY, PROFILE, attempts=1)
    second = judge(30.0, bad, CELLS, 0.99, HAZY, PROFILE, attempts=2)
    assert (first.verdict, first.main) == (Verdict.RETAKE, CauseCode.MEDIA_OPACITY)
    assert (second.verdict, second.main) == (Verdict.CANNOT_OBTAIN, CauseCode.MEDIA_OPACITY)


def test_opacity_with_poor_technique_is_retaken_however_often() -> None:
    both = faulty_twice(7, (CauseCode.MEDIA_OPACITY, 0.5), (CauseCode.CRESCENT_TOP, 0.9))
    crescent = replace(both, retina=GOOD.retina)
    judged = judge(30.0, half_hidden(0.9), CELLS, 0.99, crescent, PROFILE, attempts=4)
    assert judged.verdict is Verdict.RETAKE
    assert judged.main is CauseCode.CRESCENT_TOP


def test_a_loud_cue_takes_the_plain_accept_away() -> None:
    judged = judge(90.0, CLEAR, CELLS, 0.99, BLURRED, PROFILE)
    assert judged.verdict is Verdict.ACCEPT_WITH_NOTE
    assert judged.main is CauseCode.FOCUS


def test_the_fix_that_comes_first_wins_unless_it_is_slight() -> None:
    both = {CauseCode.FOCUS: 0.5, CauseCode.OFF_CENTRE: 0.4}
    slight = {CauseCode.FOCUS: 0.5, CauseCode.OFF_CENTRE: 0.2}
    assert rank(both, PROFILE.causes)[0] == Cause(CauseCode.OFF_CENTRE, 0.4)
    assert rank(slight, PROFILE.causes)[0] == Cause(CauseCode.FOCUS, 0.5)
    assert rank({CauseCode.FOCUS: 0.0}, PROFILE.causes) == ()


def test_misfits_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        judge(90.0, CLEAR[:8], CELLS, 0.9, GOOD, PROFILE)
    with pytest.raises(ValueError, match="attempt 1"):
        judge(90.0, CLEAR, CELLS, 0.9, GOOD, PROFILE, attempts=0)


def test_no_cell_inside_is_wholly_degraded() -> None:
    judged = judge(90.0, CLEAR, np.zeros_like(CELLS), 0.99, GOOD, PROFILE)
    assert judged.degraded_fraction == 1
    assert judged.verdict is Verdict.RETAKE


@settings(deadline=None)
@given(score=scores, lower=scores, degraded=maps, retina=probabilities, seen=cues, attempts=st.integers(1, 3))
def test_a_lower_score_never_helps(
    score: float, lower: float, degraded: np.ndarray, retina: float | None, seen: Cues, attempts: int
) -> None:
    low, high = sorted((score, lower))
    better = judge(high, degraded, CELLS, retina, seen, PROFILE, attempts)
    worse = judge(low, degraded, CELLS, retina, seen, PROFILE, attempts)
    assert RANK[worse.verdict] >= RANK[better.verdict]


@settings(deadline=None)
@given(score=scores, degraded=maps, more=maps, retina=probabilities, seen=cues)
def test_a_worse_map_never_helps(
    score: float, degraded: np.ndarray, more: np.ndarray, retina: float | None, seen: Cues
) -> None:
    better = judge(score, degraded, CELLS, retina, seen, PROFILE)
    worse = judge(score, np.maximum(degraded, more), CELLS, retina, seen, PROFILE)
    assert RANK[worse.verdict] >= RANK[better.verdict]
    assert worse.degraded_fraction >= better.degraded_fraction


@settings(deadline=None)
@given(
    score=st.sampled_from([NAN, math.inf, -math.inf]) | scores,
    retina=st.sampled_from([NAN, 0.99]),
    cell=st.sampled_from([NAN, 0.0]),
    seen=cues,
)
def test_what_is_not_finite_is_never_accepted(score: float, retina: float, cell: float, seen: Cues) -> None:
    degraded = CLEAR.copy()
    degraded[8, 8] = cell
    judged = judge(score, degraded, CELLS, retina, seen, PROFILE)
    if not all(map(math.isfinite, (score, retina, cell))):
        assert judged.verdict is Verdict.RETAKE
    assert 0 <= judged.degraded_fraction <= 1


@settings(deadline=None)
@given(
    score=scores,
    degraded=maps,
    retina=st.floats(0, PROFILE.retina.network, exclude_max=True),
    seen=cues,
    attempts=st.integers(1, 5),
)
def test_no_retina_is_never_accepted(
    score: float, degraded: np.ndarray, retina: float, seen: Cues, attempts: int
) -> None:
    judged = judge(score, degraded, CELLS, retina, seen, PROFILE, attempts)
    assert judged.verdict is Verdict.RETAKE
    assert judged.main is not None
    if seen in (STRANGE, EMPTY):
        assert judged.main is CauseCode.NOT_FUNDUS


@settings(deadline=None)
@given(score=scores, degraded=maps, retina=probabilities, seen=cues, attempts=st.integers(1, 3))
def test_severities_are_fractions_and_the_main_cause_leads(
    score: float, degraded: np.ndarray, retina: float | None, seen: Cues, attempts: int
) -> None:
    judged = judge(score, degraded, CELLS, retina, seen, PROFILE, attempts)
    assert all(0 <= cause.severity <= 1 for cause in judged.causes)
    if judged.verdict in (Verdict.RETAKE, Verdict.CANNOT_OBTAIN):
        assert judged.main is not None
    if judged.main is not None:
        assert judged.causes[0].code is judged.main
