"""Small networks with everything that an exporter must fold, and how they are deployed."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fundusgate.export.specs import ExportSpec
from fundusgate.runtime.manifest import OutputSpec, Role

SIZE = 32


class TinyMap(nn.Module):
    """Strided convolutions with batch normalisation whose statistics are not the initial ones; 2 x 2 cells."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=4, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(inplace=True),
            nn.Conv2d(8, 8, 3, stride=4, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(inplace=True),
        )
        self.head = nn.Conv2d(8, 1, 1)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.running_mean)
                nn.init.uniform_(module.running_var, 0.5, 2.0)
                nn.init.uniform_(module.weight, 0.5, 2.0)
                nn.init.normal_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.body(x))
        return out


def tiny_spec(name: str = "tiny", cells: int = 2) -> ExportSpec:
    output = OutputSpec(name="map", shape=(1, 1, cells, cells), meaning="degraded", polarity="high_is_bad", scale=1.0)
    return ExportSpec(name, Role.MAP, SIZE, (output,), lambda network, x: (network(x).sigmoid(),))
