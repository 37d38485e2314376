from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.runtime.cues import measure_cues
from tests.runtime.cues.fields import disc_of_light, eye

if TYPE_CHECKING:
    from fundusgate.runtime.cues.layout import Layout

ROWS, COLUMNS = np.mgrid[:256, :256]
RADIUS = np.hypot(ROWS - 127.5, COLUMNS - 127.5) / 128


def layout_of(where: np.ndarray, colour: tuple[int, int, int]) -> Layout:
    rgb, inside = disc_of_light((180, 90, 40))
    rgb[inside & where] = colour
    return measure_cues(rgb, inside).layout


def test_depth_is_how_far_the_dark_reaches_in() -> None:
    top = layout_of(ROWS < 96, (8, 5, 4))
    assert top.depth_top == pytest.approx(0.75, abs=0.05)
    assert top.depth_bottom == 0
    assert top.dark == pytest.approx(0.34, abs=0.02)
    assert layout_of(ROWS > 191, (8, 5, 4)).depth_bottom == pytest.approx(0.5, abs=0.05)
    assert layout_of(ROWS >= 0, (2, 1, 1)).depth_top == 2


def test_the_outer_ring_is_told_from_the_middle() -> None:
    assert layout_of(RADIUS > 0.7, (30, 15, 8)).outer == pytest.approx(0.17, abs=0.08)
    plain = layout_of(ROWS < 0, (0, 0, 0))
    assert plain.outer == pytest.approx(1, abs=0.01)
    assert plain.peak == pytest.approx(135 / 255, abs=0.01)


def test_white_is_told_by_its_side() -> None:
    bottom = layout_of(ROWS > 190, (220, 225, 240))
    assert bottom.white_bottom > 0.4
    assert bottom.white_top == pytest.approx(0, abs=0.01)


def test_vessels_that_are_gone_at_the_top_are_missed_there() -> None:
    rgb, inside = eye(7)
    clear = measure_cues(rgb, inside).layout
    veiled = rgb.copy()
    veiled[: 256 // 3][inside[: 256 // 3]] = (150, 120, 90)
    hidden = measure_cues(veiled, inside).layout
    assert hidden.seen_top < clear.seen_top - 0.1
    assert hidden.seen_bottom > clear.seen_bottom


def test_an_empty_field_has_no_layout() -> None:
    rgb, inside = disc_of_light(200)
    nothing = measure_cues(rgb, np.zeros_like(inside)).layout
    assert (nothing.peak, nothing.dark, nothing.depth_top) == (0, 0, 0)


def test_a_ghost_is_pale_and_central() -> None:
    pale = measure_cues(*_with(RADIUS < 0.12)).spots
    none = measure_cues(*_with(RADIUS < 0)).spots
    assert pale.pale > none.pale + 0.15
    assert pale.pale_radius < 0.15
    aside = measure_cues(*_with(np.hypot(ROWS - 128, COLUMNS - 215) < 15)).spots
    assert aside.pale < pale.pale / 2
    # two pale places: the optic disc and a ghost
    two = measure_cues(*_with((RADIUS < 0.1) | (np.hypot(ROWS - 128, COLUMNS - 200) < 15))).spots
    assert two.pale_second > aside.pale_second + 0.1
    assert measure_cues(*_with(RADIUS < 0.3)).spots.pale_wide > measure_cues(*_with(RADIUS < 0.06)).spots.pale_wide


def _with(where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rgb, inside = disc_of_light((170, 90, 50))
    rgb[inside & where] = (225, 225, 235)
    return rgb, inside
