from __future__ import annotations

import numpy as np

from fundusgate.runtime.field_cut import visible_field
from tests.runtime.cues.fields import disc_of_light


def test_straight_bands_are_cut_away() -> None:
    rgb, inside = disc_of_light((150, 80, 40))
    rgb[:36] = 3
    rgb[226:] = 3
    rgb[:, :12] = 0
    field = visible_field(rgb, inside)
    assert not field[:36].any()
    assert not field[226:].any()
    assert not field[:, :12].any()
    assert field[42:220, 20:].sum() == inside[42:220, 20:].sum()


def test_a_whole_field_stays_whole() -> None:
    rgb, inside = disc_of_light((150, 80, 40))
    assert (visible_field(rgb, inside) == inside).all()


def test_a_soft_shadow_is_the_photographs_own() -> None:
    rgb, inside = disc_of_light((150, 80, 40))
    fade = np.clip((np.arange(256) - 40) / 120, 0, 1)[:, None, None]
    shadow = (rgb * fade).astype(np.uint8)
    assert (visible_field(shadow, inside) == inside).all()


def test_a_half_hidden_by_a_hard_edge_is_a_lid() -> None:
    rgb, inside = disc_of_light((150, 80, 40))
    rgb[:110] = 0
    assert (visible_field(rgb, inside) == inside).all()


def test_black_frames_and_empty_masks_pass_through() -> None:
    rgb, inside = disc_of_light(2)
    assert (visible_field(rgb, inside) == inside).all()
    assert not visible_field(rgb, np.zeros_like(inside)).any()


def test_a_round_shadow_at_the_side_is_no_cut() -> None:
    side = 256
    ys, xs = np.mgrid[:side, :side]
    inside = (xs - 127.5) ** 2 + (ys - 127.5) ** 2 <= 127.5**2
    # The view has moved: what is lit is a disc whose right rim lies well inside the camera's own.
    lit = inside & ((xs - 60) ** 2 + (ys - 127.5) ** 2 <= 140**2)
    rgb = np.where(lit[..., None], np.array([180, 90, 50]), 0).astype(np.uint8)
    assert np.array_equal(visible_field(rgb, inside), inside)
