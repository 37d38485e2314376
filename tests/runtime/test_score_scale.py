from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundusgate.runtime.score_scale import ScoreScale, map_worth, weighed


def test_raw_output_comes_to_0_to_100() -> None:
    scale = ScoreScale(scale=100.0)
    assert [scale.report(raw) for raw in (-0.2, 0.0, 0.825, 1.3)] == [0, 0, 82.5, 100]
    assert math.isnan(scale.report(float("nan")))
    assert ScoreScale(scale=100.0, high_is_good=False).report(0.3) == pytest.approx(70)


@settings(deadline=None)
@given(st.floats(-1, 2), st.floats(-1, 2))
def test_calibration_keeps_the_order(a: float, b: float) -> None:
    scale = ScoreScale(scale=100.0, knots=((20.0, 0.0), (60.0, 70.0), (80.0, 95.0)))
    low, high = sorted((a, b))
    assert scale.report(low) <= scale.report(high)
    assert scale.report(0.6) == pytest.approx(70)


def test_what_would_turn_the_order_is_refused() -> None:
    with pytest.raises(ValueError, match="must rise"):
        ScoreScale(scale=100.0, knots=((20.0, 50.0), (60.0, 40.0)))
    with pytest.raises(ValueError, match="above 0"):
        ScoreScale(scale=0.0)


CELLS = np.ones((16, 16), np.bool_)


def test_the_reported_score_is_the_mean_of_both_words() -> None:
    degraded = np.full((16, 16), 0.25, np.float32)
    assert weighed(70.0, degraded, CELLS, 0.5) == pytest.approx((70 + 46) / 2)


def test_without_a_share_the_score_network_stands_alone() -> None:
    assert weighed(37.25, np.ones((16, 16), np.float32), CELLS, 0.0) == 37.25


def test_a_clear_map_does_not_lift_a_reject_to_a_plain_accept() -> None:
    assert weighed(43.9, np.zeros((16, 16), np.float32), CELLS, 0.5) < 66


def test_a_map_vouches_for_less_the_more_it_calls_hidden() -> None:
    worth = map_worth(np.linspace(0, 1, 201, dtype=np.float32))
    assert (worth[0], worth[-1]) == (82, 8)
    assert (np.diff(worth) < 0).all()


def test_cells_outside_do_not_count_and_no_cell_counts_as_hidden() -> None:
    degraded = np.ones((16, 16), np.float32)
    degraded[4:12, 4:12] = 0
    cells = degraded == 0
    assert weighed(80.0, degraded, cells, 0.5) == pytest.approx((80 + 82) / 2)
    assert weighed(80.0, degraded, np.zeros_like(cells), 0.5) == pytest.approx((80 + 8) / 2)


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1))
def test_worse_words_never_lift_it(one: float, two: float, hidden: float, more: float, share: float) -> None:
    low, high = sorted((one, two))
    little, much = sorted((hidden, more))
    best = weighed(high, np.full((16, 16), little, np.float32), CELLS, share)
    worst = weighed(low, np.full((16, 16), much, np.float32), CELLS, share)
    assert worst <= best + 1e-9


def test_what_is_no_number_stays_none() -> None:
    assert math.isnan(weighed(math.nan, np.zeros((16, 16), np.float32), CELLS, 0.5))
    assert math.isnan(weighed(80.0, np.full((16, 16), np.nan, np.float32), CELLS, 0.5))
