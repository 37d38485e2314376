"""The phantom: seeded, anatomically ordered, its ground truth true to its pixels."""

from __future__ import annotations

import numpy as np
import pytest

from fundusgate.codes import Laterality
from fundusgate.phantom import CAMERAS, CameraModel, Phantom, render
from fundusgate.phantom.anatomy import grow_eye


def green_at(phantom: Phantom, where: np.ndarray) -> float:
    return float(phantom.rgb[where][:, 1].mean())


def around(phantom: Phantom, centre: tuple[float, float], inner: float, outer: float) -> np.ndarray:
    y, x = np.mgrid[: phantom.field.shape[0], : phantom.field.shape[1]]
    distance = np.hypot(x - centre[0], y - centre[1])
    return (distance >= inner) & (distance < outer) & phantom.field


def test_same_seed_same_bytes() -> None:
    first, again, other = render(3, 128), render(3, 128), render(4, 128)
    assert np.array_equal(first.rgb, again.rgb)
    assert np.array_equal(first.vessels, again.vessels)
    assert not np.array_equal(first.rgb, other.rgb)


@pytest.mark.parametrize("camera", list(CAMERAS))
def test_every_camera_shows_disc_macula_and_vessels(camera: str) -> None:
    phantom = render(6, 256, camera)
    assert phantom.camera == camera
    assert phantom.rgb.dtype == np.uint8
    assert phantom.rgb.shape == (256, 256, 3)
    assert phantom.rgb[~phantom.field].mean() < 14
    radius = phantom.disc_radius
    clear = phantom.vessels < 0.05
    on_disc = around(phantom, phantom.disc_centre, 0, 0.8 * radius) & clear
    beside = around(phantom, phantom.disc_centre, 1.6 * radius, 2.2 * radius) & clear
    if on_disc.sum() > 30:
        assert green_at(phantom, on_disc) > 1.25 * green_at(phantom, beside)
    pit = around(phantom, phantom.fovea, 0, 0.2 * radius)
    outside = around(phantom, phantom.fovea, 1.5 * radius, 2 * radius) & clear
    if pit.sum() > 10:
        assert green_at(phantom, pit) < green_at(phantom, outside)
    assert 0.03 < (phantom.vessels[phantom.field] > 0.5).mean() < 0.2
    assert not phantom.vessels[~phantom.field].any()


def test_vessels_are_where_the_picture_is_darker() -> None:
    phantom = render(8, 512, "tabletop-45")
    on = (phantom.vessels > 0.95) & around(phantom, phantom.disc_centre, 1.3 * phantom.disc_radius, 200)
    near = (phantom.vessels < 0.02) & around(phantom, phantom.disc_centre, 1.3 * phantom.disc_radius, 200)
    assert green_at(phantom, on) < 0.85 * green_at(phantom, near)


def test_the_disc_lies_on_the_nasal_side() -> None:
    for seed in range(4):
        right = render(seed, 96, "tabletop-45", Laterality.OD)
        left = render(seed, 96, "tabletop-45", Laterality.OS)
        assert right.disc_centre[0] > right.fovea[0]
        assert left.disc_centre[0] < left.fovea[0]


def test_no_vessel_crosses_the_avascular_zone_and_trunks_are_widest_at_the_disc() -> None:
    for seed in range(3):
        eye = grow_eye(seed)
        points = np.concatenate([v.points for v in eye.vessels])
        assert np.hypot(points[:, 0], points[:, 1]).min() > 0.8
        for vessel in eye.vessels:
            assert (np.diff(vessel.diameter) <= 0).all()
        veins = [v.diameter[0] for v in eye.vessels if not v.artery]
        arteries = [v.diameter[0] for v in eye.vessels if v.artery]
        assert max(veins) > max(arteries)
        both_sides = [v for v in eye.vessels if v.diameter[0] > 0.3 and v.points[-1, 0] < 0]
        assert any(v.points[-1, 1] < -5 for v in both_sides)
        assert any(v.points[-1, 1] > 5 for v in both_sides)


def test_a_camera_of_ones_own() -> None:
    grey = CameraModel("grey", 45, CAMERAS["tabletop-pink"].mask, (120, 120, 120), (220, 220, 220), jpeg=0)
    assert render(1, 96, grey).camera == "grey"


def test_refusals_name_the_cause() -> None:
    with pytest.raises(ValueError, match="size"):
        render(0, 8)
    with pytest.raises(ValueError, match="tabletop-45"):
        render(0, 64, "no-such-camera")
