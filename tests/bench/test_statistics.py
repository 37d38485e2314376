from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundusgate.bench.statistics import (
    difference_interval,
    paired_share_interval,
    percentile,
    variation,
)

latencies = st.lists(st.floats(0.01, 1e5), min_size=1, max_size=80)


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 50.0), (90, 90.0), (95, 95.0), (99, 99.0), (100, 100.0), (1, 1.0)]
)
def test_of_one_to_a_hundred(percent: int, expected: float) -> None:
    assert percentile([float(value) for value in range(100, 0, -1)], percent) == expected


def test_by_hand() -> None:
    # the example of nearest rank that textbooks use: 15, 20, 35, 40, 50
    samples = [35.0, 20.0, 15.0, 50.0, 40.0]
    assert [percentile(samples, percent) for percent in (5, 30, 40, 50, 100)] == [15.0, 20.0, 20.0, 35.0, 50.0]


@given(latencies, st.integers(1, 100))
def test_the_smallest_sample_that_enough_are_at_most(samples: list[float], percent: int) -> None:
    found = percentile(samples, percent)
    assert found in samples
    assert 100 * sum(sample <= found for sample in samples) >= percent * len(samples)
    assert all(100 * sum(each <= less for each in samples) < percent * len(samples) for less in samples if less < found)


@given(latencies, st.integers(1, 100))
def test_as_numpy_has_it(samples: list[float], percent: int) -> None:
    # NumPy's own rank is in floating point, which puts it one sample off where percent * n / 100 is whole
    if percent * len(samples) % 100:
        assert percentile(samples, percent) == np.percentile(samples, percent, method="inverted_cdf")


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 50)
    with pytest.raises(ValueError, match="must be 1"):
        percentile([1.0], 0)


def test_variation_by_hand() -> None:
    # mean 5, squared differences 9 1 1 1 0 0 4 16 = 32, over 7
    assert variation([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]) == pytest.approx(math.sqrt(32 / 7) / 5)
    assert variation([3.0]) is None
    assert variation([0.0, 0.0]) is None


@given(latencies)
def test_a_run_does_not_differ_from_itself(samples: list[float]) -> None:
    for percent in (50, 90):
        assert difference_interval(samples, samples, percent).has_zero


@given(st.floats(0.1, 1e4), st.floats(-0.05, 1e4), st.integers(1, 200))
def test_constant_runs_differ_by_what_they_differ(level: float, change: float, count: int) -> None:
    found = difference_interval([level] * count, [level + change] * 3, 90)
    assert found.low == found.high == pytest.approx((level + change) - level)


def test_chance_is_called_chance_as_often_as_is_said() -> None:
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(60):
        first, second = rng.gamma(20.0, 2.0, (2, 120)).tolist()
        alarms += not difference_interval(first, second, 50).has_zero
    # 1 % is meant; six of sixty would be ten times as many
    assert alarms < 4


def test_drifting_runs_need_blocks() -> None:
    # neighbours alike, as when clocks wander: resampled one by one, the same process against itself looks different
    rng = np.random.default_rng(11)
    steps = rng.normal(0, 1, (2, 1000))
    wandering = 50 + np.array([[0.0] * 1000] * 2)
    for place in range(1, 1000):
        wandering[:, place] = 50 + 0.8 * (wandering[:, place - 1] - 50) + steps[:, place]
    found = difference_interval(wandering[0].tolist(), wandering[1].tolist(), 50)
    shuffled = rng.permutation(wandering, axis=1)
    apart = difference_interval(shuffled[0].tolist(), shuffled[1].tolist(), 50)
    assert found.high - found.low > 1.3 * (apart.high - apart.low)


def test_a_real_difference_is_found() -> None:
    rng = np.random.default_rng(3)
    before, after = (40 + rng.normal(0, 2, 300)).tolist(), (42 + rng.normal(0, 2, 300)).tolist()
    found = difference_interval(before, after, 50)
    assert 1 < found.low < 2 < found.high < 3


def test_long_runs_fit_into_memory() -> None:
    samples = np.random.default_rng(0).gamma(9.0, 1.0, 20_000).tolist()
    found = difference_interval(samples, samples, 99)
    assert found.has_zero


def test_share_by_hand() -> None:
    found = paired_share_interval([[10.0] * 20, [7.0] * 20], (1, -1))
    assert found.low == found.high == pytest.approx(0.3)


def test_a_share_of_rounds_that_were_slow_together_is_known_better_than_the_times_are() -> None:
    rng = np.random.default_rng(2)
    whole = 40 * rng.lognormal(0, 0.2, 200)
    found = paired_share_interval([whole.tolist(), (0.9 * whole).tolist()], (0, 1))
    assert found.low == pytest.approx(0.9)
    assert found.high == pytest.approx(0.9)
