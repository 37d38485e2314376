from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from fundusgate.runtime.disc import Disc, find_disc

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def fundus(
    height: int,
    width: int,
    cx: float,
    cy: float,
    radius: float,
    *,
    surround: tuple[int, int, int] = (0, 0, 0),
    noise: float = 1.0,
    brightness: float = 1.0,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """A disc of retina's colour with vessel-like lines and vignetting, of exactly known circle."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] + 0.5
    away = np.hypot(x - cx, y - cy) / radius
    retina = np.array([190.0, 90.0, 45.0]) * (1.0 - 0.45 * np.clip(away, 0, 1) ** 2)[..., None]
    lines = np.zeros((height, width), np.uint8)
    for _ in range(12):
        ends = (rng.uniform(-1, 1, (2, 2)) * radius + (cx, cy)).astype(int)
        cv2.line(lines, ends[0].tolist(), ends[1].tolist(), 255, max(1, int(radius / 60)))
    retina *= 1 - 0.4 * (lines[..., None] / 255)
    retina *= brightness
    alpha = np.clip(radius - away * radius + 0.5, 0, 1)[..., None]
    pixels = alpha * retina + (1 - alpha) * np.array(surround) + rng.normal(0, noise, (height, width, 3))
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def assert_found(disc: Disc, cx: float, cy: float, radius: float, within: float = 0.02) -> None:
    assert disc.bounded
    assert np.hypot(disc.cx - cx, disc.cy - cy) < within * radius
    assert abs(disc.radius - radius) < within * radius


CIRCLES = {
    "full": (600, 600, 300, 300, 280),
    "touching the frame": (512, 512, 256, 256, 256),
    "cut above and below": (512, 640, 320, 250, 315),
    "cut on all four sides": (512, 512, 250, 260, 310),
    "cut on the left": (500, 420, 130, 250, 240),
    "small in a large frame": (900, 1400, 1150, 260, 130),
    "in a tall frame": (1000, 500, 250, 640, 230),
    "200 pixels": (200, 200, 101, 99, 96),
    "64 pixels": (64, 64, 32, 31, 29),
}


@pytest.mark.parametrize("name", CIRCLES)
def test_circle_of_any_place(name: str) -> None:
    height, width, cx, cy, radius = CIRCLES[name]
    assert_found(find_disc(fundus(height, width, cx, cy, radius)), cx, cy, radius)


@pytest.mark.parametrize("surround", [(128, 128, 128), (245, 245, 245), (30, 60, 30), (8, 2, 5)])
@pytest.mark.parametrize("noise", [0.0, 8.0])
def test_surround_of_any_colour_and_noise(surround: tuple[int, int, int], noise: float) -> None:
    pixels = fundus(600, 800, 420, 290, 260, surround=surround, noise=noise)
    assert_found(find_disc(pixels), 420, 290, 260)


def test_text_in_the_surround_does_not_count() -> None:
    pixels = fundus(700, 900, 480, 360, 270)
    for row in (30, 690):
        cv2.putText(pixels, "OD 2021-03-14 45deg PATIENT 7", (20, row), cv2.FONT_HERSHEY_SIMPLEX, 1, (255,) * 3, 2)
    assert_found(find_disc(pixels), 480, 360, 270)


def test_dark_half_keeps_its_circle() -> None:
    pixels = fundus(600, 600, 300, 300, 280, noise=0.5)
    fade = np.clip((np.arange(600) - 300) / 120 + 0.5, 0, 1)[None, :, None]
    assert_found(find_disc((pixels * fade).astype(np.uint8)), 300, 300, 280, within=0.03)


def test_central_shadow_with_a_bright_crescent_keeps_its_circle() -> None:
    pixels = fundus(600, 600, 300, 300, 280, noise=0.5).astype(float)
    y, x = np.mgrid[:600, :600]
    shadow = 1 - np.exp(-((((x - 280) ** 2 + (y - 320) ** 2) / (2 * 130.0**2)) ** 2))
    haze = 150 * np.exp(-((x - 30) ** 2) / (2 * 40.0**2)) * (np.hypot(x - 300, y - 300) < 280)
    dark = np.clip(pixels * shadow[..., None] + haze[..., None], 0, 255).astype(np.uint8)
    assert_found(find_disc(dark), 300, 300, 280)


@pytest.mark.parametrize("brightness", [0.3, 0.1])
def test_dark_photograph_is_found_without_brightening(brightness: float) -> None:
    pixels = fundus(600, 600, 290, 310, 270, brightness=brightness, noise=0.3)
    assert_found(find_disc(pixels), 290, 310, 270)


def test_notch_on_the_rim() -> None:
    pixels = fundus(600, 600, 300, 300, 270)
    cv2.rectangle(pixels, (485, 75), (525, 115), (190, 90, 45), -1)
    assert_found(find_disc(pixels), 300, 300, 270)


def test_photograph_pasted_on_a_page() -> None:
    page = np.full((900, 1300, 3), 235, dtype=np.uint8)
    page[200:600, 500:1000] = fundus(400, 500, 250, 200, 240)
    assert_found(find_disc(page), 750, 400, 240)


@pytest.mark.parametrize(("width", "height"), [(660, 600), (600, 690), (540, 600)])
def test_stretched_disc_is_given_its_mean_radius(width: int, height: int) -> None:
    stretched = cv2.resize(fundus(600, 600, 300, 300, 270), (width, height))
    expected = 270 * (width * height) ** 0.5 / 600
    assert_found(find_disc(np.asarray(stretched, dtype=np.uint8)), width / 2, height / 2, expected)


def test_cut_disc_that_was_stretched_to_the_frame() -> None:
    stretched = cv2.resize(fundus(512, 640, 320, 256, 310), (512, 512))
    assert_found(find_disc(np.asarray(stretched, dtype=np.uint8)), 256, 256, 310 * 0.8**0.5, within=0.03)


def test_the_same_photograph_larger_has_the_same_disc() -> None:
    small = fundus(300, 400, 210, 148, 130)
    large = np.asarray(cv2.resize(small, (3200, 2400), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    one, eight = find_disc(small), find_disc(large)
    assert eight.cx / 8 == pytest.approx(one.cx, abs=1)
    assert eight.radius / 8 == pytest.approx(one.radius, abs=1)


@pytest.mark.parametrize("value", [0, 255, 128])
@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (300, 400), (400, 300)])
def test_flat_frames_have_no_disc_but_a_stand_in(value: int, shape: tuple[int, int]) -> None:
    height, width = shape
    disc = find_disc(np.full((*shape, 3), value, dtype=np.uint8))
    assert disc == Disc(width / 2, height / 2, max(shape) / 2, bounded=False)


@pytest.mark.parametrize("level", [2.0, 20.0, 80.0])
def test_noise_has_no_disc(level: float) -> None:
    for seed in range(5):
        noise = np.random.default_rng(seed).normal(level, level / 2, (300, 400, 3))
        assert not find_disc(np.clip(noise, 0, 255).astype(np.uint8)).bounded


def test_retina_that_fills_the_frame_has_no_rim() -> None:
    pixels = fundus(900, 900, 450, 450, 440)[250:650, 200:700]
    assert not find_disc(pixels).bounded


def test_finding_is_repeatable() -> None:
    pixels = fundus(512, 512, 250, 260, 310)
    assert find_disc(pixels) == find_disc(pixels.copy())


@pytest.mark.parametrize("shape", [(10, 10), (10, 10, 4), (0, 5, 3)])
def test_what_is_no_rgb_photograph_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="H x W x 3"):
        find_disc(np.zeros(shape, dtype=np.uint8))


@pytest.mark.photographs
def test_real_masks_of_every_camera_are_found(photographs: Path) -> None:
    """Every photograph of these sources has a mask; padding a photograph moves its circle and does not change it."""
    with (photographs / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for source in sorted({row["source"] for row in rows}):
        for row in [row for row in rows if row["source"] == source][::20][:12]:
            with Image.open(photographs / row["file"]) as image:
                pixels = np.asarray(image.convert("RGB"))
            alone = find_disc(pixels)
            assert alone.bounded, row["file"]
            padded = find_disc(np.pad(pixels, ((70, 20), (30, 90), (0, 0))))
            apart = np.hypot(padded.cx - 30 - alone.cx, padded.cy - 70 - alone.cy)
            assert apart + abs(padded.radius - alone.radius) < 0.08 * alone.radius, row["file"]
