from __future__ import annotations

import numpy as np
import pytest

from fundusgate.visibility.missing import BAD_FROM, FAINT, LITTLE, Rule, cell_means, firm, measure

SIDE, STEP = 256, 16


def test_the_published_rule_counts_differing_pixels() -> None:
    seen = np.full((SIDE, SIDE), 0.3, np.float32)
    expected = seen.copy()
    expected[:STEP, :STEP] += 0.021
    expected[:STEP, STEP : 2 * STEP] += 0.019
    # 231 of 256 pixels are over nine tenths, 230 are under.
    for cell, pixels in ((2, 231), (3, 230)):
        block = expected[:STEP, cell * STEP : (cell + 1) * STEP]
        rows, columns = np.unravel_index(np.arange(pixels), (STEP, STEP))
        block[rows, columns] -= 0.05
    told = measure(Rule.PUBLISHED, seen, expected)
    bad = told >= BAD_FROM[Rule.PUBLISHED]
    assert bad[0, :5].tolist() == [True, False, True, False, False]
    assert not bad[1:].any()


def test_missing_cover_counts_and_surplus_does_not() -> None:
    seen, expected = np.full((2, SIDE, SIDE), 0.1, np.float32)
    expected[96:160, 96:160] = 0.3
    seen[:48, :48] = 0.5
    told = measure(Rule.MISSING_SHARE, seen, expected)
    # In the middle .2 of .3 is missing, and little is added against chance.
    assert told[7, 7] == pytest.approx(0.2 / (0.3 + LITTLE), rel=1e-3)
    assert told[:3, :3].max() == 0
    assert told[12, 12] == 0


def test_nothing_is_concluded_where_nothing_is_expected() -> None:
    seen = np.zeros((SIDE, SIDE), np.float32)
    expected = np.full((SIDE, SIDE), 0.005, np.float32)
    assert measure(Rule.MISSING_SHARE, seen, expected).max() < BAD_FROM[Rule.MISSING_SHARE]


def test_neighbours_are_heard() -> None:
    expected = np.zeros((SIDE, SIDE), np.float32)
    expected[:, ::8] = 0.4
    seen = expected.copy()
    seen[64:160, 64:160] = 0
    # A cell in the middle of the gap where no vessel runs is bad by its neighbours.
    expected[112:128, 112:128] = 0
    told = measure(Rule.MISSING_SHARE, seen, expected)
    assert told[7, 7] > BAD_FROM[Rule.MISSING_SHARE]
    assert told[12, 12] < 0.1


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="256 x 256"):
        measure(Rule.PUBLISHED, np.zeros((128, 128), np.float32), np.zeros((256, 256), np.float32))


def test_cells_are_means() -> None:
    plane = np.arange(SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
    assert cell_means(plane)[2, 5] == pytest.approx(plane[32:48, 80:96].mean(), rel=1e-6)


def test_the_faint_ground_is_none_and_the_rest_keeps_its_order() -> None:
    cover = np.array([0.0, FAINT, (1 + FAINT) / 2, 1.0], np.float32)
    assert firm(cover) == pytest.approx([0, 0, 0.5, 1])
