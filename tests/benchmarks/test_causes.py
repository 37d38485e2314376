from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.causes import other_hand, third_hand
from benchmarks.causes.cases import CODES, Case, cue_figures, cues_of, flat, squares, wanted, worsened
from benchmarks.causes.evaluation import NONE, Tally, chosen, eyes
from benchmarks.causes.fitting import CUES, as_toml, entering, fit
from fundusgate.codes import CauseCode
from fundusgate.phantom import render
from fundusgate.runtime.cause_model import CauseModel, shipped_model
from tests.runtime.cues.fields import clean, faulty

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def picture(size: int = 128) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    eye = render(4, size=size, camera="tabletop-pink")
    return eye.rgb, eye.field


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("hand", [other_hand, third_hand])
def test_a_fault_stays_in_the_field_and_grows_with_its_strength(hand: object, code: CauseCode) -> None:
    rgb, field = picture()
    worsen = hand.worsen  # type: ignore[attr-defined]
    weak, strong = worsen(rgb, field, code, 0.3, 5), worsen(rgb, field, code, 1.0, 5)
    assert weak.dtype == np.uint8
    assert np.array_equal(strong, worsen(rgb, field, code, 1.0, 5))
    assert not strong[~field].any() or np.array_equal(strong[~field], rgb[~field])
    change = [float(np.abs(out[field].astype(int) - rgb[field]).mean()) for out in (weak, strong)]
    assert change[1] > max(change[0], 2.0)


def test_crescents_lie_where_their_names_say() -> None:
    rgb, field = picture()
    for worsen in (other_hand.worsen, third_hand.worsen):
        top = worsen(rgb, field, CauseCode.CRESCENT_TOP, 1.0, 2).astype(int) - rgb
        bottom = worsen(rgb, field, CauseCode.CRESCENT_BOTTOM, 1.0, 2).astype(int) - rgb
        assert top[:40].mean() > top[-40:].mean() + 5
        assert bottom[-40:].mean() > bottom[:40].mean() + 5


def test_cues_survive_being_laid_flat() -> None:
    cues = faulty(7, CauseCode.MOTION, 0.8)
    again = cues_of(flat(cues))
    assert again.layout == cues.layout
    assert again.rim.shade.tolist() == cues.rim.shade.tolist()
    assert shipped_model().shares(again) == shipped_model().shares(cues)


def test_cases_are_kept_and_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = [Case("phantom-eye:3", "phantom", (CauseCode.TOO_DARK,), 0.8, "third")]
    monkeypatch.setattr("benchmarks.causes.cases.wanted", lambda *_: few)
    made = squares(tmp_path, "phantom-eye:3", "third", tmp_path / "cache")
    read = squares(tmp_path, "phantom-eye:3", "third", tmp_path / "cache")
    assert np.array_equal(made[0].rgb, read[0].rgb)
    assert np.array_equal(made[0].field, read[0].field)
    one, other = (cue_figures(tmp_path, "phantom-eye:3", "third", tmp_path / "cache")[0] for _ in range(2))
    assert one == other
    assert one["exposure.mean"] < flat(clean(3))["exposure.mean"] / 2


def test_every_code_is_wanted_at_every_strength_and_pairs_beside() -> None:
    cases = wanted("odir/1.jpg", "other")
    assert len(cases) == 11 * 3 + 3
    assert all(len(set(case.codes)) == 2 for case in cases[-3:])
    assert wanted("odir/1.jpg", "") == [Case("odir/1.jpg", "odir", (), 0.0, "")]
    rgb = render(3, size=96).rgb
    assert worsened(rgb, wanted("phantom-eye:3", "")[0]) is rgb


def test_judging_photographs_are_never_tuned_on() -> None:
    uses = {use: chosen(use) for use in ("tuning", "clean", "judging", "clean_judging")}
    assert {name.split("/")[0] for name in uses["tuning"] + uses["clean"]} == {"eyeq_hi", "odir", "idrid"}
    assert {name.split("/")[0] for name in uses["judging"] + uses["clean_judging"]} == {"mexico", "srahim", "diaretdb1"}
    everything = [name for of in uses.values() for name in of]
    assert len(everything) == len(set(everything))
    assert not set(eyes("tuning", 50)) & set(eyes("judging", 50))


def test_a_tally_counts_what_was_named() -> None:
    tally = Tally()
    put = [Case("a", "s", (CauseCode.FOCUS,), strength, "other") for strength in (0.5, 0.8, 0.8)]
    pair = Case("a", "s", (CauseCode.FOCUS, CauseCode.MOTION), 0.8, "other")
    taken = Case("a", "s", (), 0.0, "")
    tally.add([*put, pair, taken], ["FOCUS", "MOTION", "FOCUS", "MOTION", NONE])
    assert tally.right("other") == (2, 3)
    assert tally.right("other", "FOCUS", 0.8) == (1, 2)
    told = tally.told()
    assert "| FOCUS | 100 % | 50 % |  | 67 % | MOTION 1 |" in told
    assert "either of them named: 1/1 = 100.0 %" in told
    assert "As taken, s: no cause 1/1 = 100.0 %" in told
    assert tally.confusion("other").splitlines()[1].split()[1:3] == ["2", "1"]


def test_what_is_fitted_is_what_the_runtime_reads(tmp_path: Path) -> None:
    """Made figures in which each code has a cue of its own; the text that is written names them rightly."""
    rng = np.random.default_rng(8)
    names = list(CUES)
    base = flat(clean(7))
    cases, rows = [], []
    for index in range(30 * 12):
        row = {name: value + rng.normal(0, 0.02) for name, value in base.items()}
        code = CODES[index % 12] if index % 12 < 11 else None
        if code is not None:
            row[names[3 * CODES.index(code) + 2]] += 3.0
        cases.append(Case("a", "s", (code,) if code else (), 0.8 if code else 0.0, "other"))
        rows.append(row)
    weights = fit(cases, entering(rows))
    path = tmp_path / "causes.toml"
    path.write_text(as_toml(weights, "made"), encoding="utf-8")
    model = CauseModel.load(path)
    shares = weights.shares(entering(rows))
    for case, row, by_fit in zip(cases[:24], rows, shares, strict=False):
        said = model.shares(cues_of(row))
        assert [said[code] for code in CODES] == pytest.approx(by_fit.tolist(), abs=0.02)
        if case.codes:
            assert max(said, key=lambda code: said[code]) is case.codes[0]
    assert math.isfinite(float(np.abs(weights.weights).max()))
