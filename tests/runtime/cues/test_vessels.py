from __future__ import annotations

import cv2
import numpy as np
import pytest

from fundusgate.runtime.cues import vessel_visibility
from fundusgate.runtime.cues.vessels import find_ridges, vessel_network
from fundusgate.runtime.cues.view import prepare
from tests.runtime.cues.fields import disc_of_light, eye


def with_line(width: int, level: int, end: tuple[int, int] = (128, 240)) -> tuple[np.ndarray, np.ndarray]:
    rgb, inside = disc_of_light((200, 120, 60))
    cv2.line(rgb, (128, 16), end, (170, level, 50), width, cv2.LINE_AA)
    rgb[~inside] = 0
    return rgb, inside


@pytest.mark.parametrize("width", [2, 3, 5])
def test_a_dark_line_reads_about_its_contrast(width: int) -> None:
    view = prepare(*with_line(width, 100))
    ridges = find_ridges(view)
    assert ridges.dark[90:170, 124:133].max(axis=1).mean() == pytest.approx(20 / 120, rel=0.45)
    assert ridges.coherence[90:170, 128].mean() > 0.9
    # its direction is vertical
    assert ridges.orientation[90:170, 128].mean() == pytest.approx(np.pi / 2, abs=0.1)


def test_bright_lines_and_noise_are_no_vessels() -> None:
    bright = prepare(*with_line(3, 160))
    assert find_ridges(bright).dark[100:150, 128].max() < find_ridges(bright).bright[100:150, 128].max() / 3
    rgb, inside = disc_of_light(128)
    noisy = np.clip(128 + np.random.default_rng(0).normal(0, 8, rgb.shape), 0, 255).astype(np.uint8)
    noisy[~inside] = 0
    view = prepare(noisy, inside)
    assert vessel_network(view, find_ridges(view)).extent < 0.4


def test_the_map_is_high_where_the_vessel_is() -> None:
    rgb, inside = with_line(4, 80, end=(128, 128))
    seen = vessel_visibility(rgb, inside)
    assert seen.shape == (16, 16)
    assert seen.dtype == np.float32
    assert seen[3:7, 7:9].min() > 0.2
    assert seen[10:, :].max() < 0.1
    assert seen[8, :5].max() < 0.1


def test_an_eye_has_a_network_and_hiding_half_of_it_shows() -> None:
    rgb, inside = eye(7)
    hidden = rgb.copy()
    hidden[:, :128] = cv2.GaussianBlur(rgb, (0, 0), 14)[:, :128]
    before, after = vessel_visibility(rgb, inside), vessel_visibility(hidden, inside)
    assert after[:, :7].sum() < 0.35 * before[:, :7].sum()
    assert after[:, 10:].sum() > 0.8 * before[:, 10:].sum()


def test_brightness_hardly_matters() -> None:
    rgb, inside = eye(12)
    darker = (rgb * 0.6).astype(np.uint8)
    a, b = prepare(rgb, inside), prepare(darker, inside)
    first, second = vessel_network(a, find_ridges(a)), vessel_network(b, find_ridges(b))
    assert second.contrast == pytest.approx(first.contrast, rel=0.25)
