from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundusgate.evaluation.yardsticks.map_resolution import at_annotation, nearest_inside
from tests.evaluation.pictures import prediction


def test_values_stand_at_the_cells_centres_and_are_linear_between() -> None:
    degraded = np.zeros((16, 16), np.float32)
    degraded[8, 3] = 1
    # cells of 5 x 5 pixels: the centre of cell (8, 3) is pixel (42, 17)
    found = at_annotation(prediction(degraded=degraded, side=80), (80, 80))
    assert found[42, 17] == 1
    assert found[42, 12] == 0
    assert found[42, 16] == pytest.approx(0.8)
    assert found[41, 16] == pytest.approx(0.64)
    assert np.unravel_index(found.argmax(), found.shape) == (42, 17)


def test_a_cell_outside_the_field_takes_the_nearest_insides_value() -> None:
    degraded = np.full((16, 16), 0.2, np.float32)
    cells = np.ones((16, 16), bool)
    cells[:, 12:] = False
    degraded[:, 12:] = 1.0
    found = at_annotation(prediction(degraded=degraded, cells=cells), (64, 64))
    assert np.allclose(found, 0.2)


def test_nothing_inside_is_nothing_seen() -> None:
    found = at_annotation(prediction(cells=np.zeros((16, 16), bool)), (64, 64))
    assert (found == 1).all()


def test_the_nearest_by_hand() -> None:
    values = np.arange(9, dtype=np.float32).reshape(3, 3)
    inside = np.zeros((3, 3), bool)
    inside[0, 0] = inside[2, 2] = True
    assert nearest_inside(values, inside).tolist() == [[0, 0, 0], [0, 0, 8], [0, 8, 8]]


def test_the_box_places_the_map_on_the_photograph() -> None:
    degraded = np.zeros((16, 16), np.float32)
    degraded[:, 8:] = 1
    # a photograph of 60 x 100 whose disc is the square of columns 20 to 80
    placed = replace(prediction(degraded=degraded), box=(20, 0, 80, 60), size=(60, 100))
    found = at_annotation(placed, (120, 200))
    assert found.shape == (120, 200)
    assert (found[:, :95] == 0).all()
    assert (found[:, 105:] == 1).all()
    # beyond the box: the nearest cell
    assert (found[:, 0] == 0).all()
    assert (found[:, -1] == 1).all()


def test_the_disc_may_reach_past_the_photograph() -> None:
    degraded = np.zeros((16, 16), np.float32)
    degraded[:2] = 1
    # a quarter of the square lies above the frame, and with it every degraded cell
    cut = replace(prediction(degraded=degraded), box=(0, -32, 128, 96), size=(96, 128))
    assert (at_annotation(cut, (96, 128)) == 0).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(20, 90), st.integers(0, 2**31))
def test_no_value_is_made_up(side: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    degraded = rng.uniform(0.2, 0.7, (16, 16)).astype(np.float32)
    cells = rng.random((16, 16)) < 0.5
    cells[5, 5] = True
    found = at_annotation(prediction(degraded=degraded, cells=cells), (side, side))
    assert found.min() >= degraded[cells].min() - 1e-6
    assert found.max() <= degraded[cells].max() + 1e-6
