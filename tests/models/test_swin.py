from __future__ import annotations

import numpy as np
import plain_fthnet
import pytest
import torch
from random_weights import as_arrays, randomise

from fundusgate.models.swin import PatchMerging, SwinBlock, relative_position_index, roll_map, shifted_window_mask


@pytest.mark.parametrize("shift", [0, 6])
def test_attention_equals_a_loop_over_every_pair_of_tokens(shift: int) -> None:
    """Token by token: its neighbours are those that the window lines do not part it from."""
    side, dim, heads, depth = 24, 8, 2, 4
    swin = SwinBlock(dim, heads, side, 12, shift, 0.0).eval()
    randomise(swin, seed=1)
    w = as_arrays(swin)
    x = torch.randn(1, side, side, dim, generator=torch.Generator().manual_seed(2))
    normed = swin.norm1(x)
    with torch.no_grad():
        if shift:
            got = roll_map(swin.attn(roll_map(normed, side, shift), swin.attn_mask), side, -shift)[0].numpy()
        else:
            got = swin.attn(normed, None)[0].numpy()
    tokens = normed[0].detach().double().numpy()
    qkv = tokens @ w["attn.qkv.weight"].T + w["attn.qkv.bias"]
    table = w["attn.relative_position_bias_table"]
    places = [(y, x) for y in range(side) for x in range(side)]

    def window_of(y: int, x: int) -> tuple[int, int]:
        return (y + 12 - shift) // 12, (x + 12 - shift) // 12

    for y, column in places[::5]:
        mixed = []
        neighbours = [place for place in places if window_of(*place) == window_of(y, column)]
        for head in range(heads):
            q = qkv[y, column, head * depth : (head + 1) * depth]
            logits, values = [], []
            for ny, nx in neighbours:
                k = qkv[ny, nx, dim + head * depth : dim + (head + 1) * depth]
                logits.append(float(q @ k) / depth**0.5 + table[(y - ny + 11) * 23 + (column - nx + 11), head])
                values.append(qkv[ny, nx, 2 * dim + head * depth : 2 * dim + (head + 1) * depth])
            shares = np.exp(np.array(logits) - max(logits))
            mixed.append(shares @ np.array(values) / shares.sum())
        expected = np.concatenate(mixed) @ w["attn.proj.weight"].T + w["attn.proj.bias"]
        np.testing.assert_allclose(got[y, column], expected, atol=1e-5)


@pytest.mark.parametrize(("side", "shift"), [(12, 0), (24, 6), (48, 6)])
def test_whole_block_equals_the_plain_derivation(side: int, shift: int) -> None:
    swin = SwinBlock(16, 4, side, 12, shift, 0.0).eval()
    randomise(swin, seed=5)
    x = torch.randn(2, side, side, 16, generator=torch.Generator().manual_seed(6))
    weights = {f"block.{name}": value for name, value in as_arrays(swin).items()}
    with torch.no_grad():
        got = swin(x).numpy()
    for one, image in zip(got, x.double().numpy(), strict=True):
        np.testing.assert_allclose(one, plain_fthnet.block(image, weights, "block", 4, shift), atol=2e-5)


def test_patch_merging_equals_a_loop_over_quads() -> None:
    merging = PatchMerging(6, 8).eval()
    randomise(merging, seed=3)
    x = torch.randn(2, 8, 8, 6, generator=torch.Generator().manual_seed(4))
    weights = {f"merging.{name}": value for name, value in as_arrays(merging).items()}
    with torch.no_grad():
        got = merging(x).numpy()
    for one, image in zip(got, x.double().numpy(), strict=True):
        np.testing.assert_allclose(one, plain_fthnet.merge_patches(image, weights, "merging"), atol=1e-5)


def test_position_index_names_the_offset_of_each_pair() -> None:
    index = relative_position_index(12)
    assert index.dtype == torch.int64
    for query in range(0, 144, 7):
        for key in range(144):
            dy, dx = query // 12 - key // 12, query % 12 - key % 12
            assert int(index[query, key]) == (dy + 11) * 23 + dx + 11


@pytest.mark.parametrize("side", [24, 48, 96])
def test_mask_parts_tokens_that_only_the_roll_made_neighbours(side: int) -> None:
    mask = shifted_window_mask(side, 12, 6)
    count = side // 12
    assert mask.shape == (count * count, 144, 144)
    rolled_from = (np.arange(side) + 6) % side
    for window in (0, count - 1, count * (count - 1), count * count - 1):
        ys = rolled_from[window // count * 12 + np.arange(144) // 12]
        xs = rolled_from[window % count * 12 + np.arange(144) % 12]
        near = (np.abs(ys[:, None] - ys) < 12) & (np.abs(xs[:, None] - xs) < 12)
        np.testing.assert_array_equal(mask[window].numpy(), np.where(near, 0.0, -100.0))


@pytest.mark.parametrize("shift", [6, -6, 1])
def test_roll_is_torch_roll(shift: int) -> None:
    x = torch.randn(2, 24, 24, 3)
    assert torch.equal(roll_map(x, 24, shift), torch.roll(x, (-shift, -shift), (1, 2)))
