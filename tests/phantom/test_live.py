"""The live session: its phases, its truth, its speed."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

from fundusgate.codes import CauseCode
from fundusgate.phantom import FIRST_SESSION, LiveSession, Phase, Step, tour


def test_the_first_session_goes_through_its_phases() -> None:
    frames = list(LiveSession(3, 96, fps=15))
    assert len(frames) == pytest.approx(15 * sum(s.seconds for s in FIRST_SESSION), abs=2)
    phases = [f.phase for f in frames]
    assert list(dict.fromkeys(phases)) == [
        Phase.APPROACH, Phase.ALIGNMENT, Phase.FOCUSING, Phase.STEADY, Phase.BLINK, Phase.FAULT,
    ]  # fmt: skip
    assert all(
        f.hidden_fraction == 1 and f.codes == (CauseCode.NOT_FUNDUS,) for f in frames if f.phase is Phase.APPROACH
    )
    assert all(f.hidden_fraction == 0 and f.codes == () for f in frames if f.phase is Phase.STEADY)
    assert max(f.hidden_fraction for f in frames if f.phase is Phase.BLINK) > 0.95
    aligning = [f.hidden_fraction for f in frames if f.phase is Phase.ALIGNMENT]
    assert aligning[0] > 0.3 > aligning[-1]
    focusing = [f.hidden_fraction for f in frames if f.phase is Phase.FOCUSING]
    assert focusing[0] == 1
    assert focusing[-1] == 0
    assert [f.sequence for f in frames] == list(range(len(frames)))


def test_the_same_session_plays_again() -> None:
    session = LiveSession(4, 64, (Step(Phase.STEADY, 0.3), Step(Phase.BLINK, 0.3)))
    assert all(np.array_equal(a.rgb, b.rgb) for a, b in zip(session, session, strict=True))


def test_a_held_eye_drifts_but_stays_in_view() -> None:
    frames = [f.rgb for f in LiveSession(5, 128, (Step(Phase.STEADY, 2.0),), camera="tabletop-45")]
    assert all(not np.array_equal(a, b) for a, b in itertools.pairwise(frames))
    means = [f.mean() for f in frames]
    assert max(means) - min(means) < 0.1 * np.mean(means)


def test_the_tour_shows_every_fault() -> None:
    frames = LiveSession(6, 64, tour(0.3), fps=10)
    seen = {code for f in frames for code in f.codes}
    assert seen == set(CauseCode) - {CauseCode.UNKNOWN}


def test_it_plays_at_thirty_frames_a_second_on_one_core() -> None:
    session = LiveSession(7, 512, FIRST_SESSION, fps=10)
    next(iter(session))
    begun = time.process_time()
    count = sum(1 for _ in session)
    # Measured 150 and more a second; processor time, so that a busy machine does not fail it.
    assert count / (time.process_time() - begun) > 30


def test_scripts_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="longer than 0"):
        Step(Phase.STEADY, 0)
    with pytest.raises(ValueError, match="code"):
        Step(Phase.FAULT, 1)
    with pytest.raises(ValueError, match="code"):
        Step(Phase.STEADY, 1, CauseCode.FOCUS)
    with pytest.raises(ValueError, match="fps"):
        LiveSession(0, 64, fps=0)
