"""EFIQA-CP's context network: features of a whole photograph in, a map of where anatomy cannot be seen out.

Source: Wang et al., MICCAI 2026, arXiv 2606.25915, section "Method"; the blocks are those of Liu et al., "A ConvNet for
the 2020s", CVPR 2022, without the widening. Parameter names are the published ones.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from fundusgate.models.dinov3 import FEATURES
from fundusgate.models.stochastic_depth import StochasticDepth

IMAGE_SIDE = 1024
"""Side of the photograph that the backbone sees: 64x64 patches."""
WIDTH = 512
DROPS = (0.033, 0.066, 0.1)
"""Chance of leaving a block's branch out while training, by stage."""


class ChannelLayerNorm(nn.Module):
    """Layer normalisation over the channels of each position."""

    def __init__(self, channels: int) -> None:
        """Lay out the parameters.

        Args:
            channels: channels of the maps.
        """
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        return cast("Tensor", self.norm(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)


class ContextBlock(nn.Module):
    """x + gamma * pw2(gelu(pw1(norm(dw(x))))), `dw` depthwise 7x7, `pw` pointwise."""

    def __init__(self, drop: float) -> None:
        """Lay out the parameters.

        Args:
            drop: chance of leaving the branch out while training.
        """
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(1, WIDTH, 1, 1))
        self.dw = nn.Conv2d(WIDTH, WIDTH, 7, padding=3, groups=WIDTH)
        self.norm = ChannelLayerNorm(WIDTH)
        self.pw1 = nn.Conv2d(WIDTH, WIDTH, 1)
        self.act = nn.GELU()
        self.pw2 = nn.Conv2d(WIDTH, WIDTH, 1)
        self.drop_path = StochasticDepth(drop)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 512, H, W) to the same shape."""
        branch = self.pw2(self.act(self.pw1(self.norm(self.dw(x)))))
        return x + cast("Tensor", self.drop_path(self.gamma * branch))


class Downsampling(nn.Module):
    """Normalise, then a 2x2 convolution of stride 2."""

    def __init__(self) -> None:
        """Lay out the parameters."""
        super().__init__()
        self.norm = ChannelLayerNorm(WIDTH)
        self.conv = nn.Conv2d(WIDTH, WIDTH, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 512, H, W) to (B, 512, H/2, W/2)."""
        return cast("Tensor", self.conv(self.norm(x)))


class ContextStages(nn.Module):
    """The layers of the context network, under the names of the published state dict."""

    def __init__(self) -> None:
        """Lay out the parameters."""
        super().__init__()
        self.stem = nn.Sequential(ChannelLayerNorm(FEATURES), nn.Conv2d(FEATURES, WIDTH, 1))
        self.stage1 = nn.Sequential(ContextBlock(DROPS[0]), ContextBlock(DROPS[0]))
        self.down1 = Downsampling()
        self.stage2 = nn.Sequential(ContextBlock(DROPS[1]), ContextBlock(DROPS[1]))
        self.down2 = Downsampling()
        self.stage3 = ContextBlock(DROPS[2])
        self.head = nn.Sequential(ChannelLayerNorm(WIDTH), nn.Conv2d(WIDTH, 1, 1))

    def forward(self, features: Tensor) -> Tensor:
        """(B, 1024, H, W) to (B, 1, H/4, W/4)."""
        x = self.stage1(self.stem(features))
        x = self.stage2(self.down1(x))
        x = self.stage3(self.down2(x))
        return cast("Tensor", self.head(x))


class ContextNetwork(nn.Module):
    """The trained part of EFIQA-CP, 5,390,849 parameters.

    `PhotographMap` puts it behind a backbone.
    """

    def __init__(self) -> None:
        """Lay out the parameters; convolutions start from a truncated normal of 0.02, biases from zero."""
        super().__init__()
        self.model = ContextStages()
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Map degraded cells.

        Args:
            features: float tensor (B, 1024, 64, 64), DINOv3 ViT-L/16 patch features of a 1024x1024 photograph.

        Returns:
            Float tensor (B, 1, 16, 16), logits; sigmoid, 1 = degraded.

        Raises:
            ValueError: the features have not 1024 channels, or a side that four does not divide.
        """
        if not torch.onnx.is_in_onnx_export() and (
            features.ndim != 4 or features.shape[1] != FEATURES or features.shape[2] % 4 or features.shape[3] % 4
        ):
            raise ValueError(
                f"the context network takes B x {FEATURES} x 64 x 64 features, not {tuple(features.shape)}: "
                "class and register tokens are left out and patches laid out in rows"
            )
        return cast("Tensor", self.model(features))
