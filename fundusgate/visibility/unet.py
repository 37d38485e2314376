"""A small U-Net: pictures in, one plane of logits of the same size out."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (8, 16, 24, 32, 48)
"""Channels at 256, 128, 64, 32 and 16 pixels a side: about 110,000 parameters."""


def _unit(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class SmallUNet(nn.Module):
    """Ronneberger et al. (MICCAI 2015) with strided convolutions down and nearest neighbours up.

    Args:
        inputs: Planes in.
        widths: Channels at each scale, each scale half the side of the one before.
        deepest: Residual pairs at the smallest scale, with growing dilation: what is expected in a hole depends on
            vessels far from it.
    """

    def __init__(self, inputs: int, widths: tuple[int, ...] = WIDTHS, deepest: int = 0) -> None:
        super().__init__()
        self.down = nn.ModuleList()
        before = inputs
        for scale, width in enumerate(widths):
            self.down.append(nn.Sequential(_unit(before, width, 1 if scale == 0 else 2), _unit(width, width)))
            before = width
        self.deep = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(before, before, 3, padding=2**level, dilation=2**level, bias=False),
                nn.BatchNorm2d(before),
                nn.ReLU(inplace=True),
            )
            for level in range(deepest)
        )
        self.up = nn.ModuleList(_unit(below + width, width) for width, below in pairwise(widths))
        self.head = nn.Conv2d(widths[0], 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """B x inputs x S x S float, S a multiple of 16, to logits B x 1 x S x S."""
        seen: list[Tensor] = []
        for step in self.down:
            x = step(x)
            seen.append(x)
        for further in self.deep:
            x = x + further(x)
        for step, beside in zip(reversed(self.up), reversed(seen[:-1]), strict=True):
            larger = functional.interpolate(x, scale_factor=2, mode="nearest")
            x = step(torch.cat([larger, beside], 1))
        return cast("Tensor", self.head(x))
