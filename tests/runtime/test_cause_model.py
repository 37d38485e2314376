from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.codes import CauseCode
from fundusgate.runtime.cause_model import SHIPPED, CauseModel, CauseModelError, shipped_model
from fundusgate.runtime.causes import cue_severities, cue_shares
from fundusgate.runtime.profile import Profile
from tests.runtime.cues.fields import clean, faulty

if TYPE_CHECKING:
    from pathlib import Path

SMALL = """
limit = 3.0
[cues]
"exposure.upper" = { as = "log", centre = -1.0, scale = 0.5 }
"centring.lean_x" = { as = "amount", centre = 0.1, scale = 0.1 }
"rim.shade.3" = { centre = 0.5, scale = 0.25 }
[bias]
TOO_DARK = -1.0
OFF_CENTRE = -2.0
[weights.TOO_DARK]
"exposure.upper" = -2.0
[weights.OFF_CENTRE]
"centring.lean_x" = 1.5
"rim.shade.3" = 0.5
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "causes.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_one_frame_worked_out_by_hand(tmp_path: Path) -> None:
    cues = clean(3)
    cues = replace(
        cues,
        exposure=replace(cues.exposure, upper=0.097),
        centring=replace(cues.centring, lean_x=-0.3),
        rim=replace(cues.rim, shade=np.full(12, 0.75)),
    )
    # (ln(0.097 + 0.003) + 1) / 0.5 = -2.605; (0.3 - 0.1) / 0.1 = 2; (0.75 - 0.5) / 0.25 = 1
    dark, away = math.exp(-1 + 2 * 2.60517), math.exp(-2 + 1.5 * 2 + 0.5 * 1)
    shares = CauseModel.load(written(tmp_path, SMALL)).shares(cues)
    assert shares == {
        CauseCode.TOO_DARK: pytest.approx(dark / (1 + dark + away), rel=1e-4),
        CauseCode.OFF_CENTRE: pytest.approx(away / (1 + dark + away), rel=1e-4),
    }


def test_figures_that_are_none_or_far_out_are_held(tmp_path: Path) -> None:
    model = CauseModel.load(written(tmp_path, SMALL))
    cues = clean(3)
    strange = replace(
        cues,
        exposure=replace(cues.exposure, upper=math.nan),
        centring=replace(cues.centring, lean_x=-math.inf),
        rim=replace(cues.rim, shade=np.full(12, -1e9)),
    )
    assert model.figures(strange).tolist() == [0.0, 3.0, -3.0]


def test_the_shipped_weights_know_every_cause_that_has_a_cue() -> None:
    model = shipped_model()
    assert set(model.codes) == set(CauseCode) - {CauseCode.NOT_FUNDUS, CauseCode.UNKNOWN}
    assert model.figures(clean(7)).shape == (len(model.names),)
    assert sum(cue_shares(faulty(7, CauseCode.MOTION, 0.8)).values()) <= 1


def test_the_text_can_be_read_by_a_person() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert max(map(len, text.splitlines())) <= 130


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("TOO_DARK = -1.0", "TOO_DIM = -1.0", "no cause is called TOO_DIM"),
        ('"rim.shade.3" = 0.5', '"rim.shade.4" = 0.5', "OFF_CENTRE: rim.shade.4"),
        ("scale = 0.25", "scale = 0.0", "greater than 0"),
        ('as = "log"', 'as = "root"', "'figure', 'log' or 'amount'"),
        ("limit = 3.0", "", "limit: Field required"),
        ("[bias]", "[bias", "no TOML"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, before: str, after: str, says: str) -> None:
    assert before in SMALL
    with pytest.raises(CauseModelError, match=says):
        CauseModel.load(written(tmp_path, SMALL.replace(before, after, 1)))


def test_what_is_usual_on_a_camera_counts_as_nothing() -> None:
    cues = faulty(12, CauseCode.SMALL_PUPIL, 0.8)
    limits = Profile.load().causes
    share = cue_shares(cues)[CauseCode.SMALL_PUPIL]
    assert share > 0.3
    usual = limits.model_copy(update={"usual": {"SMALL_PUPIL": share}})
    assert cue_severities(cues, limits)[CauseCode.SMALL_PUPIL] == share
    assert cue_severities(cues, usual)[CauseCode.SMALL_PUPIL] == 0
    half = limits.model_copy(update={"usual": {"SMALL_PUPIL": share / 2}})
    assert cue_severities(cues, half)[CauseCode.SMALL_PUPIL] == pytest.approx(share / 2 / (1 - share / 2))
