"""EFIQA: a map of degraded patches from one linear layer on frozen features.

Source: Wang et al., "EFIQA", MIDL 2026 (PMLR 315), arXiv 2606.20108. Parameter names are the published ones.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from fundusgate.models.dinov3 import FEATURES

IMAGE_SIDE = 224
"""Side of the photograph that the backbone sees: 14x14 patches."""


class Efiqa(nn.Module):
    """One linear layer that every patch's feature passes.

    `PhotographMap` puts it behind a backbone.
    """

    def __init__(self) -> None:
        """Lay out the 1,025 parameters."""
        super().__init__()
        self.model = nn.Linear(FEATURES, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Map degraded patches.

        Args:
            features: float tensor (B, 1024, H, W), DINOv3 ViT-L/16 patch features; 14x14 at 224 pixels.

        Returns:
            Float tensor (B, 1, H, W), logits; sigmoid, 1 = degraded.
        """
        return cast("Tensor", self.model(features.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
