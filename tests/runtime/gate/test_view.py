"""Live guidance and the verdict never contradict each other on the same frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundusgate.codes import CauseCode, Verdict
from fundusgate.phantom.live import LiveSession
from fundusgate.phantom.script import Phase as Scene
from fundusgate.runtime.assessor import Assessor
from fundusgate.runtime.gate.observations import Aim
from fundusgate.runtime.gate.view import PASSING, PASSING_FROM, PROMISING, aim_of, live_view, promise_of
from fundusgate.runtime.verdict import judge
from tests.runtime.cues.fields import faulty
from tests.runtime.test_verdict import (
    BLURRED,
    CELLS,
    CLEAR,
    EMPTY,
    GOOD,
    HAZY,
    PROFILE,
    STRANGE,
    cues,
    half_hidden,
    maps,
    probabilities,
    scores,
)

if TYPE_CHECKING:
    import numpy as np

    from fundusgate.phantom.live import LiveFrame
    from fundusgate.runtime.cues import Cues
    from fundusgate.runtime.gate.observations import LiveView
    from fundusgate.runtime.glance import Glance

NAN = float("nan")
LEANING = faulty(7, CauseCode.OFF_CENTRE, 0.8)
Seen = tuple["LiveFrame", "Glance", Verdict, "CauseCode | None"]


@pytest.fixture(scope="module")
def shipped() -> Assessor:
    return Assessor.open(threads=1)


@pytest.fixture(scope="module")
def session(shipped: Assessor) -> list[Seen]:
    """Frames of a phantom session, from the approach to faults, each glanced at and assessed as a still."""
    out = []
    for frame in LiveSession(2, size=256, fps=1.2):
        said = shipped.assess(frame.rgb)
        out.append((frame, shipped.glance(frame.rgb, want_map=True, want_score=True), said.verdict, said.main))
    return out


def viewed(glance: Glance, assessor: Assessor) -> LiveView:
    return live_view(0.0, glance.cues, glance.cells, glance.map, glance.retina, glance.score, assessor.profile)


def test_a_phantom_s_frame_passes_live_exactly_where_it_would_as_a_still(
    session: list[Seen], shipped: Assessor
) -> None:
    passed = 0
    for frame, glance, verdict, main in session:
        view = viewed(glance, shipped)
        assert view.passing == (verdict in PASSING), frame.sequence
        assert (view.promise >= PASSING_FROM) == view.passing
        assert not view.passing or view.aim is Aim.RETINA
        if view.aim is Aim.RETINA:
            assert view.main == main
        passed += view.passing
    assert 6 < passed <= len(session) - 3


def test_the_aim_follows_the_phantom_s_approach(session: list[Seen], shipped: Assessor) -> None:
    for frame, glance, *_ in session:
        view = viewed(glance, shipped)
        if frame.phase is Scene.APPROACH:
            assert view.aim is not Aim.RETINA
            assert view.promise < PROMISING
        if frame.phase is Scene.STEADY:
            assert view.aim is Aim.RETINA
            assert view.promise > PASSING_FROM


def test_a_frame_that_would_pass_is_worth_asking_the_score_network(session: list[Seen], shipped: Assessor) -> None:
    for _, glance, verdict, _ in session:
        view = live_view(0.0, glance.cues, glance.cells, glance.map, glance.retina, None, shipped.profile)
        assert not view.passing
        assert view.promise < PASSING_FROM
        assert view.main is not CauseCode.UNKNOWN or view.promise < PROMISING
        if verdict in PASSING:
            assert view.promise >= PROMISING


@settings(deadline=None)
@given(score=scores, degraded=maps, retina=probabilities, seen=cues | st.just(LEANING))
def test_a_frame_passes_exactly_where_the_verdict_lets_it(
    score: float, degraded: np.ndarray, retina: float | None, seen: Cues
) -> None:
    view = live_view(1.0, seen, CELLS, degraded, retina, score, PROFILE)
    judged = judge(score, degraded, CELLS, retina, seen, PROFILE)
    assert view.passing == (judged.verdict in PASSING)
    assert (view.promise >= PASSING_FROM) == view.passing
    assert not view.passing or (view.aim is Aim.RETINA and view.main == judged.main)


@given(seen=cues, retina=probabilities, score=st.none() | scores)
def test_without_both_networks_nothing_passes(seen: Cues, retina: float | None, score: float | None) -> None:
    for degraded, of in ((None, score), (CLEAR, None), (None, None)):
        view = live_view(1.0, seen, CELLS, degraded, retina, of, PROFILE)
        assert not view.passing
        assert view.promise < PASSING_FROM


@pytest.mark.parametrize(("score", "cell", "retina"), [(NAN, 0.0, 0.99), (90.0, NAN, 0.99), (90.0, 0.0, NAN)])
def test_what_is_not_finite_does_not_pass(score: float, cell: float, retina: float) -> None:
    degraded = CLEAR.copy()
    degraded[8, 8] = cell
    view = live_view(1.0, GOOD, CELLS, degraded, retina, score, PROFILE)
    assert not view.passing
    assert 0 <= view.promise < PASSING_FROM


def test_the_prompt_is_the_cue_s_while_the_networks_have_not_spoken() -> None:
    assert live_view(1.0, BLURRED, CELLS, None, None, None, PROFILE).main is CauseCode.FOCUS
    assert live_view(1.0, HAZY, CELLS, CLEAR, 0.99, None, PROFILE).main is CauseCode.MEDIA_OPACITY
    # nothing known is nothing said
    assert live_view(1.0, GOOD, CELLS, CLEAR, 0.99, None, PROFILE).main is None
    # the map speaks against it and no cue says why
    assert live_view(1.0, GOOD, CELLS, half_hidden(0.8), 0.99, None, PROFILE).main is CauseCode.UNKNOWN


def test_nobody_is_told_to_check_the_image_while_there_is_no_retina() -> None:
    view = live_view(1.0, STRANGE, CELLS, CLEAR, 0.99, 90.0, PROFILE)
    assert (view.aim, view.main, view.passing) == (Aim.EYE, CauseCode.NOT_FUNDUS, False)


def test_a_retina_half_out_of_the_picture_is_still_to_be_aligned() -> None:
    out = live_view(1.0, LEANING, CELLS, half_hidden(0.7), 0.99, None, PROFILE)
    assert (out.aim, out.main) == (Aim.EYE, CauseCode.OFF_CENTRE)
    coming = live_view(1.0, LEANING, CELLS, half_hidden(0.4), 0.99, None, PROFILE)
    assert (coming.aim, coming.main) == (Aim.RETINA, CauseCode.OFF_CENTRE)
    assert out.promise < coming.promise


@pytest.mark.parametrize(
    ("retina", "likeness", "empty", "aim"),
    [
        (0.99, 0.9, 0.0, Aim.RETINA),
        (None, 0.9, 0.0, Aim.RETINA),
        (None, 0.4, 0.0, Aim.EYE),
        (0.5, 0.0, 0.0, Aim.EYE),
        (0.1, 0.1, 0.0, Aim.NO_EYE),
        (None, 0.1, 0.0, Aim.NO_EYE),
        (0.99, 0.9, 0.99, Aim.NO_EYE),
        (NAN, 0.1, 0.0, Aim.NO_EYE),
        (NAN, NAN, NAN, Aim.NO_EYE),
    ],
)
def test_how_far_the_operator_has_come(retina: float | None, likeness: float, empty: float, aim: Aim) -> None:
    assert aim_of(retina, likeness, empty, PROFILE) is aim


severities = st.dictionaries(st.sampled_from(CauseCode), st.floats(0, 1))


@given(score=scores, fraction=st.floats(0, 1), faults=severities, less=st.floats(0, 1))
def test_the_promise_only_falls_as_things_get_worse(
    score: float, fraction: float, faults: dict[CauseCode, float], less: float
) -> None:
    best = promise_of(score, fraction, faults, PROFILE)
    assert 0 <= best <= 1
    assert promise_of(score * less, fraction, faults, PROFILE) <= best
    assert promise_of(score, 1 - (1 - fraction) * less, faults, PROFILE) <= best
    assert promise_of(score, fraction, {**faults, CauseCode.FOCUS: 1.0}, PROFILE) <= best
    passes = score >= PROFILE.score.retake and fraction <= PROFILE.map.retake
    assert (best >= PASSING_FROM) == passes


def test_nothing_seen_promises_nothing() -> None:
    assert live_view(1.0, EMPTY, CELLS, CLEAR, 0.99, 90.0, PROFILE).promise == 0
    assert promise_of(NAN, 0.0, {}, PROFILE) == 0
    assert promise_of(90.0, NAN, {}, PROFILE) == 0
    assert promise_of(90.0, 0.0, {CauseCode.FOCUS: NAN}, PROFILE) == PASSING_FROM
