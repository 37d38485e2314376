from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from fundusgate.visibility.phantom_bank import PhantomBank, phantom_bank
from fundusgate.visibility.vessel_training import VesselSamples, overlap_loss, reframed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> PhantomBank:
    path: Path = tmp_path_factory.mktemp("bank")
    return phantom_bank(2, 11, path)


def test_an_item_is_a_function_of_seed_and_index(bank: PhantomBank) -> None:
    first, again, other = VesselSamples(bank, 5)[3], VesselSamples(bank, 5)[3], VesselSamples(bank, 6)[3]
    assert torch.equal(first["view"], again["view"])
    assert torch.equal(first["vessels"], again["vessels"])
    assert not torch.equal(first["view"], other["view"])


def test_picture_and_vessels_move_together(bank: PhantomBank) -> None:
    for seed in range(4):
        rgb, inside, vessels = reframed(bank, seed % 2, np.random.default_rng(seed))
        green = rgb[..., 1].astype(np.float32)
        vein, beside = (vessels > 0.8) & inside, (vessels < 0.02) & inside
        assert vein.sum() > 200
        assert green[vein].mean() < 0.93 * green[beside].mean()


def test_hidden_vessels_are_not_asked_for(bank: PhantomBank) -> None:
    wanted = [VesselSamples(bank, 2)[index]["vessels"].sum().item() for index in range(24)]
    # Six of ten have a fault, and a third of those hide most of the field.
    assert max(wanted) > 3 * min(wanted)


def test_the_loss_by_hand() -> None:
    logits = torch.zeros(1, 1, 1, 4)
    target = torch.tensor([[[[1.0, 0.0, 1.0, 1.0]]]])
    inside = torch.tensor([[[[True, True, True, False]]]])
    terms = overlap_loss(logits, target, inside)
    assert terms["entropy"].item() == pytest.approx(math.log(2))
    # Half a vessel said everywhere: 2 of cover, three halves squared said.
    assert terms["dice"].item() == pytest.approx(0.3 * (1 - (2 * 1.0 + 1) / (3 * 0.25 + 2 + 1)))
