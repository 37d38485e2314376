from __future__ import annotations

import math

import numpy as np
import pytest

from fundusgate.evaluation.bootstrap import estimate, resampled_counts


def test_photographs_of_a_patient_go_together() -> None:
    patients = ["a", "b", "a", "c", "c", "c"]
    for counts in resampled_counts(patients, 50, seed=1):
        assert counts[0] == counts[2]
        assert counts[3] == counts[4] == counts[5]
        assert counts[0] + counts[1] + counts[3] == 3


def test_the_seed_decides() -> None:
    patients = [f"{number}" for number in range(20)]
    first, again, other = (np.stack(list(resampled_counts(patients, 5, seed))) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(0).normal(10, 2, 400)
    patients = [f"{number}" for number in range(400)]
    means = np.array([np.average(values, weights=counts) for counts in resampled_counts(patients, 2000, seed=3)])
    found = estimate(float(values.mean()), means)
    half = 1.96 * values.std() / math.sqrt(400)
    assert found.low == pytest.approx(values.mean() - half, abs=0.03)
    assert found.high == pytest.approx(values.mean() + half, abs=0.03)


def test_resampling_patients_widens_what_photographs_would_narrow() -> None:
    """Ten photographs of each patient that say the same are no more than one."""
    values = np.random.default_rng(0).normal(0, 1, 30).repeat(10)
    apart = [f"{number}" for number in range(300)]
    together = [f"{number // 10}" for number in range(300)]

    def width(patients: list[str]) -> float:
        means = np.array([np.average(values, weights=counts) for counts in resampled_counts(patients, 500, seed=3)])
        found = estimate(0.0, means)
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    assert width(together) == pytest.approx(math.sqrt(10) * width(apart), rel=0.15)


def test_percentiles_by_hand_and_undefined_resamples() -> None:
    resampled = np.arange(1001, dtype=np.float64)
    found = estimate(500.0, resampled)
    assert (found.low, found.high) == (pytest.approx(25), pytest.approx(975))
    resampled[:50] = np.nan
    assert estimate(500.0, resampled).low == pytest.approx(50 + 0.025 * 950)
    resampled[:200] = np.nan
    assert (estimate(500.0, resampled).low, estimate(500.0, resampled).high) == (None, None)
    assert estimate(math.nan, np.arange(10.0)).low is None
    assert estimate(1.0, np.array([])).low is None
