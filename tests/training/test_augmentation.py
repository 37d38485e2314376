"""Other cameras: what must hold of the pixels whatever chance draws."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fundusgate.training.augmentation import PLAIN, Camera, another_camera, camera_mask, draw_camera, electronics

SIDE = 160


@pytest.fixture(scope="module")
def photograph() -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    inside = camera_mask(SIDE, np.random.default_rng(0))
    ys, xs = np.mgrid[:SIDE, :SIDE]
    grating = 110 + 25 * np.sin(xs / 4) + 10 * np.sin(ys / 9)
    rgb = np.stack([grating * 1.3, grating * 0.8, grating * 0.4], axis=-1).clip(0, 255).astype(np.uint8)
    rgb[~inside] = 0
    return rgb, inside


def detail(rgb: NDArray[np.uint8], inside: NDArray[np.bool_]) -> float:
    core = cv2.erode(inside.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    return float(cv2.Laplacian(rgb[..., 1].astype(np.float32), cv2.CV_32F)[core].std())


def test_cameras_come_in_every_kind() -> None:
    rng = np.random.default_rng(3)
    cameras = [draw_camera(rng) for _ in range(600)]
    odd = [each for each in cameras if each.strange and each.sharpening > 0.9 and each.jpeg]
    assert 0.08 < len(odd) / len(cameras) < 0.2
    assert any(not each.strange and not each.sharpening and not each.jpeg for each in cameras)
    assert any(0 < each.sharpening < 0.9 for each in cameras)
    assert all(0 <= each.sharpening <= 3.5 and (each.jpeg == 0 or 40 <= each.jpeg <= 95) for each in cameras)
    assert any(each.dim for each in cameras)


def test_hard_sharpening_puts_detail_in(photograph: tuple[NDArray[np.uint8], NDArray[np.bool_]]) -> None:
    rgb, inside = photograph
    plain = electronics(rgb, inside, PLAIN, np.random.default_rng(1))
    sharp = electronics(rgb, inside, Camera(sharpening=3.0, radius=2.0), np.random.default_rng(1))
    assert detail(sharp, inside) > 1.5 * detail(plain, inside)


def test_nothing_but_the_disc_is_lit(photograph: tuple[NDArray[np.uint8], NDArray[np.bool_]]) -> None:
    rgb, inside = photograph
    rng = np.random.default_rng(5)
    for _ in range(40):
        camera = draw_camera(rng)
        out = electronics(another_camera(rgb, inside, camera, rng), inside, camera, rng)
        assert out.dtype == np.uint8
        assert out.shape == rgb.shape
        assert not out[~inside].any()


def test_exposure_is_no_cameras_doing_but_a_dim_ones(photograph: tuple[NDArray[np.uint8], NDArray[np.bool_]]) -> None:
    rgb, inside = photograph
    before = rgb[inside].mean()

    def median_exposure(camera: Camera) -> float:
        rng = np.random.default_rng(9)
        return float(np.median([another_camera(rgb, inside, camera, rng)[inside].mean() / before for _ in range(40)]))

    assert 0.75 < median_exposure(Camera(strange=True)) < 1.15
    assert median_exposure(Camera(strange=True, dim=True)) < 0.75


def test_one_chance_makes_one_picture(photograph: tuple[NDArray[np.uint8], NDArray[np.bool_]]) -> None:
    rgb, inside = photograph
    pictures = []
    for _ in range(2):
        rng = np.random.default_rng(11)
        camera = draw_camera(rng)
        pictures.append(electronics(another_camera(rgb, inside, camera, rng), inside, camera, rng))
    assert np.array_equal(*pictures)
