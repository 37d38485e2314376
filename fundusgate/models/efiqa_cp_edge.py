"""EFIQA-CP's edge form: the same question and the same map, from a network that INT8 likes.

The published EFIQA-CP (Wang et al., MICCAI 2026, arXiv 2606.25915) reads a frozen ViT-L of about 2,065 GMAC and
cannot follow a camera. This network is ours: plain 3x3 convolutions with batch normalisation and ReLU, residual
blocks, no LayerNorm, no depthwise convolution, so that every convolution but the heads runs in INT8. It keeps the
published output (a 16x16 map of logits, 1 = degraded) and loss (non-negative positive-unlabelled).

A second output answers what the map cannot: whether there is a retina in the picture at all.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

WIDTHS = (16, 32, 64, 96, 160)
"""Channels after each halving of 512 px: 256, 128, 64, 32 and 16 cells a side."""
CAP = 4.0
"""Most that the first three layers answer. The rim of the disc, black beside bright, would answer ten times as much as
any vessel, and INT8's 127 steps would be spent on it."""


class EdgeOutputs(NamedTuple):
    """What one forward pass yields, as logits."""

    map_logits: Tensor
    """B x 1 x 16 x 16; sigmoid gives the probability that the cell's anatomy cannot be seen."""
    retina_logit: Tensor
    """B x 1; sigmoid gives the probability that a retina is in the picture."""


class ConvUnit(nn.Sequential):
    """3x3 convolution without bias, batch normalisation, ReLU: one layer after folding.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        stride: Of the convolution.
        dilation: Of the convolution.
        cap: Most that a unit answers; None for no limit.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1, dilation: int = 1, cap: float | None = None) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride, padding=dilation, dilation=dilation, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True) if cap is None else nn.Hardtanh(0.0, cap, inplace=True),
        )


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a skip: relu(x + bn(conv(unit(x)))).

    Args:
        width: Channels in and out.
        dilation: Of the first convolution, to see further at the same cost.
    """

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = ConvUnit(width, width, dilation=dilation)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to the same shape."""
        out: Tensor = self.activation(x + self.second(self.first(x)))
        return out


class EfiqaCpEdge(nn.Module):
    """A photograph in, a 16x16 map of where anatomy cannot be seen.

    The head sees each cell beside the mean of the whole picture, because whether a cell lacks vessels is judged
    against the rest of the same eye.
    """

    input_size = 512
    cells = 16

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth, cell = WIDTHS
        self.stem = nn.Sequential(ConvUnit(3, half, stride=2, cap=CAP), ConvUnit(half, quarter, stride=2, cap=CAP))
        self.stage1 = ConvUnit(quarter, quarter, cap=CAP)
        self.down1 = ConvUnit(quarter, eighth, stride=2)
        self.stage2 = ResidualBlock(eighth)
        self.down2 = ConvUnit(eighth, sixteenth, stride=2)
        self.stage3 = nn.Sequential(ResidualBlock(sixteenth), ResidualBlock(sixteenth, dilation=2))
        self.down3 = ConvUnit(sixteenth, cell, stride=2)
        self.stage4 = nn.Sequential(ResidualBlock(cell), ResidualBlock(cell, dilation=2))
        self.context = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(cell, cell, 1), nn.ReLU(inplace=True))
        self.map_head = nn.Conv2d(cell, 1, 1)
        self.retina_head = nn.Conv2d(cell, 1, 1)

    def fine_features(self, x: Tensor) -> Tensor:
        """B x 3 x 512 x 512 normalised to B x 96 x 32 x 32: where vessels can still be told apart."""
        x = self.stage1(self.stem(x))
        x = self.stage2(self.down1(x))
        out: Tensor = self.stage3(self.down2(x))
        return out

    def features(self, x: Tensor) -> Tensor:
        """B x 3 x 512 x 512 normalised to B x 160 x 16 x 16."""
        out: Tensor = self.stage4(self.down3(self.fine_features(x)))
        return out

    def answer(self, cells: Tensor) -> EdgeOutputs:
        """Both outputs, from B x 160 x 16 x 16 features."""
        context = self.context(cells)
        return EdgeOutputs(self.map_head(cells + context), torch.flatten(self.retina_head(context), 1))

    def outputs(self, x: Tensor) -> EdgeOutputs:
        """Both outputs of one pass.

        Args:
            x: B x 3 x 512 x 512 float, RGB, ImageNet mean and standard deviation taken out.
        """
        return self.answer(self.features(x))

    def forward(self, x: Tensor) -> Tensor:
        """B x 3 x 512 x 512 normalised float to B x 1 x 16 x 16 logits; sigmoid, 1 = degraded."""
        return self.outputs(x).map_logits
