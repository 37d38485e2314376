from __future__ import annotations

import numpy as np
import torch

from fundusgate.visibility.inpainting_training import InpaintingSamples, holes, moved
from fundusgate.visibility.vessel_view import SIDE


def stripes() -> np.ndarray:
    planes = np.zeros((SIDE, SIDE, 2), np.uint8)
    planes[::16, :, 0] = 255
    planes[20:-20, 20:-20, 1] = 255
    return planes


def test_what_is_seen_is_the_whole_with_holes() -> None:
    samples = InpaintingSamples([stripes()], 4)
    without = 0
    for index in range(30):
        item = samples[index]
        seen, whole = item["seen"][0], item["whole"][0]
        assert torch.all(seen <= whole + 1e-6)
        assert torch.equal(item["seen"][1] > 0, item["inside"][0])
        assert not whole[~item["inside"][0]].any()
        without += int(torch.equal(seen, whole))
    assert 1 <= without <= 15


def test_an_item_is_a_function_of_seed_and_index() -> None:
    first, again = (InpaintingSamples([stripes()], 4)[9]["seen"] for _ in range(2))
    assert torch.equal(first, again)


def test_holes_are_of_every_kind_and_leave_something() -> None:
    left = np.stack([holes(np.random.default_rng(seed)) for seed in range(60)])
    assert left.min() >= 0
    assert left.max() == 1
    shares = (left < 0.5).mean(axis=(1, 2))
    assert shares.min() < 0.05
    assert 0.5 < shares.max() < 0.95


def test_a_moved_map_keeps_its_cover() -> None:
    vessels, inside = moved(stripes(), np.random.default_rng(0))
    assert 0.5 < vessels[inside].mean() / (1 / 16) < 1.5
