from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fundusgate.models import MODEL_NAMES, build


def test_names_are_the_contract() -> None:
    assert set(MODEL_NAMES) == {"fthnet-l", "fthnet-s", "efiqa", "efiqa-cp", "efiqa-cp-context", "efiqa-cp-edge"}


@pytest.mark.parametrize("name", ["fthnet", "FTHNET-L", "", "efiqa_cp"])
def test_an_unknown_name_is_answered_with_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match="no network is called") as refusal:
        build(name)
    assert all(known in str(refusal.value) for known in MODEL_NAMES)


@pytest.mark.parametrize("name", sorted(set(MODEL_NAMES) - {"efiqa-cp"}))
def test_networks_come_in_evaluation_mode_and_single_precision(name: str) -> None:
    network = build(name)
    assert not any(module.training for module in network.modules())
    assert {p.dtype for p in network.parameters()} == {torch.float32}


def test_a_backbone_for_a_network_without_one_is_refused() -> None:
    with pytest.raises(ValueError, match="fthnet-s takes no backbone"):
        build("fthnet-s", backbone=Path("dinov3"))


def test_edge_network_maps_a_photograph() -> None:
    with torch.no_grad():
        assert build("efiqa-cp-edge")(torch.zeros(1, 3, 512, 512)).shape == (1, 1, 16, 16)
