from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from fundusgate.bench.cadence import LEAST_WARM_UP, Clock, Effort, measure
from fundusgate.bench.errors import BenchError
from fundusgate.bench.series import VERDICT

if TYPE_CHECKING:
    from collections.abc import Callable


class Time:
    """A clock that moves when somebody sleeps or works."""

    def __init__(self, oversleep: float = 0.0) -> None:
        self.now = 1000.0
        self.slept = 0.0
        self._oversleep = oversleep

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept += seconds
        self.now += seconds + self._oversleep

    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep)


def presses(time: Time, took: list[float]) -> Callable[[float], dict[str, float]]:
    """A press that takes what the list says, again and again, seconds."""
    made = iter(took * 100)

    def press(due: float) -> dict[str, float]:
        time.now += next(made)
        return {VERDICT: 1e3 * (time.now - due)}

    return press


def test_in_time() -> None:
    time = Time()
    series = measure(presses(time, [0.02]), 10.0, Effort(0.0, 4, 0.0), time.clock())
    first = 1000.0 + LEAST_WARM_UP / 10
    assert series.due_s == pytest.approx([first, first + 0.1, first + 0.2, first + 0.3])
    assert series.stages_ms[VERDICT] == pytest.approx([20.0] * 4)
    assert (series.missed, series.skipped, series.warm_up) == (0, 0, LEAST_WARM_UP)


def test_back_to_back_never_sleeps() -> None:
    time = Time()
    series = measure(presses(time, [0.02]), None, Effort(0.0, 5, 0.0), time.clock())
    assert time.slept == 0
    assert [after - before for before, after in pairwise(series.due_s)] == pytest.approx([0.02] * 4)
    assert series.missed == series.skipped == 0


def test_one_slow_verdict_is_late_and_skips_presses() -> None:
    time = Time()
    # three of warm-up, then 20 ms, 250 ms, 20 ms, 20 ms at 10 Hz
    took = [0.02] * LEAST_WARM_UP + [0.02, 0.25, 0.02, 0.02]
    series = measure(presses(time, took), 10.0, Effort(0.0, 4, 0.0), time.clock())
    begun = series.due_s[0]
    # due at 0, 100; done at 350, so that 200 and 300 pass by; next due at 400
    assert [due - begun for due in series.due_s] == pytest.approx([0.0, 0.1, 0.4, 0.5])
    assert series.stages_ms[VERDICT] == pytest.approx([20, 250, 20, 20])
    assert series.missed == 1
    assert series.skipped == 2


def test_waking_up_late_counts() -> None:
    time = Time(oversleep=0.004)
    series = measure(presses(time, [0.02]), 10.0, Effort(0.0, 5, 0.0), time.clock())
    assert series.stages_ms[VERDICT] == pytest.approx([24.0] * 5)


def test_time_and_count_are_both_reached() -> None:
    time = Time()
    # sixteenths of a second add up without rounding
    series = measure(presses(time, [0.0625]), None, Effort(1.0, 5, 0.5), time.clock())
    assert series.warm_up == 8
    assert len(series.due_s) == 16
    time = Time()
    series = measure(presses(time, [0.0625]), None, Effort(1.0, 50, 0.0), time.clock())
    assert len(series.due_s) == 50


def test_counts_are_told() -> None:
    time, told = Time(), []
    measure(presses(time, [0.05]), None, Effort(0.0, 3, 0.0), time.clock(), told.append)
    assert told == [1, 2, 3]


@pytest.mark.parametrize("cadence", [0.0, -1.0, float("nan"), float("inf")])
def test_no_cadence(cadence: float) -> None:
    with pytest.raises(BenchError, match="cadence"):
        measure(lambda _: {VERDICT: 1.0}, cadence, Effort(0.0, 1, 0.0))


@pytest.mark.parametrize("effort", [(-1.0, 1, 0.0), (1.0, 0, 0.0), (1.0, 1, -1.0), (float("nan"), 1, 0.0)])
def test_no_effort(effort: tuple[float, int, float]) -> None:
    with pytest.raises(BenchError, match="give"):
        Effort(*effort)
