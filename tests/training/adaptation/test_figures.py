from __future__ import annotations

import numpy as np
import pytest

from fundusgate.training.adaptation.figures import Judged, Measure
from fundusgate.training.photographs import Quality

LABELS = [Quality.GOOD] * 6 + [Quality.USABLE] * 2 + [Quality.REJECT] * 6


def answers(reported: list[float], kept: list[int]) -> Judged:
    values = np.asarray(reported, np.float64)
    return Judged(values, values, values, np.asarray(kept, np.float64))


PERFECT = answers([80.0 + n for n in range(6)] + [60, 60] + [20.0 + n for n in range(6)], [1] * 8 + [0] * 6)
USELESS = answers([50.0] * 14, [1] * 14)


def measure() -> Measure:
    return Measure(LABELS, [f"p{n}" for n in range(14)], resamples=200)


def test_figures_of_a_perfect_gate() -> None:
    figures = measure().figures(PERFECT)
    assert figures.auc.value == 1.0
    assert figures.auc.low == 1.0
    assert figures.kept[Quality.GOOD].value == 1.0
    assert figures.kept[Quality.REJECT].value == 0.0
    assert figures.merit.value == 1.0


def test_a_gate_that_keeps_all_has_half_the_merit() -> None:
    assert measure().figures(USELESS).merit.value == pytest.approx(0.5)


def test_a_real_gain_is_sure_and_a_loss_is_not() -> None:
    gain, sure = measure().gain(USELESS, PERFECT)
    assert gain == pytest.approx(0.5)
    assert sure == 1.0
    assert measure().gain(PERFECT, USELESS)[1] == 0.0


def test_a_gain_by_one_photograph_is_not_sure() -> None:
    kept = [1] * 14
    kept[-1] = 0
    _, sure = measure().gain(USELESS, answers([50.0] * 14, kept))
    assert sure < 0.9
