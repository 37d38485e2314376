from __future__ import annotations

import numpy as np
import pytest

from fundusgate.phantom import render
from fundusgate.visibility.vessel_view import DARKEST, PLANES, SIDE, framed, vessel_view


def line(level: int, depth: float) -> tuple[np.ndarray, np.ndarray]:
    """A flat disc of ``level`` with a dark line of ``depth`` of it down the middle."""
    ys, xs = np.ogrid[:SIDE, :SIDE]
    inside = (xs - SIDE / 2 + 0.5) ** 2 + (ys - SIDE / 2 + 0.5) ** 2 <= (SIDE / 2) ** 2
    rgb = np.full((SIDE, SIDE, 3), level, np.uint8)
    rgb[:, 126:130] = round(level * (1 - depth))
    rgb[~inside] = 0
    return rgb, inside


def test_contrast_does_not_depend_on_brightness() -> None:
    bright, dim = (vessel_view(*line(level, 0.3))[:3, 128, 127] for level in (200, 80))
    assert bright == pytest.approx(dim, rel=0.02)
    assert bright[0] < -1


def test_a_nearly_black_photograph_is_not_blown_up() -> None:
    black, dim = (vessel_view(*line(level, 0.5))[0, 128, 127] for level in (6, 80))
    assert black == pytest.approx(dim * 6 / DARKEST, rel=0.1)


def test_the_rim_is_no_vessel() -> None:
    planes = vessel_view(*line(120, 0.0))
    assert planes.shape == (PLANES, SIDE, SIDE)
    assert np.abs(planes[:3]).max() < 0.02


def test_nothing_inside_is_all_zero() -> None:
    rgb = np.full((SIDE, SIDE, 3), 90, np.uint8)
    assert not vessel_view(rgb, np.zeros((SIDE, SIDE), np.bool_)).any()


def test_a_photograph_of_any_size_is_framed_about_its_disc() -> None:
    phantom = render(3, size=300)
    square = framed(phantom.rgb)
    assert square.rgb.shape == (SIDE, SIDE, 3)
    assert square.inside.mean() > 0.5
