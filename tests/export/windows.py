"""A small Swin transformer as an exported float graph: windows shifted and not, and a head."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from fundusgate.export.onnx_export import OPSET, to_onnx
from fundusgate.export.specs import ExportSpec
from fundusgate.models.swin import SwinBlock
from fundusgate.runtime.manifest import OutputSpec, Role

if TYPE_CHECKING:
    import onnx

SIZE = 32
SIDE = 8
DIM = 32


class Windows(nn.Module):
    """8 x 8 tokens of 4 x 4 pixels in windows of 4 x 4 tokens, two heads."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.patches = nn.Conv2d(3, DIM, 4, stride=4)
        blocks = [SwinBlock(DIM, 2, SIDE, 4, shift, 0.0) for shift in (0, 2)]
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(DIM, 1)
        for block in blocks:
            nn.init.normal_(block.attn.relative_position_bias_table)
            # Attention that differs from token to token: rows in a wrong order would show.
            block.attn.qkv.weight.data *= 4

    def forward(self, x: Tensor) -> Tensor:
        tokens: Tensor = self.patches(x).permute(0, 2, 3, 1)
        for block in self.blocks:
            tokens = block(tokens)
        out: Tensor = self.head(tokens).permute(0, 3, 1, 2)
        return out


def windows_graph(opset: int = OPSET) -> onnx.ModelProto:
    shape = (1, 1, SIDE, SIDE)
    output = OutputSpec(name="map", shape=shape, meaning="degraded", polarity="high_is_bad", scale=1.0)
    spec = ExportSpec("windows", Role.MAP, SIZE, (output,), lambda network, x: (network(x),))
    return to_onnx(spec, Windows().eval(), opset)
