from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.export.accuracy.budget import DEFAULT_BUDGET, Budget
from fundusgate.export.accuracy.figures import Flips, MapFigures, ScoreFigures, Share
from fundusgate.export.accuracy.reports import figure_violations, flip_violations
from fundusgate.export.accuracy.statistics import dice, linear_correlation, rank_correlation, wilson_interval
from fundusgate.export.specs import ExportError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_default_is_what_is_promised() -> None:
    budget = Budget.load()
    assert (budget.flips, budget.flips_upper) == (0.01, 0.025)
    assert (budget.score_srcc, budget.score_p99, budget.map_mean) == (0.995, 2.0, 0.02)
    assert budget.least_photographs() == 150


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("flips = 0.01", "flip = 0.01"), "flip: Extra inputs"),
        (("flips = 0.01", "flips = 2"), "flips: Input should be less"),
        (("flips = 0.01", ""), "flips: Field required"),
        (("flips = 0.01", "flips 0.01"), "no TOML"),
    ],
)
def test_a_budget_with_mistakes_names_them(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    path = tmp_path / "budget.toml"
    path.write_text(DEFAULT_BUDGET.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(ExportError, match=words):
        Budget.load(path)
    with pytest.raises(ExportError, match="cannot be read"):
        Budget.load(tmp_path / "absent.toml")


def test_wilsons_interval() -> None:
    # Wilson (1927) by hand: (p + z2/2n -+ z sqrt(p(1-p)/n + z2/4n2)) / (1 + z2/n), z = 1.959964
    low, high = wilson_interval(5, 512)
    assert (low, high) == pytest.approx((0.004178, 0.022655), abs=1e-5)
    assert wilson_interval(0, 10)[0] == 0
    assert wilson_interval(0, 0) == (0, 1)


def test_correlations_do_not_fail_on_constants() -> None:
    rising = np.arange(5.0)
    assert rank_correlation(rising, rising**3) == pytest.approx(1)
    assert linear_correlation(rising, -rising) == pytest.approx(-1)
    assert rank_correlation(np.ones(5), np.ones(5)) == 1
    assert linear_correlation(np.ones(5), rising) == 0


def test_dice() -> None:
    one, other = np.array([True, True, False]), np.array([True, False, False])
    assert dice(one, other) == pytest.approx(2 / 3)
    assert dice(~one & one, ~other & other) == 1


def test_each_limit_is_held() -> None:
    budget = Budget.load()
    good = ScoreFigures(srcc=0.999, plcc=1, mean=0.2, p99=1.0, largest=1.5)
    assert figure_violations(good, budget) == []
    bad = ScoreFigures(srcc=0.99, plcc=1, mean=0.2, p99=2.5, largest=9)
    assert [what.split()[1] for what in figure_violations(bad, budget)] == ["SRCC", "differs"]
    assert figure_violations(MapFigures(0.019, 0.1, 0.2, 0.99, None), budget) == []
    assert len(figure_violations(MapFigures(0.021, 0.1, 0.2, 0.99, None), budget)) == 1
    assert flip_violations(Flips(Share(5, 512), {}, {}), budget) == []
    assert len(flip_violations(Flips(Share(6, 512), {}, {}), budget)) == 2
    assert [what.split()[1] for what in flip_violations(Flips(Share(1, 150), {}, {}), budget)] == ["flips"]
