from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.codes import CauseCode
from fundusgate.evaluation import profile_fit
from fundusgate.evaluation.camera_folder import Label
from fundusgate.evaluation.profile_fit import Measured, TooFewPhotographsError, best_cut, fit_profile
from fundusgate.evaluation.profile_text import write_profile
from fundusgate.runtime.profile import DEFAULT_PROFILE, Profile
from tests.runtime.cues.fields import clean, faulty

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.runtime.cues import Cues

BASE = Profile.load()


def photograph(number: int, label: Label | None, score: float, cues: Cues | None = None, patient: str = "") -> Measured:
    return Measured(
        name=f"{number}.jpg",
        patient=patient or f"p{number}",
        label=label,
        score=score,
        degraded=np.full((16, 16), 0.05, np.float32),
        cells=np.ones((16, 16), bool),
        retina=0.99,
        cues=cues or clean(7),
    )


def a_camera(good: float = 50.0, reject: float = 30.0) -> list[Measured]:
    """A camera whose photographs all score lower than the shipped working points expect; classes far apart."""
    rng = np.random.default_rng(3)
    many = [photograph(n, Label.GOOD, float(good + rng.uniform(-5, 5))) for n in range(40)]
    many += [photograph(n, Label.REJECT, float(reject + rng.uniform(-5, 5))) for n in range(40, 70)]
    return many


def test_a_cut_keeps_the_good_first_and_refuses_what_it_can() -> None:
    good, reject = np.array([60.0, 70, 80, 90]), np.array([10.0, 20, 65])
    # 65 lies among the good: a cut above it would lose a quarter of them
    assert best_cut([good], reject, good) == 40.0
    assert best_cut([good], reject, good, share=0.75) == 67.5
    assert best_cut([good], np.array([]), good) < 60
    # two usable ones weigh as much as all the good ones
    assert best_cut([good, np.array([40.0, 45])], reject, good) == 30.0


def test_a_camera_that_scores_low_gets_its_own_points() -> None:
    fitted = fit_profile(a_camera(), BASE, "low", None)
    assert 35 < fitted.profile.score.retake < 45
    assert fitted.profile.score.accept > fitted.profile.score.retake
    assert fitted.profile.name == "low"
    assert fitted.profile.map == BASE.map
    assert fitted.before["good"].passed == 0
    assert fitted.after["good"].passed == 40
    assert fitted.after["reject"].passed == 0
    assert (fitted.after["all"].passed, fitted.after["all"].of) == (40, 70)
    assert fitted.spread[0] <= fitted.spread[1]


def test_the_report_is_not_in_sample() -> None:
    # one patient's good photographs alone score low: a cut that has seen them lies below, the others' cut does not
    many = [photograph(n, Label.GOOD, 80.0 + n / 100) for n in range(18)]
    many += [photograph(n, Label.GOOD, 60.0, patient="odd") for n in range(18, 20)]
    many += [photograph(n, Label.REJECT, 58.0 + n / 100) for n in range(20, 50)]
    fitted = fit_profile(many, BASE, "odd", None)
    assert fitted.profile.score.retake < 60
    assert fitted.after["good"].passed <= 18


def test_a_share_decides_where_there_are_no_labels() -> None:
    many = [photograph(n, None, float(n)) for n in range(100)]
    fitted = fit_profile(many, BASE, "share", 0.8)
    assert fitted.profile.score.retake == pytest.approx(19.5)
    assert fitted.profile.score.accept == pytest.approx(30.5)
    assert fitted.after["all"].passed == pytest.approx(80, abs=3)
    assert set(fitted.after) == {"all"}


def test_what_good_photographs_always_show_becomes_usual() -> None:
    ringed = faulty(12, CauseCode.SMALL_PUPIL, 0.5)
    many = [replace(each, cues=ringed) if each.label is Label.GOOD else each for each in a_camera()]
    usual = fit_profile(many, BASE, "ring", None).profile.causes.usual
    assert 0.1 <= usual["SMALL_PUPIL"] <= profile_fit.MOST_USUAL
    assert not fit_profile(a_camera(), BASE, "plain", None).profile.causes.usual.get("SMALL_PUPIL")


@pytest.mark.parametrize(
    ("kept", "share", "says"),
    [
        (slice(0, 29), 0.9, "29 photographs can be read and at least 30 are needed"),
        (slice(0, 45), None, "40 photographs are labelled good and 5 reject; .* say with --share"),
    ],
)
def test_too_few_are_refused(kept: slice, share: float | None, says: str) -> None:
    with pytest.raises(TooFewPhotographsError, match=says):
        fit_profile(a_camera()[kept], BASE, "few", share)


def test_a_profile_is_written_with_the_comments_of_its_base(tmp_path: Path) -> None:
    content = BASE.model_dump()
    content["name"] = 'the "new" one'
    content["score"] |= {"accept": 71.5, "retake": 60.25}
    content["causes"]["usual"] = {"SMALL_PUPIL": 0.3, "FOCUS": 0.11}
    profile = Profile.model_validate(content)
    out = tmp_path / "made" / "camera.toml"
    write_profile(profile, None, "fitted\non a day", out)
    assert Profile.load(out) == profile
    text = out.read_text(encoding="utf-8")
    assert text.startswith("# fitted\n# on a day\n")
    comments = [line for line in DEFAULT_PROFILE.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert all(line in text for line in comments)
    # from a profile of one's own, a second time
    write_profile(BASE.model_copy(update={"name": "again"}), out, "back", tmp_path / "again.toml")
    assert Profile.load(tmp_path / "again.toml") == BASE.model_copy(update={"name": "again"})


def test_a_form_that_cannot_be_edited_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    base = tmp_path / "base.toml"
    text = DEFAULT_PROFILE.read_text(encoding="utf-8").replace("[score]", "").replace("accept = 66.0", "", 1)
    start = text.index("retake = 55.0")
    text = (
        text[:start].replace("name =", "score = { accept = 66.0, retake = 55.0, by_map = 0.75 }\nname =")
        + text[text.index("[map]") :]
    )
    base.write_text(text, encoding="utf-8")
    assert Profile.load(base) == BASE
    content = BASE.model_dump()
    content["score"]["accept"] = 70.0
    with pytest.raises(ValueError, match="cannot be edited"):
        write_profile(Profile.model_validate(content), base, "", tmp_path / "out.toml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base.toml"]
