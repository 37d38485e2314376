from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundusgate.live.latency import RESOLUTION, Histogram, RateMeter


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=300), st.sampled_from([1, 50, 90, 99, 100]))
def test_percentiles_are_those_of_the_values_to_within_a_bucket(values: list[float], percent: int) -> None:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    exact = float(np.percentile(values, percent, method="inverted_cdf"))
    assert exact <= histogram.percentile(percent) * (1 + 1e-9)
    assert histogram.percentile(percent) <= exact * (1 + RESOLUTION) * (1 + 1e-9)


def test_the_largest_value_is_never_clipped() -> None:
    histogram = Histogram()
    for value in (1.0, 2.0, 3_600_000.0):
        histogram.add(value)
    assert histogram.summary()["max"] == 3_600_000.0
    assert histogram.count == 3


def test_nothing_recorded_is_nothing_said() -> None:
    assert Histogram().summary() == {}
    assert math.isnan(Histogram().percentile(50))


def test_what_is_no_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        Histogram().add(math.nan)


def test_a_clock_that_rounds_to_zero_is_no_error() -> None:
    histogram = Histogram()
    histogram.add(0.0)
    assert histogram.percentile(99) == 0.0


def test_the_rate_is_of_the_last_seconds() -> None:
    meter = RateMeter(window=2.0)
    assert meter.rate(0.0) == 0.0
    for frame in range(60):
        meter.add(frame / 30)
    assert meter.rate(2.0) == pytest.approx(30, rel=0.05)
    assert meter.rate(3.0) == pytest.approx(15, rel=0.05)
    assert meter.rate(4.5) == 0.0


def test_the_first_second_is_not_told_too_low() -> None:
    meter = RateMeter(window=3.0)
    for frame in range(11):
        meter.add(10 + frame / 20)
    assert meter.rate(10.5) == pytest.approx(20, rel=0.15)
