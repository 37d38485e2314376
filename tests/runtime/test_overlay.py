from __future__ import annotations

import numpy as np
import pytest

from fundusgate.codes import CauseCode, Verdict
from fundusgate.runtime.assessment import Assessment, Cause
from fundusgate.runtime.overlay import HEADER, HEIGHT, MARGIN, MARK, PANEL, WIDTH, draw_overlay

GREY = np.full((100, 100, 3), 120, dtype=np.uint8)


def assessment(
    cells: np.ndarray, box: tuple[int, int, int, int] = (0, 0, 100, 100), verdict: Verdict = Verdict.RETAKE
) -> Assessment:
    return Assessment(
        verdict=verdict,
        score=40.0,
        degraded_fraction=0.1,
        map=cells.astype(np.float32),
        box=box,
        causes=(Cause(CauseCode.FOCUS, 0.9),),
        main=CauseCode.FOCUS,
        prompt="Out of focus: refocus. " * 20,
        precision="fp32",
        models={"a": "1"},
        elapsed_ms={"total": 1.0},
    )


def panels(cells: np.ndarray, **others: object) -> tuple[np.ndarray, np.ndarray]:
    picture = np.asarray(draw_overlay(GREY, assessment(cells, **others)))  # type: ignore[arg-type]
    assert picture.shape == (HEIGHT, WIDTH, 3)
    left, right = (picture[HEADER : HEADER + PANEL, x : x + PANEL] for x in (MARGIN, 2 * MARGIN + PANEL))
    return left, right


def test_only_the_degraded_cells_are_marked_and_exactly_where_they_are() -> None:
    cells = np.zeros((16, 16))
    cells[4:6, 10:12] = 0.9
    left, right = panels(cells)
    assert np.all(left == 120)
    marked = np.argwhere(np.all(right == MARK, axis=2)) * 16 / PANEL
    assert marked.min(axis=0) == pytest.approx([4, 10], abs=0.1)
    assert marked.max(axis=0) == pytest.approx([6, 12], abs=0.1)


def test_doubtful_cells_are_tinted_but_neither_hatched_nor_outlined() -> None:
    cells = np.zeros((16, 16))
    cells[8, 8] = 0.4
    _, right = panels(cells)
    assert not np.all(right == MARK, axis=2).any()
    inside, outside = right[8 * 32 + 16, 8 * 32 + 16].astype(int), right[16, 16]
    assert inside[2] - inside[0] > 20
    assert np.all(outside == 120)


def test_cells_outside_the_disc_are_left_alone() -> None:
    _, right = panels(np.full((16, 16), np.nan))
    assert np.all(right == 120)


def test_the_box_may_reach_past_the_photograph() -> None:
    left, _ = panels(np.zeros((16, 16)), box=(-50, 0, 150, 200))
    assert np.all(left[: PANEL // 2, PANEL // 4 : 3 * PANEL // 4] == 120)
    assert np.all(left[PANEL // 2 + 1 :] == 0)
    assert np.all(left[:, : PANEL // 4 - 1] == 0)


def test_every_verdict_has_a_shape_of_its_own_without_its_colour() -> None:
    shapes = []
    for verdict in Verdict:
        picture = draw_overlay(GREY, assessment(np.zeros((16, 16)), verdict=verdict)).convert("L")
        icon = np.asarray(picture)[24:88, MARGIN : MARGIN + 64].astype(int)
        shapes.append(icon > 60)
    for index, shape in enumerate(shapes):
        for other in shapes[index + 1 :]:
            assert np.mean(shape != other) > 0.08
