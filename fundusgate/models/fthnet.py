"""FTHNet: a colour fundus photograph in, one mean opinion score out.

Source: Gong et al., "A Swin transformer-based hypernetwork ... fundus image quality", Scientific Reports 15:40524
(2025), arXiv 2411.12273, section "Methods". Parameter names are those of the published checkpoints.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from fundusgate.models.soft_pool import soft_pool2d, softmax_weighted_sum
from fundusgate.models.swin import PatchMerging, SwinStage

IMAGE_SIDE = 384
PATCH = 4
WINDOW = 12
DROP_MOST = 0.1
"""Chance of leaving out the deepest block's branches while training; the first block's is 0, linear between."""
TARGET_WIDTHS = (384, 192, 96, 48, 24)
"""Widths of the target network's inputs, and of the hypernetwork's levels."""
DISTORTION_SHARE = 8
"""The distortion branch keeps one channel in eight of each stage."""
DISTORTION_WIDTHS = (32, 32, 32, 288)
"""What each stage gives to the 384 numbers that enter the target network."""


@dataclass(frozen=True)
class FthnetVariant:
    """The sizes in which one published FTHNet differs from another."""

    embed_dim: int
    """Channels after the patch embedding; each stage doubles them."""
    depths: tuple[int, int, int, int]
    """Blocks in each stage."""
    heads: tuple[int, int, int, int] = (2, 4, 8, 16)
    """Attention heads in each stage."""


FTHNET_L = FthnetVariant(embed_dim=64, depths=(2, 2, 6, 2))
FTHNET_S = FthnetVariant(embed_dim=32, depths=(2, 4, 6, 2))


class PatchEmbedding(nn.Module):
    """Non-overlapping 4x4 patches to tokens."""

    def __init__(self, dim: int) -> None:
        """Lay out the parameters.

        Args:
            dim: channels of a token.
        """
        super().__init__()
        self.proj = nn.Conv2d(3, dim, PATCH, stride=PATCH)
        self.norm = nn.LayerNorm(dim)

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, 384, 384) to (B, 96, 96, C)."""
        return cast("Tensor", self.norm(self.proj(image).permute(0, 2, 3, 1)))


class DistortionBackbone(nn.Module):
    """The Swin backbone with a distortion branch after every stage."""

    def __init__(self, variant: FthnetVariant) -> None:
        """Lay out the parameters.

        Args:
            variant: the sizes.
        """
        super().__init__()
        dim, depths = variant.embed_dim, variant.depths
        drops = torch.linspace(0.0, DROP_MOST, sum(depths)).tolist()
        self.dims = [dim * 2**stage for stage in range(4)]
        self.sides = [IMAGE_SIDE // PATCH // 2**stage for stage in range(4)]
        self.patch_embed = PatchEmbedding(dim)
        self.layers = nn.ModuleList()
        for stage, (depth, heads) in enumerate(zip(depths, variant.heads, strict=True)):
            merging = PatchMerging(self.dims[stage - 1], self.sides[stage - 1]) if stage else None
            first = sum(depths[:stage])
            self.layers.append(
                SwinStage(self.dims[stage], heads, self.sides[stage], WINDOW, drops[first : first + depth], merging)
            )
        merged = [channels // DISTORTION_SHARE for channels in self.dims]
        self.fcl_merge = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, few, 1, bias=False))
            for channels, few in zip(self.dims, merged, strict=True)
        )
        self.fcl_fc = nn.ModuleList(
            nn.Linear(few * (side // WINDOW) ** 2, width)
            for few, side, width in zip(merged, self.sides, DISTORTION_WIDTHS, strict=True)
        )
        self.norm = nn.LayerNorm(self.dims[-1])

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Semantic features and distortion features.

        Args:
            image: float tensor (B, 3, 384, 384), ImageNet-normalised.

        Returns:
            (B, 8C, 12, 12), the last stage's tokens normalised and transposed; and (B, 384), the distortion vector.
        """
        x = self.patch_embed(image)
        distortion = []
        for stage, side, dim, merge, dense in zip(
            self.layers, self.sides, self.dims, self.fcl_merge, self.fcl_fc, strict=True
        ):
            x = stage(x)
            # The published weights were trained on tokens read as channels without a transpose: space and channels mix.
            pooled = soft_pool2d(merge(x.reshape(-1, dim, side, side)), dim // DISTORTION_SHARE, side, WINDOW)
            distortion.append(dense(pooled.flatten(1)))
        return self.norm(x).permute(0, 3, 1, 2), torch.cat(distortion, dim=1)


class FTHNet(nn.Module):
    """The whole network: backbone, hypernetwork and the target network whose weights it writes.

    Attributes:
        bbone: the backbone and its distortion branch.
        conv1x1: halve the channels from one level of the hypernetwork to the next.
        weight_conv: write the target network's weights.
        bias_conv: write its biases.
    """

    def __init__(self, variant: FthnetVariant) -> None:
        """Lay out the parameters.

        Args:
            variant: the sizes; `FTHNET_L` is the paper's.
        """
        super().__init__()
        self.bbone = DistortionBackbone(variant)
        channels = (8 * variant.embed_dim, *TARGET_WIDTHS)
        cells = WINDOW * WINDOW
        self.conv1x1 = nn.ModuleList(
            nn.Sequential(nn.Conv2d(wide, narrow, 1), nn.GELU()) for wide, narrow in pairwise(channels)
        )
        self.weight_conv = nn.ModuleList()
        self.bias_conv = nn.ModuleList()
        for wide, narrow in pairwise(TARGET_WIDTHS):
            self.weight_conv.append(nn.Conv2d(wide, wide * narrow // cells, 3, padding=1))
            self.bias_conv.append(nn.Linear(wide, narrow))
        self.weight_conv.append(nn.Linear(TARGET_WIDTHS[-1] * cells, TARGET_WIDTHS[-1]))
        self.bias_conv.append(nn.Linear(TARGET_WIDTHS[-1] * cells, 1))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Start training afresh, variance kept through the backbone's dense layers and the hypernetwork.

        Swin's own start (truncated normal, 0.02) is meant for wider tokens: at 32 channels every activation stays in
        the linear part of GELU and detail, which shows only in squares, is not found (measured: after 3,200 pairs the
        loss was that of a constant). The layers that end a branch start small, so that blocks start near the identity.
        The hypernetwork is scaled so that the weights that it writes have the variance 1 / inputs of an ordinary dense
        layer (Chang et al., "Principled Weight Initialization for Hypernetworks", ICLR 2020).
        """
        for name, module in self.bbone.named_modules():
            if isinstance(module, nn.Linear):
                closing = 0.5 if name.endswith(("attn.proj", "mlp.fc2")) else 1.0
                nn.init.trunc_normal_(module.weight, std=closing * module.in_features**-0.5)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for name, parameter in self.bbone.named_parameters():
            if name.endswith("relative_position_bias_table"):
                nn.init.trunc_normal_(parameter, std=0.02)
        for level in self.conv1x1:
            convolution = cast("nn.Conv2d", cast("nn.Sequential", level)[0])
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
            nn.init.zeros_(cast("Tensor", convolution.bias))
        for writer, inputs in zip(self.weight_conv, TARGET_WIDTHS, strict=True):
            weight = cast("Tensor", writer.weight)
            nn.init.normal_(weight, std=(weight[0].numel() * inputs) ** -0.5)
            nn.init.zeros_(cast("Tensor", writer.bias))
        for writer in self.bias_conv:
            nn.init.trunc_normal_(cast("Tensor", writer.weight), std=0.02)
            nn.init.zeros_(cast("Tensor", writer.bias))
        # Scores start in the middle of their scale, close together.
        with torch.no_grad():
            cast("Tensor", self.weight_conv[-1].weight).mul_(0.1)
            cast("Tensor", self.bias_conv[-1].weight).mul_(0.1)
            cast("Tensor", self.bias_conv[-1].bias).fill_(0.5)

    def forward(self, image: Tensor) -> Tensor:
        """Score photographs.

        Args:
            image: float tensor (B, 3, 384, 384), RGB, ImageNet-normalised.

        Returns:
            Float tensor (B,), raw scores on a 0..1 scale, unclamped, high when quality is good; MOS = 100 x score.

        Raises:
            ValueError: the image is not 384x384 with three channels.
        """
        if not torch.onnx.is_in_onnx_export() and tuple(image.shape[1:]) != (3, IMAGE_SIDE, IMAGE_SIDE):
            raise ValueError(
                f"FTHNet takes a batch of 3x{IMAGE_SIDE}x{IMAGE_SIDE} images, not {tuple(image.shape)}: "
                "frame or resize the photograph first"
            )
        semantic, features = self.bbone(image)
        return self.judge(semantic, features)

    def judge(self, semantic: Tensor, features: Tensor) -> Tensor:
        """Write the target network from the semantic features, and send the distortion vector through it.

        Args:
            semantic: (B, 8C, 12, 12), the backbone's last stage.
            features: (B, 384), its distortion vector.

        Returns:
            Float tensor (B,), raw scores as `forward` gives them.
        """
        values: Tensor = features.unsqueeze(-1)
        for level, (inputs, outputs) in enumerate(pairwise(TARGET_WIDTHS)):
            semantic = self.conv1x1[level](semantic)
            weight = self.weight_conv[level](semantic).reshape(-1, outputs, inputs)
            pooled = softmax_weighted_sum(semantic.reshape(-1, inputs, WINDOW * WINDOW))
            bias = self.bias_conv[level](pooled).unsqueeze(-1)
            values = torch.sigmoid(weight @ values + bias)
        flat = self.conv1x1[-1](semantic).flatten(1)
        score: Tensor = self.weight_conv[-1](flat).unsqueeze(1) @ values + self.bias_conv[-1](flat).unsqueeze(-1)
        return score.reshape(-1)
