"""The Swin transformer (version 1) pieces that FTHNet's backbone is made of.

Source: Liu et al., "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows", ICCV 2021, section 3.

Token maps travel as (B, H, W, C). Sizes are fixed when a module is made and every reshape leaves only the batch open:
an exported graph holds no shape arithmetic, one transpose into windows and one out of them.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from fundusgate.models.stochastic_depth import StochasticDepth

MASKED = -100.0
"""What is added to the attention between two tokens that were not neighbours before the cyclic shift."""
CONSTANT_BUFFERS = ("relative_position_index", "attn_mask")
"""Entries of a state dict that the window and image sizes fix: no training changes them."""


def relative_position_index(window: int) -> Tensor:
    """Which row of the bias table serves each pair of a window's tokens.

    Args:
        window: side of the window, in tokens.

    Returns:
        int64 tensor (window^2, window^2); entry (query, key) is in 0 .. (2 * window - 1)^2 - 1.
    """
    axis = torch.arange(window)
    y, x = (grid.flatten() for grid in torch.meshgrid(axis, axis, indexing="ij"))
    dy = y[:, None] - y[None, :] + window - 1
    dx = x[:, None] - x[None, :] + window - 1
    return dy * (2 * window - 1) + dx


def shifted_window_mask(side: int, window: int, shift: int) -> Tensor:
    """The attention mask of windows cut from a map that was rolled by `shift`.

    Args:
        side: side of the square token map.
        window: side of a window.
        shift: how far the map was rolled towards the origin, in tokens.

    Returns:
        float32 tensor ((side / window)^2, window^2, window^2): 0 where both tokens come from one part of the map,
        -100 where the roll brought together what lay at opposite edges.
    """
    band = torch.zeros(side, dtype=torch.int64)
    band[side - window :] = 1
    band[side - shift :] = 2
    region = band[:, None] * 3 + band[None, :]
    count = side // window
    region = region.reshape(count, window, count, window).transpose(1, 2).reshape(count * count, window * window)
    apart = region[:, :, None] != region[:, None, :]
    return apart.to(torch.float32) * MASKED


def roll_map(x: Tensor, side: int, shift: int) -> Tensor:
    """A token map rolled towards the origin on both axes: `torch.roll(x, (-shift, -shift), (1, 2))`.

    Written as a split and a concatenation an axis, which exports to four nodes.

    Args:
        x: tensor (B, S, S, C).
        side: S; given, so that a traced graph holds no shape arithmetic.
        shift: tokens; negative rolls away from the origin.

    Returns:
        Tensor (B, S, S, C).
    """
    at = shift % side
    for axis in (1, 2):
        first, rest = torch.split(x, [at, side - at], dim=axis)
        x = torch.cat((rest, first), dim=axis)
    return x


class WindowAttention(nn.Module):
    """Multi-head self-attention inside windows that do not overlap, with a relative position bias."""

    relative_position_index: Tensor

    def __init__(self, dim: int, heads: int, side: int, window: int) -> None:
        """Lay out the parameters.

        Args:
            dim: channels.
            heads: attention heads; divides `dim`.
            side: side of the square token map.
            window: side of a window; divides `side`.
        """
        super().__init__()
        self.dim, self.heads, self.side, self.window = dim, heads, side, window
        self.windows_a_side = side // window
        self.scale = (dim // heads) ** -0.5
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        self.register_buffer("relative_position_index", relative_position_index(window))
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def position_bias(self) -> Tensor:
        """The bias added to the attention, (heads, window^2, window^2); depends on parameters alone."""
        rows = nn.functional.embedding(self.relative_position_index, self.relative_position_bias_table)
        return rows.permute(2, 0, 1)

    def split_heads(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Query, key and value of a token map (B, S, S, C), each (1, B, windows, heads, window^2, C / heads)."""
        count, window, heads, depth = self.windows_a_side, self.window, self.heads, self.dim // self.heads
        qkv = self.qkv(x).reshape(-1, window, count, window, 3, heads, depth).permute(4, 0, 2, 5, 1, 3, 6)
        qkv = qkv.reshape(3, -1, count * count, heads, window * window, depth)
        query, key, value = torch.split(qkv, [1, 1, 1], dim=0)
        return query, key, value

    def join_heads(self, mixed: Tensor) -> Tensor:
        """The token map (B, S, S, C) of what `split_heads` took apart, projected."""
        count, window, heads, depth = self.windows_a_side, self.window, self.heads, self.dim // self.heads
        tokens = mixed.reshape(-1, count, heads, window, window, depth).permute(0, 3, 1, 4, 2, 5)
        return cast("Tensor", self.proj(tokens.reshape(-1, self.side, self.side, self.dim)))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Attend inside each window.

        Args:
            x: float tensor (B, S, S, C), already rolled where the block shifts its windows.
            mask: float tensor (windows, window^2, window^2) added to every head's attention, or None.

        Returns:
            Float tensor (B, S, S, C).
        """
        query, key, value = self.split_heads(x)
        attention = (query * self.scale) @ key.transpose(-2, -1) + self.position_bias()
        if mask is not None:
            attention = attention + mask.unsqueeze(1)
        return self.join_heads(attention.softmax(dim=-1) @ value)


class Mlp(nn.Module):
    """Two dense layers with a GELU between them; the hidden width is four times the outer."""

    def __init__(self, dim: int) -> None:
        """Lay out the parameters.

        Args:
            dim: channels.
        """
        super().__init__()
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(4 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) to (..., C)."""
        return cast("Tensor", self.fc2(self.act(self.fc1(x))))


class SwinBlock(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)); windows shifted or not."""

    attn_mask: Tensor | None

    def __init__(self, dim: int, heads: int, side: int, window: int, shift: int, drop: float) -> None:
        """Lay out the parameters.

        Args:
            dim: channels.
            heads: attention heads.
            side: side of the square token map.
            window: side of a window.
            shift: how far windows are shifted, in tokens; 0 for none.
            drop: chance of leaving a residual branch out while training.
        """
        super().__init__()
        self.side, self.shift = side, shift
        self.norm1 = nn.LayerNorm(dim)
        self.attn = WindowAttention(dim, heads, side, window)
        self.drop_path = StochasticDepth(drop)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim)
        self.register_buffer("attn_mask", shifted_window_mask(side, window, shift) if shift else None)

    def forward(self, x: Tensor) -> Tensor:
        """(B, S, S, C) to (B, S, S, C)."""
        normed = self.norm1(x)
        if self.shift:
            attended = roll_map(
                self.attn(roll_map(normed, self.side, self.shift), self.attn_mask), self.side, -self.shift
            )
        else:
            attended = self.attn(normed, None)
        x = x + self.drop_path(attended)
        return x + cast("Tensor", self.drop_path(self.mlp(self.norm2(x))))


class PatchMerging(nn.Module):
    """Each 2x2 of tokens becomes one token of twice the channels."""

    def __init__(self, dim: int, side: int) -> None:
        """Lay out the parameters.

        Args:
            dim: channels of the tokens that come in.
            side: side of the square token map that comes in; even.
        """
        super().__init__()
        self.dim, self.side = dim, side
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)
        self.norm = nn.LayerNorm(4 * dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, S, S, C) to (B, S/2, S/2, 2C); channels are joined column by column, the upper token first."""
        half = self.side // 2
        quads = x.reshape(-1, 2, half, 2, self.dim).permute(0, 2, 3, 1, 4)
        return cast("Tensor", self.reduction(self.norm(quads.reshape(-1, half, half, 4 * self.dim))))


class SwinStage(nn.Module):
    """Patch merging (but for the first stage), then blocks; odd blocks shift their windows by half a window."""

    def __init__(
        self, dim: int, heads: int, side: int, window: int, drops: list[float], downsample: PatchMerging | None
    ) -> None:
        """Lay out the parameters.

        Args:
            dim: channels inside the stage.
            heads: attention heads.
            side: side of the square token map inside the stage.
            window: side of a window; a map of one window is never shifted.
            drops: for each block, its chance of leaving a branch out.
            downsample: what stands before the blocks.
        """
        super().__init__()
        self.downsample = downsample
        shift = window // 2 if side > window else 0
        self.blocks = nn.ModuleList(
            SwinBlock(dim, heads, side, window, shift if index % 2 else 0, drop) for index, drop in enumerate(drops)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, S, S, C) to (B, S, S, C) for the first stage; the others halve S and double C on the way in."""
        if self.downsample is not None:
            x = self.downsample(x)
        for block in self.blocks:
            x = block(x)
        return x
