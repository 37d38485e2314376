"""The restart budget, over any history of failures."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from fundusgate.device.cameras.restarts import RestartBudget, RestartLimits

LIMITS = RestartLimits(most=4, window=10.0, first_wait=0.5, longest_wait=2.0)


@given(st.lists(st.floats(0, 5), max_size=60))
def test_no_window_has_more_than_the_budget_and_none_is_withheld(steps: list[float]) -> None:
    budget = RestartBudget(LIMITS)
    granted: list[float] = []
    for now in itertools.accumulate(steps):
        within = sum(now - at < LIMITS.window for at in granted)
        wait = budget.spend(now)
        assert (wait is None) == (within >= LIMITS.most)
        if wait is not None:
            assert wait == min(LIMITS.longest_wait, LIMITS.first_wait * 2**within)
            granted.append(now)


def test_no_budget_at_all() -> None:
    assert RestartBudget(RestartLimits(most=0)).spend(1.0) is None


def test_waits_do_not_overflow() -> None:
    budget = RestartBudget(RestartLimits(most=5000, window=1e9, first_wait=0.1, longest_wait=3))
    assert [budget.spend(0.0) for _ in range(5000)][-1] == 3
