"""A network as the camera runs it: the photograph's bytes in, the manifest's outputs out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from fundusgate.models.folding import fold_for_export

if TYPE_CHECKING:
    from fundusgate.export.specs import ExportSpec

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet's RGB on a 0..1 scale, which every network here was trained with."""


class Deployed(nn.Module):
    """uint8 [1, S, S, 3] RGB to the outputs of an `ExportSpec`; batch normalisation and constants folded.

    Args:
        spec: How the network is deployed.
        network: The network; left as it is.
    """

    gain: Tensor
    offset: Tensor

    def __init__(self, spec: ExportSpec, network: nn.Module) -> None:
        super().__init__()
        self.spec = spec
        self.net = fold_batch_norm(fold_for_export(network))
        mean, std = (plane.double() for plane in imagenet_planes())
        self.register_buffer("gain", (1 / (255 * std)).float())
        self.register_buffer("offset", (-mean / std).float())

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """uint8 [1, S, S, 3] to the outputs in the spec's order."""
        # TensorRT takes a uint8 input into a cast and into nothing else.
        x = image.to(torch.float32).permute(0, 3, 1, 2) * self.gain + self.offset
        return self.spec.forward(self.net, x)


def imagenet_planes() -> tuple[Tensor, Tensor]:
    """ImageNet's mean and standard deviation, each float32 [1, 3, 1, 1]."""
    mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return mean, std


def fold_batch_norm(network: nn.Module) -> nn.Module:
    """Fold every batch normalisation that follows a convolution inside one `nn.Sequential` into it, in place.

    Args:
        network: In evaluation mode.

    Returns:
        The same network; each folded normalisation has become an identity.
    """
    for module in network.modules():
        if not isinstance(module, nn.Sequential):
            continue
        for index in range(len(module) - 1):
            first, second = module[index], module[index + 1]
            if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                module[index] = fuse_conv_bn_eval(first, second)
                module[index + 1] = nn.Identity()
    return network
