from __future__ import annotations

import numpy as np
import plain_fthnet
import pytest
import torch

from fundusgate.models.soft_pool import soft_pool2d, softmax_weighted_sum


@pytest.mark.parametrize(("side", "kernel"), [(96, 12), (12, 12), (36, 12), (6, 2)])
def test_equals_a_loop_over_windows(side: int, kernel: int) -> None:
    x = 3 * torch.randn(2, 5, side, side, generator=torch.Generator().manual_seed(0))
    got = soft_pool2d(x, 5, side, kernel)
    assert got.shape == (2, 5, side // kernel, side // kernel)
    for one, maps in zip(got.numpy(), x.double().numpy(), strict=True):
        np.testing.assert_allclose(one, plain_fthnet.soft_pool(maps, kernel), atol=1e-5)


def test_negative_values_count_and_channels_do_not_mix() -> None:
    x = torch.zeros(1, 2, 2, 2)
    x[0, 0] = torch.tensor([[-1.0, -2.0], [-3.0, -4.0]])
    weights = np.exp([-1.0, -2.0, -3.0, -4.0])
    expected = float((weights * [-1.0, -2.0, -3.0, -4.0]).sum() / weights.sum())
    assert float(soft_pool2d(x, 2, 2, 2)[0, 0]) == pytest.approx(expected, abs=1e-6)
    assert float(soft_pool2d(x, 2, 2, 2)[0, 1]) == 0.0


def test_large_activations_neither_overflow_nor_vanish() -> None:
    values = torch.tensor([[500.0, 500.0, -500.0], [-900.0, -900.0, -900.0]])
    torch.testing.assert_close(softmax_weighted_sum(values), torch.tensor([500.0, -900.0]))


def test_a_map_that_the_window_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="13x13"):
        soft_pool2d(torch.zeros(1, 1, 13, 13), 1, 13, 12)
