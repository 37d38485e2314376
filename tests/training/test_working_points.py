from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from fundusgate.training.working_points import best_cut, map_working_point


def test_the_cut_lies_in_the_gap() -> None:
    assert 0.2 < best_cut(np.array([0.05, 0.2], np.float32), np.array([0.4, 0.9], np.float32)) <= 0.4


def test_it_weighs_both_sides_by_their_shares() -> None:
    low = np.concatenate([np.full(990, 0.1), np.full(10, 0.8)]).astype(np.float32)
    high = np.array([0.3, 0.9], np.float32)
    # One of two positives at 0.3 is worth more than one in a hundred of the others.
    assert 0.1 < best_cut(low, high) <= 0.3


def test_nothing_to_go_by() -> None:
    assert best_cut(np.array([], np.float32), np.array([0.3], np.float32)) == 0.5


class Red(nn.Module):
    """Cells as red as they are likely hidden, on a scale that training would give them."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(x[:, :1], 16)


class Halves(torch.utils.data.Dataset[dict[str, Tensor]]):
    """Left half red and hidden, right half dark and untouched; asked for no sample before the hundredth."""

    def __len__(self) -> int:
        return 1000

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        assert index >= 100
        image = torch.zeros(64, 64, 3, dtype=torch.uint8)
        image[:, :32, 0] = 255
        hidden = torch.zeros(16, 16, dtype=torch.bool)
        hidden[:, :8] = True
        return {"image": image, "positive": hidden, "unlabelled": ~hidden}


def test_a_networks_cut_separates_its_samples() -> None:
    cut = map_working_point(Red(), Halves(), first=100)
    low, high = torch.sigmoid((torch.tensor([0.0, 1.0]) - 0.485) / 0.229).tolist()
    assert low < cut <= high
