"""Every fault: identity at 0, same seed same bytes, hidden only in the field, more hidden when stronger, and true."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from fundusgate.codes import CauseCode
from fundusgate.phantom.faults import degrade, degrade_all, degrade_locally
from fundusgate.phantom.faults.degrade import FAULTS
from fundusgate.phantom.faults.sharpness import GROWTH, LARGEST_DEFOCUS

if TYPE_CHECKING:
    from fundusgate.phantom.arrays import Mask, UInt8Image

SIZE = 256
PERIOD = 16
VESSEL = 1.54  # pixels: the reference vessel's width at this size


def ruled(size: int = SIZE) -> tuple[UInt8Image, UInt8Image, Mask]:
    """An even orange field, the same with thin dark vertical lines, and the round mask."""
    y, x = np.mgrid[:size, :size]
    field = (x - size / 2 + 0.5) ** 2 + (y - size / 2 + 0.5) ** 2 < (0.49 * size) ** 2
    plain = np.where(field[..., None], np.array([190, 105, 60]), 0).astype(np.uint8)
    distance = np.abs((x + 0.5) % PERIOD - PERIOD / 2)
    cover = np.clip(VESSEL / 2 + 0.5 - distance, 0, 1)[..., None] * np.array([0.07, 0.18, 0.12])
    return plain, np.round(plain * (1 - cover)).astype(np.uint8), field


LOCAL = [c for c in FAULTS if c is not CauseCode.NOT_FUNDUS]


@pytest.mark.parametrize("code", list(FAULTS))
def test_strength_zero_is_the_photograph_itself(code: CauseCode) -> None:
    _, rgb, field = ruled()
    done = degrade(rgb, field, code, 0.0, seed=1)
    assert np.array_equal(done.rgb, rgb)
    assert not done.hidden.any()
    assert done.codes == ()


@pytest.mark.parametrize("code", list(FAULTS))
def test_same_seed_gives_the_same_bytes_and_another_seed_others(code: CauseCode) -> None:
    _, rgb, field = ruled()
    first, again, other = (degrade(rgb, field, code, 0.6, seed=s) for s in (5, 5, 6))
    assert np.array_equal(first.rgb, again.rgb)
    assert np.array_equal(first.hidden, again.hidden)
    assert not np.array_equal(first.rgb, other.rgb)


@pytest.mark.parametrize("code", LOCAL)
def test_nothing_changes_and_nothing_hides_outside_the_field(code: CauseCode) -> None:
    _, rgb, field = ruled()
    done = degrade(rgb, field, code, 0.8, seed=2)
    assert np.array_equal(done.rgb[~field], rgb[~field])
    assert not (done.hidden & ~field).any()


@pytest.mark.parametrize("code", LOCAL)
def test_a_strong_fault_hides_more_than_a_weak_one(code: CauseCode) -> None:
    _, rgb, field = ruled()
    weak, strong = (
        np.mean([degrade(rgb, field, code, s, seed).hidden_fraction(field) for seed in range(6)]) for s in (0.1, 1.0)
    )
    assert weak < 0.2
    assert strong > weak + 0.1
    assert strong > (0.02 if code is CauseCode.CENTRAL_GHOST else 0.25)


def measured_contrast(plain: UInt8Image, lined: UInt8Image) -> np.ndarray:
    """Contrast of the lines' middles against the same place without lines, in screen luminance, by tile."""
    weights = np.array([0.299, 0.587, 0.114])
    with_lines, without = lined @ weights, plain @ weights
    tiles = SIZE // PERIOD
    column = with_lines.reshape(tiles, PERIOD, tiles, PERIOD).mean(axis=1)
    background = without.reshape(tiles, PERIOD, tiles, PERIOD).mean(axis=(1, 3))
    middle = column[:, :, PERIOD // 2 - 1 : PERIOD // 2 + 1].mean(axis=2)
    shown, line = (background / 255) ** 2.2, (np.maximum(middle, 0) / 255) ** 2.2
    return np.abs(shown - line) / (shown + 0.02)


@pytest.mark.parametrize(
    "code",
    [
        CauseCode.TOO_DARK,
        CauseCode.TOO_BRIGHT,
        CauseCode.CRESCENT_TOP,
        CauseCode.CRESCENT_BOTTOM,
        CauseCode.LASH_LID,
        CauseCode.SMALL_PUPIL,
        CauseCode.MEDIA_OPACITY,
    ],
)
def test_the_mask_says_where_real_lines_can_no_longer_be_measured(code: CauseCode) -> None:
    plain, lined, field = ruled()
    tiles = SIZE // PERIOD
    inside = field.reshape(tiles, PERIOD, tiles, PERIOD).all(axis=(1, 3))
    hidden_contrast: list[float] = []
    clear_contrast: list[float] = []
    for seed in range(4):
        for strength in (0.3, 0.7, 1.0):
            bare = degrade(plain, field, code, strength, seed)
            done = degrade(lined, field, code, strength, seed)
            contrast = measured_contrast(bare.rgb, done.rgb)
            share = done.hidden.reshape(tiles, PERIOD, tiles, PERIOD).mean(axis=(1, 3))
            hidden_contrast.extend(contrast[inside & (share == 1)])
            clear_contrast.extend(contrast[inside & (share == 0)])
    assert np.median(clear_contrast) > 0.09
    # Rounding and noise leave a little where nothing is left to see.
    assert np.median(hidden_contrast) < 0.06
    assert np.mean(np.array(hidden_contrast) < 0.09) > 0.9


def test_defocus_leaves_the_contrast_that_the_optics_predict() -> None:
    _, lined, field = ruled()
    radii = {s: LARGEST_DEFOCUS * SIZE * s**GROWTH for s in (0.35, 0.6)}
    for strength, radius in radii.items():
        done = degrade(lined, field, CauseCode.FOCUS, strength, seed=3)
        g = done.rgb[100:156, 96:160, 1].astype(float).mean(axis=0).reshape(-1, PERIOD).mean(axis=0)
        sharp = lined[100:156, 96:160, 1].astype(float).mean(axis=0).reshape(-1, PERIOD).mean(axis=0)
        left = (g.max() - g.min()) / (sharp.max() - sharp.min())
        # Small-width limit of the disc's line-spread function; .77 is what the pixel grid left of the sharp line.
        predicted = 2 / np.pi * (VESSEL / radius) / 0.77
        assert left == pytest.approx(predicted, rel=0.25)
    assert not degrade(lined, field, CauseCode.FOCUS, 0.1, seed=3).hidden.any()
    assert degrade(lined, field, CauseCode.FOCUS, 0.9, seed=3).hidden[field].all()


def test_dark_really_loses_the_information() -> None:
    _, lined, field = ruled()
    done = degrade(lined, field, CauseCode.TOO_DARK, 1.0, seed=0)
    assert done.hidden_fraction(field) > 0.9
    stretched = cv2.normalize(done.rgb.astype(np.float32), None, 0, 255, cv2.NORM_MINMAX)
    band = stretched[100:156, 96:160, 1]
    assert abs(np.corrcoef(band.ravel(), lined[100:156, 96:160, 1].ravel())[0, 1]) < 0.4


def test_combined_faults_hide_what_either_hides() -> None:
    _, rgb, field = ruled()
    pair = [(CauseCode.CRESCENT_TOP, 0.7), (CauseCode.FOCUS, 0.15)]
    first = degrade(rgb, field, CauseCode.CRESCENT_TOP, 0.7, seed=4)
    both = degrade_all(rgb, field, pair, seed=4)
    assert (both.hidden >= first.hidden).all()
    assert both.codes == (CauseCode.CRESCENT_TOP, CauseCode.FOCUS)


def test_what_is_no_fundus_hides_everything() -> None:
    _, rgb, field = ruled()
    assert degrade(rgb, field, CauseCode.NOT_FUNDUS, 1.0, seed=0).hidden.all()


def test_refusals_name_the_cause() -> None:
    _, rgb, field = ruled()
    with pytest.raises(ValueError, match="strength"):
        degrade(rgb, field, CauseCode.FOCUS, 1.5, seed=0)
    with pytest.raises(ValueError, match="UNKNOWN"):
        degrade(rgb, field, CauseCode.UNKNOWN, 0.5, seed=0)
    with pytest.raises(ValueError, match="empty"):
        degrade(rgb, np.zeros_like(field), CauseCode.FOCUS, 0.5, seed=0)
    with pytest.raises(ValueError, match="mask"):
        degrade(rgb, field[:-1], CauseCode.FOCUS, 0.5, seed=0)
    with pytest.raises(ValueError, match="uint8"):
        degrade_locally(rgb[..., 0], field, 0, 0.5)


def test_local_faults_are_local_seeded_and_varied() -> None:
    _, rgb, field = ruled()
    fractions = []
    codes = set()
    for seed in range(40):
        done = degrade_locally(rgb, field, seed, 0.7)
        assert not (done.hidden & ~field).any()
        assert np.array_equal(done.rgb[~field], rgb[~field])
        codes.update(done.codes)
        fractions.append(done.hidden_fraction(field))
    again = degrade_locally(rgb, field, 39, 0.7)
    assert np.array_equal(again.rgb, done.rgb)
    assert len(codes) == 5
    assert 0.1 < np.mean(fractions) < 0.6
    assert not degrade_locally(rgb, field, 3, 0.0).hidden.any()


def test_frames_that_are_not_square_and_fields_that_fill_the_frame() -> None:
    rgb = np.full((90, 160, 3), 120, np.uint8)
    field = np.ones((90, 160), np.bool_)
    for code in FAULTS:
        assert degrade(rgb, field, code, 0.7, seed=1).rgb.shape == rgb.shape
    for seed in range(20):
        assert degrade_locally(rgb, field, seed, 0.9).hidden.shape == field.shape


def test_local_faults_are_quick_enough_for_training() -> None:
    _, rgb, field = ruled(512)
    degrade_locally(rgb, field, 0, 0.5)
    taken = []
    for seed in range(20):
        start = time.process_time()
        degrade_locally(rgb, field, seed, 0.7)
        taken.append(time.process_time() - start)
    # Measured about 12 ms; the bound leaves room for a slower machine.
    assert np.median(taken) < 0.06
