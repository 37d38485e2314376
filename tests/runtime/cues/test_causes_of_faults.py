"""Each cue answers to its own fault and stays quiet on a clean eye."""

from __future__ import annotations

import numpy as np
import pytest

from fundusgate.codes import CauseCode
from fundusgate.runtime.causes import cue_severities, rank
from fundusgate.runtime.profile import Profile
from tests.runtime.cues.fields import SEEDS, clean, faulty

PROFILE = Profile.load()

TOLD = [
    CauseCode.FOCUS,
    CauseCode.TOO_DARK,
    CauseCode.TOO_BRIGHT,
    CauseCode.CRESCENT_TOP,
    CauseCode.CRESCENT_BOTTOM,
    CauseCode.OFF_CENTRE,
    CauseCode.SMALL_PUPIL,
    CauseCode.LASH_LID,
    CauseCode.MOTION,
    CauseCode.MEDIA_OPACITY,
    CauseCode.CENTRAL_GHOST,
]


@pytest.mark.parametrize("code", TOLD)
def test_severity_rises_with_the_fault(code: CauseCode) -> None:
    quiet = np.mean([cue_severities(clean(seed), PROFILE.causes)[code] for seed in SEEDS])
    loud = np.mean([cue_severities(faulty(seed, code, 0.8), PROFILE.causes)[code] for seed in SEEDS])
    assert quiet < 0.2
    assert loud > quiet + 0.25


@pytest.mark.parametrize(
    "code",
    [
        CauseCode.TOO_DARK,
        CauseCode.CRESCENT_TOP,
        CauseCode.CRESCENT_BOTTOM,
        CauseCode.OFF_CENTRE,
        CauseCode.MEDIA_OPACITY,
    ],
)
def test_plain_faults_become_the_main_cause(code: CauseCode) -> None:
    named = [rank(cue_severities(faulty(seed, code, 0.8), PROFILE.causes), PROFILE.causes)[0].code for seed in SEEDS]
    assert named.count(code) >= len(SEEDS) - 1, named


def test_every_figure_is_finite_and_every_severity_a_fraction() -> None:
    for seed in SEEDS:
        for code in TOLD[seed % 2 :: 2]:
            severities = cue_severities(faulty(seed, code, 1.0), PROFILE.causes)
            assert all(0 <= value <= 1 for value in severities.values())
