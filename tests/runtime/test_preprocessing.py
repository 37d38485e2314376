from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from fundusgate.runtime.disc import Disc
from fundusgate.runtime.preprocessing import frame_disc, frame_whole, inside_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray


def plainly_framed(rgb: NDArray[np.uint8], disc: Disc, size: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """What a framed disc is by definition: pasted into black, resized, black outside the disc and the photograph."""
    side = round(2 * disc.radius)
    x0, y0 = round(disc.cx - side / 2), round(disc.cy - side / 2)
    square = np.zeros((side, side, 3), np.uint8)
    for row in range(side):
        for column in range(side):
            if 0 <= y0 + row < rgb.shape[0] and 0 <= x0 + column < rgb.shape[1]:
                square[row, column] = rgb[y0 + row, x0 + column]
    if side != size:
        way = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
        square = np.asarray(cv2.resize(square, (size, size), interpolation=way), np.uint8)
    centres = (np.arange(size) + 0.5) * (side / size)
    x, y = np.meshgrid(x0 + centres, y0 + centres)
    inside = (x - disc.cx) ** 2 + (y - disc.cy) ** 2 <= disc.radius**2
    inside &= (x >= 0) & (x < rgb.shape[1]) & (y >= 0) & (y < rgb.shape[0])
    return np.where(inside[..., None], square, np.uint8(0)), inside


@pytest.mark.parametrize("size", [32, 77, 100, 131])
@pytest.mark.parametrize(
    "disc",
    [
        Disc(90.3, 60.2, 50.1, bounded=True),
        Disc(90.0, 60.0, 65.5, bounded=True),
        Disc(20.4, 100.7, 50.0, bounded=True),
        Disc(150.0, 10.0, 66.0, bounded=True),
        Disc(-200.0, 60.0, 50.0, bounded=True),
    ],
)
def test_framing_is_what_its_definition_says_to_the_last_bit(disc: Disc, size: int) -> None:
    # networks are trained on these very pixels
    rgb = np.random.default_rng(7).integers(0, 256, (120, 180, 3), dtype=np.uint8)
    framed = frame_disc(rgb, disc, size)
    expected, inside = plainly_framed(rgb, disc, size)
    assert np.array_equal(framed.inside, inside)
    assert np.array_equal(framed.rgb, expected)


def test_framing_leaves_the_photograph_as_it_is() -> None:
    rgb = np.random.default_rng(7).integers(1, 256, (64, 64, 3), dtype=np.uint8)
    before = rgb.copy()
    framed = frame_disc(rgb, Disc(32, 32, 32, bounded=True), 64)
    assert np.array_equal(rgb, before)
    assert not np.shares_memory(framed.rgb, rgb)


def test_framed_disc_maps_back_to_its_box() -> None:
    rgb = np.zeros((300, 400, 3), dtype=np.uint8)
    rgb[100:200, 150:250] = (200, 100, 50)
    framed = frame_disc(rgb, Disc(200, 150, 100, bounded=True), 64)
    assert framed.rgb.shape == (64, 64, 3)
    assert framed.box == (100, 50, 300, 250)
    bright = np.argwhere(framed.rgb[..., 0] > 100)
    assert bright.min(axis=0).tolist() == [16, 16]
    assert bright.max(axis=0).tolist() == [47, 47]


def test_the_disc_is_inside_and_the_rest_is_black() -> None:
    white = np.full((200, 200, 3), 255, dtype=np.uint8)
    framed = frame_disc(white, Disc(100, 100, 100, bounded=True), 128)
    assert framed.inside.mean() == pytest.approx(np.pi / 4, abs=0.01)
    assert np.all(framed.rgb[~framed.inside] == 0)
    assert np.all(framed.rgb[framed.inside] == 255)


def test_what_lies_past_the_frame_is_not_inside() -> None:
    white = np.full((140, 200, 3), 255, dtype=np.uint8)
    framed = frame_disc(white, Disc(100, 70, 100, bounded=True), 100)
    assert framed.box == (0, -30, 200, 170)
    assert not framed.inside[:15].any()
    assert framed.inside[15, 50]
    assert not framed.inside[85:].any()
    assert np.all(framed.rgb[~framed.inside] == 0)


def test_a_dark_frame_is_not_brightened() -> None:
    dark = np.full((200, 200, 3), 3, dtype=np.uint8)
    assert frame_disc(dark, Disc(100, 100, 100, bounded=True), 64).rgb.max() == 3
    assert frame_whole(dark).max() == 3


def test_shrinking_averages_and_growing_interpolates() -> None:
    stripes = np.zeros((512, 512, 3), dtype=np.uint8)
    stripes[:, ::2] = 200
    small = frame_disc(stripes, Disc(256, 256, 256, bounded=True), 128)
    assert np.all(small.rgb[small.inside] == 100)
    ramp = np.repeat(np.arange(0, 256, 16, dtype=np.uint8)[None, :, None], 16, axis=0).repeat(3, axis=2)
    large = frame_disc(ramp, Disc(8, 8, 8, bounded=True), 64)
    steps = np.diff(large.rgb[32, 6:58, 0].astype(int))
    assert steps.min() >= 0
    assert steps.max() <= 5


@pytest.mark.parametrize("shape", [(1, 1), (1, 100_000), (30_000, 2)])
def test_extreme_shapes_stay_within_memory(shape: tuple[int, int]) -> None:
    height, width = shape
    disc = Disc(width / 2, height / 2, max(shape) / 2, bounded=False)
    framed = frame_disc(np.full((*shape, 3), 9, dtype=np.uint8), disc, 64)
    assert framed.rgb.shape == (64, 64, 3)
    assert framed.box[2] - framed.box[0] == framed.box[3] - framed.box[1] == max(shape)


def test_large_photograph_gives_the_same_as_its_half() -> None:
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    large = blocks.repeat(640, axis=0).repeat(640, axis=1)
    small = blocks.repeat(320, axis=0).repeat(320, axis=1)
    one = frame_disc(large, Disc(5120, 5120, 5000, bounded=True), 128)
    half = frame_disc(small, Disc(2560, 2560, 2500, bounded=True), 128)
    assert np.abs(one.rgb.astype(int) - half.rgb.astype(int)).max() <= 3
    assert one.box == (120, 120, 10120, 10120)


def test_a_cell_is_inside_when_half_of_it_is() -> None:
    inside = np.zeros((32, 32), dtype=bool)
    inside[:2, :1] = True
    inside[0:1, 2:4] = True
    inside[4, 4] = True
    cells = inside_cells(inside)
    assert cells.shape == (16, 16)
    assert cells[0, 0]
    assert cells[0, 1]
    assert not cells[2, 2]
    assert cells.sum() == 2


def test_a_mask_that_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="does not divide"):
        inside_cells(np.zeros((30, 30), dtype=bool))


def test_whole_photograph_is_resized_and_its_centre_cut() -> None:
    rgb = np.zeros((1024, 2048, 3), dtype=np.uint8)
    rgb[256:768, 512:1536] = 180
    whole = frame_whole(rgb)
    assert whole.shape == (384, 384, 3)
    lit = np.argwhere(whole[..., 0] > 90)
    assert lit.min(axis=0).tolist() == [64, 64]
    assert lit.max(axis=0).tolist() == [319, 319]
    with pytest.raises(ValueError, match="between 1 and 100"):
        frame_whole(rgb, resize=100, crop=101)
