"""FTHNet written a second time, plainly: NumPy in double precision, no roll, no attention mask, no batching.

Shifted windows are derived from where each token lies in the unrolled map: two tokens attend to each other when the
lines drawn at 6, 18, 30, ... do not part them. The published form reaches the same by a roll and a mask of -100.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

Array = NDArray[np.float64]
Weights = dict[str, Array]
WINDOW = 12


def gelu(x: Array) -> Array:
    return x * 0.5 * (1.0 + erf(x / np.sqrt(2.0)))


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def layer_norm(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps) * weight + bias


def soft_pool(x: Array, kernel: int = WINDOW) -> Array:
    """(C, H, W) to (C, H / kernel, W / kernel), one window after the other."""
    channels, height, width = x.shape
    out = np.empty((channels, height // kernel, width // kernel))
    for c in range(channels):
        for row in range(height // kernel):
            for column in range(width // kernel):
                values = x[c, row * kernel : (row + 1) * kernel, column * kernel : (column + 1) * kernel].ravel()
                weights = np.exp(values - values.max())
                out[c, row, column] = (values * weights).sum() / weights.sum()
    return out


def attention(x: Array, w: Weights, prefix: str, heads: int, shift: int) -> Array:
    """(S, S, C) to (S, S, C): each group of neighbours on its own."""
    side, _, channels = x.shape
    depth = channels // heads
    band = (np.arange(side) - shift) // WINDOW
    table = w[f"{prefix}.relative_position_bias_table"]
    out = np.empty_like(x)
    for band_y in np.unique(band):
        for band_x in np.unique(band):
            ys, xs = (grid.ravel() for grid in np.meshgrid(
                np.flatnonzero(band == band_y), np.flatnonzero(band == band_x), indexing="ij"))  # fmt: skip
            tokens = x[ys, xs]
            qkv = tokens @ w[f"{prefix}.qkv.weight"].T + w[f"{prefix}.qkv.bias"]
            entry = (ys[:, None] - ys[None] + WINDOW - 1) * (2 * WINDOW - 1) + xs[:, None] - xs[None] + WINDOW - 1
            mixed = []
            for head in range(heads):
                q, k, v = (qkv[:, part * channels + head * depth :][:, :depth] for part in range(3))
                mixed.append(softmax(q @ k.T / np.sqrt(depth) + table[entry, head]) @ v)
            joined = np.concatenate(mixed, axis=1)
            out[ys, xs] = joined @ w[f"{prefix}.proj.weight"].T + w[f"{prefix}.proj.bias"]
    return out


def block(x: Array, w: Weights, prefix: str, heads: int, shift: int) -> Array:
    normed = layer_norm(x, w[f"{prefix}.norm1.weight"], w[f"{prefix}.norm1.bias"])
    x = x + attention(normed, w, f"{prefix}.attn", heads, shift)
    normed = layer_norm(x, w[f"{prefix}.norm2.weight"], w[f"{prefix}.norm2.bias"])
    hidden = gelu(normed @ w[f"{prefix}.mlp.fc1.weight"].T + w[f"{prefix}.mlp.fc1.bias"])
    return x + hidden @ w[f"{prefix}.mlp.fc2.weight"].T + w[f"{prefix}.mlp.fc2.bias"]


def merge_patches(x: Array, w: Weights, prefix: str) -> Array:
    """(S, S, C) to (S/2, S/2, 2C)."""
    half, channels = x.shape[0] // 2, x.shape[2]
    joined = np.empty((half, half, 4 * channels))
    for y in range(half):
        for c in range(half):
            joined[y, c] = np.concatenate(
                [x[2 * y, 2 * c], x[2 * y + 1, 2 * c], x[2 * y, 2 * c + 1], x[2 * y + 1, 2 * c + 1]]
            )
    return layer_norm(joined, w[f"{prefix}.norm.weight"], w[f"{prefix}.norm.bias"]) @ w[f"{prefix}.reduction.weight"].T


def reinterpret(x: Array) -> Array:
    """(S, S, C) tokens to (C, S, S): the memory read anew, number by number."""
    side, _, channels = x.shape
    c, row, column = np.indices((channels, side, side))
    place = (c * side + row) * side + column
    token, channel = place // channels, place % channels
    return x[token // side, token % side, channel]


def convolve3(x: Array, weight: Array, bias: Array) -> Array:
    """(C, H, W) to (D, H, W), padding 1."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    height, width = x.shape[1:]
    out = np.zeros((weight.shape[0], height, width)) + bias[:, None, None]
    for dy in range(3):
        for dx in range(3):
            out += np.tensordot(weight[:, :, dy, dx], padded[:, dy : dy + height, dx : dx + width], 1)
    return out


def backbone(image: Array, w: Weights, depths: tuple[int, ...], heads: tuple[int, ...]) -> tuple[Array, Array]:
    """(3, 384, 384) to the semantic map (8C, 12, 12) and the 384 distortion features."""
    patches = image.reshape(3, 96, 4, 96, 4)
    x = (
        np.tensordot(patches, w["bbone.patch_embed.proj.weight"], axes=((0, 2, 4), (1, 2, 3)))
        + w["bbone.patch_embed.proj.bias"]
    )
    x = layer_norm(x, w["bbone.patch_embed.norm.weight"], w["bbone.patch_embed.norm.bias"])
    features = []
    for stage, depth in enumerate(depths):
        if stage:
            x = merge_patches(x, w, f"bbone.layers.{stage}.downsample")
        for index in range(depth):
            shift = 6 if index % 2 == 1 and stage < 3 else 0
            x = block(x, w, f"bbone.layers.{stage}.blocks.{index}", heads[stage], shift)
        reduced = np.tensordot(w[f"bbone.fcl_merge.{stage}.0.weight"][:, :, 0, 0], reinterpret(x), 1)
        pooled = soft_pool(reduced).ravel()
        features.append(w[f"bbone.fcl_fc.{stage}.weight"] @ pooled + w[f"bbone.fcl_fc.{stage}.bias"])
    normed = layer_norm(x, w["bbone.norm.weight"], w["bbone.norm.bias"])
    return np.moveaxis(normed, 2, 0), np.concatenate(features)


def target_network(semantic: Array, values: Array, w: Weights) -> float:
    """The hypernetwork writes each dense layer, the target network applies it at once."""
    widths = (384, 192, 96, 48, 24)
    h = semantic
    for level, (inputs, outputs) in enumerate(zip(widths, (*widths[1:], 1), strict=True)):
        kernel = w[f"conv1x1.{level}.0.weight"][:, :, 0, 0]
        h = gelu(np.tensordot(kernel, h, 1) + w[f"conv1x1.{level}.0.bias"][:, None, None])
        writer, bias_writer = w[f"weight_conv.{level}.weight"], w[f"bias_conv.{level}.weight"]
        if level == len(widths) - 1:
            dense = writer @ h.ravel() + w[f"weight_conv.{level}.bias"]
            return float(dense @ values + (bias_writer @ h.ravel() + w[f"bias_conv.{level}.bias"])[0])
        written = convolve3(h, writer, w[f"weight_conv.{level}.bias"])
        bias = bias_writer @ soft_pool(h).ravel() + w[f"bias_conv.{level}.bias"]
        following = np.empty(outputs)
        for o in range(outputs):
            place = o * inputs + np.arange(inputs)
            row = written[place // 144, place // 12 % 12, place % 12]
            following[o] = 1.0 / (1.0 + np.exp(-(row @ values + bias[o])))
        values = following
    raise AssertionError("the last level returns")


def score(image: Array, w: Weights, depths: tuple[int, ...], heads: tuple[int, ...] = (2, 4, 8, 16)) -> float:
    """(3, 384, 384) to the raw score."""
    semantic, features = backbone(image, w, depths, heads)
    return target_network(semantic, features, w)
