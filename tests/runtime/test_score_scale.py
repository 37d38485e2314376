from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundusgate.runtime.score_scale import ScoreScale


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
