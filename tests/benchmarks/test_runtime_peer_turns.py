"""Turns, medians and the processors' load, on clocks that do not run."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.runtime_peer import load, turns

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    """Calls that take as long as they say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.nanoseconds = 0
        self.called: list[str] = []
        monkeypatch.setattr(turns.time, "perf_counter_ns", lambda: self.nanoseconds)

    def call(self, name: str, milliseconds: float) -> None:
        self.called.append(name)
        self.nanoseconds += int(1e6 * milliseconds)


def test_everything_has_its_turn_and_the_first_call_of_it_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    took = {"slow": 50.0, "quick": 0.5, "middle": 8.0}
    calls = {name: (lambda name=name: clock.call(name, took[name])) for name in took}
    told: list[tuple[int, int]] = []
    spent = turns.in_turns(calls, 5, lambda done, of: told.append((done, of)))
    assert {name: [len(turn) for turn in found] for name, found in spent.items()} == {
        "slow": [1] * 5,
        "quick": [turns.MOST_CALLS] * 5,
        "middle": [3] * 5,
    }
    assert all(sample == pytest.approx(took[name]) for name in took for turn in spent[name] for sample in turn)
    rounds = 5 + turns.WARM_UP
    assert Counter(clock.called) == {"slow": 2 * rounds, "quick": 9 * rounds, "middle": 4 * rounds}
    assert told[-1] == (rounds, rounds)


def test_the_order_changes_from_round_to_round(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    names = "abcdef"
    turns.in_turns({name: (lambda name=name: clock.call(name, 100)) for name in names}, 10)
    order = ["".join(clock.called[start : start + 12 : 2]) for start in range(0, len(clock.called), 12)]
    assert all(sorted(each) == list(names) for each in order)
    assert len(set(order)) > 5


def test_a_median_and_its_interval() -> None:
    rounds = turns.by_round([[1.0, 3.0, 100.0], [2.0, 4.0]])
    np.testing.assert_array_equal(rounds, [3.0, 3.0])
    assert turns.median_interval(rounds) == (3.0, 3.0, 3.0)
    values = np.random.default_rng(0).normal(10, 1, 100)
    median, low, high = turns.median_interval(values)
    assert median == np.median(values)
    # the median of a hundred normal values has a standard error of 1.25 / 10
    assert low == pytest.approx(10 - 1.96 * 0.125, abs=0.15)
    assert high == pytest.approx(10 + 1.96 * 0.125, abs=0.15)


def stat(folder: Path, *fields: int) -> Path:
    path = folder / "stat"
    path.write_text(f"cpu  {' '.join(map(str, fields))}\ncpu0 1 2 3\n")
    return path


def test_what_others_took(tmp_path: Path) -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    before = load.now(stat(tmp_path, 5 * ticks, ticks, 2 * ticks, 999 * ticks, 7 * ticks, 0, ticks, ticks, 50, 50))
    assert before is not None
    assert before.everyone == 5 + 1 + 2 + 1 + 1
    after = load.Moment(before.at + 10, before.everyone + 12, before.own + 8)
    assert load.others_share(before, after, 2) == pytest.approx(4 / 20)
    assert load.others_share(before, before, 2) is None
    assert load.others_share(None, after, 2) is None
    assert load.now(tmp_path / "absent") is None


def test_a_busy_machine_is_warned_of() -> None:
    assert load.caution(0.01) is None
    assert "took 30 %" in str(load.caution(0.30))
    assert "unknown" in str(load.caution(None))
