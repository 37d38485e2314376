"""What others deploy: of the size that their papers state."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.runtime_peer.densenet import SIDE, DenseNet121, McfNet
from benchmarks.runtime_peer.others import hand_feature

FEATURES = 6_953_856
"""Parameters of DenseNet-121 without its 1,000-class layer: 7,978,856 less 1,025,000."""


def test_densenet_121_has_its_size() -> None:
    network = DenseNet121().eval()
    assert sum(parameter.numel() for parameter in network.parameters()) == FEATURES
    assert network.width == 1024
    convolutions = [module for module in network.modules() if isinstance(module, torch.nn.Conv2d)]
    # 121 layers: 120 convolutions and the class layer, which is MCF-Net's own
    assert len(convolutions) == 120


def test_mcf_net_is_three_of_them() -> None:
    network = McfNet().eval()
    heads = 3 * (1024 * 3 + 3) + (3072 * 3 + 3) + (12 * 3 + 3)
    assert sum(parameter.numel() for parameter in network.parameters()) == 3 * FEATURES + heads
    with torch.inference_mode():
        assert network(*(torch.rand(1, 3, SIDE, SIDE) for _ in range(3))).shape == (1, 3)


def test_the_hand_feature_sees_sharpness_alone() -> None:
    image = np.zeros((112, 112, 3), np.uint8)
    assert hand_feature(image) == 0.0
    image[::2, :, 0] = 255
    assert hand_feature(image) == 0.0
    image[::2, :, 1] = 100
    # rows of 100 and 0 in turn: every value differs from both its neighbours by 100
    assert hand_feature(image) == 200.0
