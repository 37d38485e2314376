from __future__ import annotations

import pytest
import torch

from fundusgate.visibility.networks import inpainting_network, vessel_network
from fundusgate.visibility.unet import SmallUNet


@pytest.mark.parametrize(("network", "planes"), [(vessel_network(), 4), (inpainting_network(), 2)])
def test_both_networks_are_small_and_keep_the_size(network: SmallUNet, planes: int) -> None:
    assert sum(parameter.numel() for parameter in network.parameters()) < 150_000
    assert network.eval()(torch.zeros(1, planes, 256, 256)).shape == (1, 1, 256, 256)


def test_what_is_far_is_heard_only_by_the_deep_form() -> None:
    torch.manual_seed(0)
    plain, deep = SmallUNet(1, (4, 4, 4, 4, 4)).eval(), SmallUNet(1, (4, 4, 4, 4, 4), deepest=3).eval()
    empty = torch.zeros(1, 1, 256, 256)
    lit = empty.clone()
    lit[..., :8, :8] = 50.0
    with torch.inference_mode():
        moved = [(network(lit) - network(empty))[..., 100:120, 100:120].abs().max().item() for network in (plain, deep)]
    assert moved[0] == 0
    assert moved[1] > 0
