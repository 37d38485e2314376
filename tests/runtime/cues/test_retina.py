from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import skimage.data
from sklearn.datasets import load_sample_images

from fundusgate.phantom import closed_lids, external_eye, lens_cap, room, skin_blur
from fundusgate.runtime.profile import Profile
from tests.runtime.cues.fields import SEEDS, clean, cues_of, eye

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = Profile.load().retina


def behind_a_mask(rgb: np.ndarray) -> np.ndarray:
    side = min(rgb.shape[:2])
    top, left = (rgb.shape[0] - side) // 2, (rgb.shape[1] - side) // 2
    square = cv2.resize(np.ascontiguousarray(rgb[top : top + side, left : left + side]), (400, 400))
    axis = np.arange(400) - 199.5
    square[axis[None, :] ** 2 + axis[:, None] ** 2 > 192**2] = 0
    return square


def in_colour(picture: np.ndarray) -> np.ndarray:
    if picture.dtype == bool:
        picture = picture.astype(np.uint8) * 255
    return np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture[..., :3]


NAMES = ("astronaut", "camera", "coffee", "rocket", "moon", "brick", "text", "page", "clock", "coins")


@pytest.mark.parametrize("masked", [False, True])
def test_sample_pictures_do_not_look_like_a_retina(masked: bool) -> None:
    likeness = []
    for name in NAMES:
        rgb = np.ascontiguousarray(in_colour(getattr(skimage.data, name)()))
        likeness.append(cues_of(behind_a_mask(rgb) if masked else rgb).retina.likeness)
    # the cues are a second opinion: a picture or two may fool them, most may not, and none looks like a clear eye
    assert np.mean(np.array(likeness) < LIMITS.likeness_alone) >= 0.8
    assert max(likeness) < 0.8


def test_sklearn_pictures_do_not_look_like_a_retina() -> None:
    for rgb in load_sample_images().images:
        assert cues_of(rgb).retina.likeness < LIMITS.likeness_alone


@pytest.mark.parametrize("draw", [closed_lids, room, skin_blur, lens_cap])
def test_drawn_negatives_look_less_like_a_retina_than_eyes(draw: Callable[[int, int], np.ndarray]) -> None:
    likeness = [cues_of(draw(seed, 300)).retina.likeness for seed in range(5)]
    assert np.median(likeness) < LIMITS.likeness_alone


def test_external_eyes_look_less_like_a_retina_than_eyes_do() -> None:
    outside = [cues_of(external_eye(seed, 300)).retina.likeness for seed in range(6)]
    assert np.median(outside) < LIMITS.likeness_alone


@pytest.mark.parametrize("seed", SEEDS)
def test_eyes_look_like_a_retina_whatever_their_colour(seed: int) -> None:
    assert clean(seed).retina.likeness > LIMITS.likeness_absent
    rgb, _ = eye(seed)
    grey = in_colour(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))
    green = np.clip(rgb * np.array([0.6, 1.1, 0.8]), 0, 255).astype(np.uint8)
    for strange in (grey, green):
        assert cues_of(np.ascontiguousarray(strange)).retina.likeness > LIMITS.likeness_absent


def test_the_sample_retina_is_one() -> None:
    assert cues_of(skimage.data.retina()).retina.likeness > LIMITS.likeness_present
