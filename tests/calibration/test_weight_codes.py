from __future__ import annotations

import numpy as np
import pytest

from fundusgate.calibration.weight_codes import DEAD_SCALE, channel_scales, to_int8


def test_a_dead_channel_keeps_a_scale() -> None:
    weight = np.zeros((2, 1, 1, 1), np.float32)
    weight[1] = 5
    np.testing.assert_allclose(channel_scales(weight, 0), [DEAD_SCALE, 5 / 127], rtol=1e-6)


@pytest.mark.parametrize(("shape", "axis"), [((8, 3, 3, 3), 0), ((8, 3, 3, 3), 1), ((64, 24), 1), ((24, 64), 0)])
def test_rounding_errors_cancel_and_none_exceeds_one(shape: tuple[int, ...], axis: int) -> None:
    weight = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    scales = channel_scales(weight, axis)
    codes = to_int8(weight, scales, axis)
    assert codes.dtype == np.int8
    assert codes.shape == shape
    assert np.abs(codes.astype(int)).max() == 127
    exact = np.moveaxis(weight, axis, 0).reshape(shape[axis], -1) / scales[:, None]
    found = np.moveaxis(codes, axis, 0).reshape(shape[axis], -1)
    assert np.abs(found - exact).max() < 1
    assert np.abs((found - exact).sum(axis=1)).max() <= 0.501
    nearest = np.rint(exact)
    assert np.abs((nearest - exact).sum(axis=1)).max() > 0.501
    assert (found != nearest).mean() < 0.2


def test_a_filter_for_detail_answers_nothing_to_an_even_field() -> None:
    # 3 x 3 high-pass filters: weights that sum to 0, so that an even field of any brightness gives 0.
    random = np.random.default_rng(1)
    weight = random.normal(size=(32, 1, 3, 3)).astype(np.float32)
    weight -= weight.mean(axis=(2, 3), keepdims=True)
    codes = to_int8(weight, channel_scales(weight, 0), 0)
    assert not codes.astype(int).sum(axis=(2, 3)).any()
