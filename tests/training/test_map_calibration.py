from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge
from fundusgate.training.map_calibration import calibrate_map, platt


def test_a_slope_and_an_offset_give_true_probabilities() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(0, 2, 40_000)
    hidden = rng.random(true.size) < 1 / (1 + np.exp(-true))
    said = ((true - 1) / 3).astype(np.float32)
    slope, offset = platt(said[~hidden], said[hidden])
    assert slope == pytest.approx(3, rel=0.05)
    assert offset == pytest.approx(1, abs=0.05)


class Samples(torch.utils.data.Dataset[dict[str, Tensor]]):
    """Noise, of which a quarter is called hidden by chance; none before the 16th may be asked for."""

    def __init__(self, retina: float = 1.0) -> None:
        self.retina = retina

    def __len__(self) -> int:
        return 1000

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        assert 16 <= index < 32
        generator = torch.Generator().manual_seed(index)
        hidden = torch.rand(16, 16, generator=generator) < 0.25
        image = torch.randint(0, 256, (512, 512, 3), dtype=torch.uint8, generator=generator)
        return {"image": image, "positive": hidden, "unlabelled": ~hidden, "retina": torch.tensor(self.retina)}


def test_a_network_that_knows_nothing_comes_to_say_the_share() -> None:
    torch.manual_seed(1)
    network = EfiqaCpEdge().eval()
    calibrate_map(network, Samples(), first=16)
    with torch.inference_mode():
        image = Samples()[20]["image"].permute(2, 0, 1)[None].float() / 128 - 1
        assert torch.sigmoid(network(image)).mean().item() == pytest.approx(0.25, abs=0.05)


def test_pictures_without_a_retina_say_nothing() -> None:
    network = EfiqaCpEdge().eval()
    before = network.map_head.weight.clone()
    calibrate_map(network, Samples(retina=0.0), first=16)
    assert torch.equal(network.map_head.weight, before)
