from __future__ import annotations

import itertools

import pytest

from fundusgate.training.photographs import Quality
from fundusgate.training.targets import ANCHORS, NOT_A_FUNDUS, degraded_target


def test_anchors_are_the_class_means_of_fqs() -> None:
    assert [ANCHORS[quality] for quality in Quality] == [82.0, 69.0, 41.0]


def test_no_degradation_changes_nothing() -> None:
    assert degraded_target(82.0, hidden=0.0, strength=0.0) == 82.0


@pytest.mark.parametrize("before", ANCHORS.values())
def test_targets_fall_with_what_is_hidden_and_with_strength(before: float) -> None:
    by_hidden = [degraded_target(before, hidden / 20, 0.5) for hidden in range(21)]
    by_strength = [degraded_target(before, 0.02, strength / 10) for strength in range(11)]
    for series in (by_hidden, by_strength):
        assert all(above > below for above, below in itertools.pairwise(series))
    assert min(by_hidden) >= NOT_A_FUNDUS


def test_a_quarter_hidden_lies_between_usable_and_reject() -> None:
    target = degraded_target(ANCHORS[Quality.GOOD], hidden=0.25, strength=0.8)
    assert ANCHORS[Quality.REJECT] < target < ANCHORS[Quality.USABLE]
