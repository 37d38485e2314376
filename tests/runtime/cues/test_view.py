from __future__ import annotations

import numpy as np
import pytest

from fundusgate.runtime.cues.view import SIDE, CoarseField, prepare, quantile
from tests.runtime.cues.fields import disc_of_light, eye


def test_sizes_come_to_one() -> None:
    for size in (40, 256, 512):
        view = prepare(*disc_of_light((180, 90, 40), size))
        assert view.luminance.shape == view.white.shape == (SIDE, SIDE)
        assert view.luminance[SIDE // 2, SIDE // 2] == pytest.approx(135 / 255, abs=0.005)
        assert view.white[SIDE // 2, SIDE // 2] == pytest.approx(40 / 255, abs=0.005)


def test_a_plain_field_is_flat_up_to_its_edge() -> None:
    view = prepare(*disc_of_light((180, 90, 40)))
    assert np.abs(view.flat[view.core]).max() < 0.02
    assert view.noise < 0.002


def test_nearly_black_gains_no_contrast() -> None:
    rgb, inside = disc_of_light(2)
    rgb[100:110, 60:200] = 1
    view = prepare(rgb, inside)
    assert np.abs(view.flat[inside]).max() < 0.1


def test_angles_and_radii() -> None:
    view = prepare(*disc_of_light(100))
    assert view.angle[0, SIDE // 2] == pytest.approx(90, abs=1)
    assert view.angle[SIDE // 2, SIDE - 1] == pytest.approx(0, abs=1)
    assert view.radius[SIDE // 2, SIDE - 1] == pytest.approx(1, abs=0.01)


def test_noise_is_that_of_the_pixels() -> None:
    rgb, inside = disc_of_light(128)
    noisy = np.clip(128 + np.random.default_rng(0).normal(0, 6, rgb.shape), 0, 255).astype(np.uint8)
    noisy[~inside] = 0
    assert prepare(noisy, inside).noise == pytest.approx(6 / 128, rel=0.1)


def test_outside_has_no_weight() -> None:
    _, inside = disc_of_light(200)
    coarse = CoarseField(inside)
    mean = coarse.full(coarse.mean(coarse.sums(np.where(inside, np.float32(0.8), np.float32(0))), 12))
    assert mean[inside] == pytest.approx(0.8, abs=0.01)
    assert mean[0, 0] == 0


def test_quantiles_are_numpys() -> None:
    values = np.random.default_rng(4).random(137, np.float32)
    for share in (0.0, 0.1, 0.5, 0.95, 1.0):
        assert quantile(values, share) == pytest.approx(float(np.quantile(values, share)), abs=1e-6)
    assert quantile(values[:1], 0.75) == values[0]


def test_wrong_arrays_are_refused() -> None:
    rgb, inside = eye(3)
    with pytest.raises(ValueError, match="square"):
        prepare(rgb[:100], inside[:100])
    with pytest.raises(ValueError, match="uint8"):
        prepare(rgb.astype(np.float32), inside)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="does not fit"):
        prepare(rgb, inside[:100])


def test_no_field_is_no_crash() -> None:
    from fundusgate.runtime.cues import measure_cues

    cues = measure_cues(np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), bool))
    assert cues.retina.likeness == 0
    assert cues.exposure.dark_fraction == 1
