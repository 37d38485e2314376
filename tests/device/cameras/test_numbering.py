"""Numbers inferred from times, and times that rise."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from fundusgate.device.cameras.numbering import RisingTimes, TimedNumbering


def numbers(times: list[float]) -> list[int]:
    numbering = TimedNumbering()
    return [numbering.number(time) for time in times]


def test_gaps_are_found_once_the_rate_is_known() -> None:
    assert numbers([0, 1, 2, 3, 4, 5, 8, 9, 14]) == [0, 1, 2, 3, 4, 5, 8, 9, 14]


def test_jitter_loses_nothing() -> None:
    assert numbers([0, 1.2, 1.9, 3.1, 4.0, 4.8, 6.1, 7.0]) == list(range(8))


def test_a_new_rate_becomes_the_usual_one() -> None:
    found = numbers([*range(10), *range(11, 60, 2)])
    assert found[-1] - found[-10] == 9


def test_the_cameras_own_interval_counts() -> None:
    numbering = TimedNumbering()
    assert [numbering.number(t, usual) for t, usual in ((0, 1), (1, 1), (3, 2), (7, 2))] == [0, 1, 2, 4]


@given(st.lists(st.floats(0, 1e6), min_size=2))
def test_times_rise_and_are_never_earlier_than_given(times: list[float]) -> None:
    rising = RisingTimes()
    given_out = [rising.after_the_last(time) for time in times]
    assert all(a < b for a, b in itertools.pairwise(given_out))
    assert all(out >= time for out, time in zip(given_out, times, strict=True))
