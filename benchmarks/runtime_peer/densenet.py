"""MCF-Net, what others deploy for this: made here from the papers, for its size and time alone.

MCF-Net (Fu et al., MICCAI 2019) runs three DenseNet-121 beside each other, on the photograph in RGB, HSV
and Lab at 224 x 224 pixels, and fuses their features and their predictions. DenseNet-121: Huang et al., CVPR 2017,
table 1. Weights are random.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

GROWTH = 32
BLOCKS = (6, 12, 24, 16)
STEM = 2 * GROWTH
SIDE = 224
COLOUR_SPACES = 3
CLASSES = 3
"""Good, usable, reject."""


class _Layer(nn.Module):
    """Normalise, 1x1 to four times the growth, normalise, 3x3 to the growth; its input is kept beside its output."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.add = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 4 * GROWTH, 1, bias=False),
            nn.BatchNorm2d(4 * GROWTH),
            nn.ReLU(),
            nn.Conv2d(4 * GROWTH, GROWTH, 3, padding=1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((x, self.add(x)), 1)


class DenseNet121(nn.Module):
    """B x 3 x 224 x 224 to B x 1024 features."""

    width: int

    def __init__(self) -> None:
        super().__init__()
        parts: list[nn.Module] = [
            nn.Conv2d(3, STEM, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(STEM),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        ]
        width = STEM
        for number, layers in enumerate(BLOCKS):
            parts += [_Layer(width + GROWTH * index) for index in range(layers)]
            width += GROWTH * layers
            if number < len(BLOCKS) - 1:
                half = width // 2
                parts += [nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, half, 1, bias=False), nn.AvgPool2d(2)]
                width = half
        parts += [nn.BatchNorm2d(width), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        self.layers = nn.Sequential(*parts)
        self.width = width

    def forward(self, x: Tensor) -> Tensor:
        """B x 3 x 224 x 224 to B x 1024."""
        return self.layers(x)


class McfNet(nn.Module):
    """Three B x 3 x 224 x 224 (RGB, HSV, Lab) to B x 3 logits."""

    def __init__(self) -> None:
        super().__init__()
        self.branches = nn.ModuleList(DenseNet121() for _ in range(COLOUR_SPACES))
        width = COLOUR_SPACES * 1024
        self.each = nn.ModuleList(nn.Linear(1024, CLASSES) for _ in range(COLOUR_SPACES))
        self.features = nn.Linear(width, CLASSES)
        self.predictions = nn.Linear((COLOUR_SPACES + 1) * CLASSES, CLASSES)

    def forward(self, rgb: Tensor, hsv: Tensor, lab: Tensor) -> Tensor:
        """Three B x 3 x 224 x 224 to B x 3."""
        seen = [branch(x) for branch, x in zip(self.branches, (rgb, hsv, lab), strict=True)]
        said = [head(x) for head, x in zip(self.each, seen, strict=True)]
        fused = self.features(torch.cat(seen, 1))
        return self.predictions(torch.cat((*said, fused), 1))
