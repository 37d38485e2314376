"""Networks made ready for export: what depends on parameters alone is worked out once."""

from __future__ import annotations

from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor, nn

from fundusgate.models.swin import SwinBlock, WindowAttention

Network = TypeVar("Network", bound=nn.Module)


class FoldedWindowAttention(WindowAttention):
    """Window attention whose position bias is a constant and whose scale is inside the query's weights."""

    bias: Tensor

    def __init__(self, source: WindowAttention) -> None:
        """Take over trained parameters.

        Args:
            source: the attention to fold; left as it is.
        """
        super().__init__(source.dim, source.heads, source.side, source.window)
        self.load_state_dict(source.state_dict())
        self.register_buffer("bias", self.position_bias().detach().contiguous(), persistent=False)
        with torch.no_grad():
            self.qkv.weight[: self.dim] *= self.scale
            self.qkv.bias[: self.dim] *= self.scale

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """As `WindowAttention.forward`."""
        query, key, value = self.split_heads(x)
        attention = query @ key.transpose(-2, -1) + self.bias
        if mask is not None:
            attention = attention + mask.unsqueeze(1)
        return self.join_heads(attention.softmax(dim=-1) @ value)


def fold_for_export(network: Network) -> Network:
    """A copy, in evaluation mode, that computes the same with fewer operations in its graph.

    Args:
        network: any network of this package; only Swin blocks change.

    Returns:
        The copy. Its state dict is no longer the published one: it is for tracing, not for saving or training.
    """
    folded = deepcopy(network).eval()
    for module in folded.modules():
        if isinstance(module, SwinBlock):
            module.attn = FoldedWindowAttention(module.attn)
    return folded
