from __future__ import annotations

import numpy as np
import pytest

from fundusgate.runtime.cues.centring import Centring, Side, measure_centring
from fundusgate.runtime.cues.exposure import measure_exposure
from fundusgate.runtime.cues.rim import measure_rim
from fundusgate.runtime.cues.sharpness import measure_sharpness
from fundusgate.runtime.cues.view import prepare
from tests.runtime.cues.fields import disc_of_light, eye

ROWS = np.arange(256)[:, None]
COLUMNS = np.arange(256)[None, :]


def shaded(where: np.ndarray, colour: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    rgb, inside = disc_of_light((180, 90, 40))
    rgb[inside & np.broadcast_to(where, (256, 256))] = colour
    return rgb, inside


def test_a_plain_field_has_nothing_at_its_rim() -> None:
    rim = measure_rim(prepare(*disc_of_light((180, 90, 40))))
    assert (rim.haze_top, rim.haze_bottom, rim.haze_side) == (0, 0, 0)
    assert max(rim.lid_top, rim.lid_bottom, rim.ring, rim.shade_side) == pytest.approx(0, abs=1e-6)


def test_haze_is_told_by_its_edge() -> None:
    white = (220, 225, 240)
    top = measure_rim(prepare(*shaded(ROWS < 50, white)))
    bottom = measure_rim(prepare(*shaded(ROWS > 205, white)))
    left = measure_rim(prepare(*shaded(COLUMNS < 50, white)))
    assert top.haze_top > 0.3
    assert top.haze_bottom == top.haze_side == 0
    assert bottom.haze_bottom > 0.3
    assert bottom.haze_top == bottom.haze_side == 0
    assert left.haze_side > 0.3
    assert left.haze_top == left.haze_bottom == 0


def test_lids_are_dark_on_one_edge_and_pupils_on_all() -> None:
    lid = measure_rim(prepare(*shaded(ROWS < 80, (20, 10, 8))))
    assert lid.lid_top > 0.6
    assert lid.lid_bottom == 0
    ring = measure_rim(prepare(*shaded(np.hypot(ROWS - 127.5, COLUMNS - 127.5) > 70, (20, 10, 8))))
    assert ring.ring > 0.6
    assert max(ring.lid_top, ring.lid_bottom) == pytest.approx(0, abs=0.05)


def test_exposure_counts_the_field_only() -> None:
    light = measure_exposure(prepare(*shaded(ROWS < 128, (4, 4, 4))))
    assert light.empty_fraction == pytest.approx(0.5, abs=0.02)
    assert light.dark_fraction == pytest.approx(0.5, abs=0.02)
    assert light.bright_fraction == 0
    assert light.upper == pytest.approx((180 + 90) / 2 / 255, abs=0.01)
    assert measure_exposure(prepare(*disc_of_light(250))).bright_fraction > 0.98


def test_a_lit_half_is_half_a_field_and_leans() -> None:
    half = measure_centring(prepare(*shaded(COLUMNS < 128, (4, 4, 4))))
    assert half.field_fraction == pytest.approx(0.5, abs=0.03)
    assert half.lean_x > 0.3
    assert abs(half.lean_y) < 0.02
    assert half.dark_side is Side.LEFT
    assert measure_centring(prepare(*disc_of_light(120))).lean < 0.01
    assert measure_centring(prepare(*disc_of_light(120))).dark_side is None


@pytest.mark.parametrize(
    ("lean", "side"),
    [((0.3, 0.2), Side.LEFT), ((-0.3, 0.2), Side.RIGHT), ((0.1, 0.2), Side.TOP), ((0.1, -0.2), Side.BOTTOM)],
)
def test_the_dark_side_is_opposite_to_the_light(lean: tuple[float, float], side: Side) -> None:
    assert Centring(0.6, *lean).dark_side is side


def test_a_photograph_that_holds_part_of_the_disc_shows_part_of_the_field() -> None:
    rgb, inside = disc_of_light(120)
    inside[:, 100:] = False
    rgb[~inside] = 0
    assert measure_centring(prepare(rgb, inside)).field_fraction == pytest.approx(0.36, abs=0.04)


def test_blur_lowers_sharpness_and_a_smear_has_a_direction() -> None:
    import cv2

    rgb, inside = eye(7)
    blurred = cv2.GaussianBlur(rgb, (0, 0), 2.5)
    smeared = cv2.blur(rgb, (13, 1))
    for picture in (blurred, smeared):
        picture[~inside] = 0
    sharp = measure_sharpness(prepare(rgb, inside))
    soft = measure_sharpness(prepare(blurred, inside))
    moved = measure_sharpness(prepare(smeared, inside))
    assert soft.fine_to_coarse < 0.7 * sharp.fine_to_coarse
    assert soft.detail < 0.6 * sharp.detail
    assert moved.anisotropy > 2 * max(sharp.anisotropy, soft.anisotropy)
    assert min(moved.direction, 180 - moved.direction) < 20


def test_sharpness_does_not_ask_for_brightness() -> None:
    rgb, inside = eye(12)
    darker = measure_sharpness(prepare((rgb * 0.6).astype(np.uint8), inside))
    assert darker.fine_to_coarse == pytest.approx(measure_sharpness(prepare(rgb, inside)).fine_to_coarse, rel=0.1)
