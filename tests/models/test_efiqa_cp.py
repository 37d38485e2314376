from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from plain_fthnet import gelu, layer_norm
from random_weights import as_arrays, randomise
from scipy.ndimage import correlate

from fundusgate.models import build
from fundusgate.models.efiqa_cp import ContextBlock, ContextNetwork, Downsampling

Array = NDArray[np.float64]
PUBLISHED = Path(__file__).parent / "data" / "efiqa-cp.state_dict.txt"


@functools.cache
def random_context() -> ContextNetwork:
    network = build("efiqa-cp-context")
    assert isinstance(network, ContextNetwork)
    randomise(network, seed=11)
    return network


def normalise(x: Array, w: dict[str, Array], prefix: str) -> Array:
    normed = layer_norm(np.moveaxis(x, 0, 2), w[f"{prefix}.norm.weight"], w[f"{prefix}.norm.bias"], eps=1e-6)
    return np.moveaxis(normed, 2, 0)


def pointwise(x: Array, w: dict[str, Array], prefix: str) -> Array:
    return np.tensordot(w[f"{prefix}.weight"][:, :, 0, 0], x, 1) + w[f"{prefix}.bias"][:, None, None]


def plain_block(x: Array, w: dict[str, Array], prefix: str) -> Array:
    kernels, biases = w[f"{prefix}.dw.weight"], w[f"{prefix}.dw.bias"]
    spread = np.stack([correlate(x[c], kernels[c, 0], mode="constant") + biases[c] for c in range(len(x))])
    branch = pointwise(gelu(pointwise(normalise(spread, w, f"{prefix}.norm"), w, f"{prefix}.pw1")), w, f"{prefix}.pw2")
    return x + w[f"{prefix}.gamma"][0] * branch


def plain_downsampling(x: Array, w: dict[str, Array], prefix: str) -> Array:
    normed, kernel = normalise(x, w, f"{prefix}.norm"), w[f"{prefix}.conv.weight"]
    out = w[f"{prefix}.conv.bias"][:, None, None] + np.zeros((512, x.shape[1] // 2, x.shape[2] // 2))
    for dy in range(2):
        for dx in range(2):
            out += np.tensordot(kernel[:, :, dy, dx], normed[:, dy::2, dx::2], 1)
    return out


def plain_context(x: Array, w: dict[str, Array]) -> Array:
    x = pointwise(normalise(x, w, "model.stem.0"), w, "model.stem.1")
    x = plain_block(plain_block(x, w, "model.stage1.0"), w, "model.stage1.1")
    x = plain_downsampling(x, w, "model.down1")
    x = plain_block(plain_block(x, w, "model.stage2.0"), w, "model.stage2.1")
    x = plain_downsampling(x, w, "model.down2")
    x = plain_block(x, w, "model.stage3")
    return pointwise(normalise(x, w, "model.head.0"), w, "model.head.1")


def test_entries_and_count_are_the_published_ones() -> None:
    network = build("efiqa-cp-context")
    expected = [tuple(line.split("\t")) for line in PUBLISHED.read_text().splitlines()]
    assert [(name, str(tuple(t.shape))) for name, t in network.state_dict().items()] == expected
    assert sum(p.numel() for p in network.parameters()) == 5_390_849
    assert all(t.dtype == torch.float32 for t in network.state_dict().values())


def test_context_network_equals_the_plain_derivation() -> None:
    network = random_context()
    features = 2 * torch.randn(1, 1024, 16, 20, generator=torch.Generator().manual_seed(1)) + 0.5
    with torch.no_grad():
        got = network(features)[0].numpy()
    expected = plain_context(features[0].double().numpy(), as_arrays(network))
    assert expected.shape == (1, 4, 5)
    assert expected.std() > 0.1
    np.testing.assert_allclose(got, expected, atol=1e-4)


@pytest.mark.parametrize(("rows", "columns"), [(9, 8), (3, 2)])
def test_block_equals_the_plain_derivation_up_to_the_border(rows: int, columns: int) -> None:
    block = ContextBlock(0.1).eval()
    randomise(block, seed=2)
    x = torch.randn(2, 512, rows, columns, generator=torch.Generator().manual_seed(3))
    weights = {f"b.{name}": value for name, value in as_arrays(block).items()}
    with torch.no_grad():
        got = block(x).numpy()
    for one, maps in zip(got, x.double().numpy(), strict=True):
        np.testing.assert_allclose(one, plain_block(maps, weights, "b"), atol=2e-5)


def test_downsampling_equals_the_plain_derivation() -> None:
    down = Downsampling().eval()
    randomise(down, seed=4)
    x = torch.randn(1, 512, 6, 4, generator=torch.Generator().manual_seed(5))
    weights = {f"d.{name}": value for name, value in as_arrays(down).items()}
    with torch.no_grad():
        np.testing.assert_allclose(
            down(x)[0].numpy(), plain_downsampling(x[0].double().numpy(), weights, "d"), atol=2e-5
        )


def test_published_size_gives_sixteen_cells_a_side_and_batches_do_not_mix() -> None:
    network = random_context()
    features = torch.randn(2, 1024, 64, 64, generator=torch.Generator().manual_seed(6))
    with torch.no_grad():
        together = network(features)
        alone = network(features[1:])
    assert together.shape == (2, 1, 16, 16)
    torch.testing.assert_close(together[1:], alone, atol=1e-4, rtol=0)


def test_output_is_logits_and_rows_stay_rows() -> None:
    network = ContextNetwork().eval()
    network.load_state_dict(random_context().state_dict())
    features = torch.randn(1, 1024, 8, 16, generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        before = network(features)
        network.model.head[1].bias += 5.0
        torch.testing.assert_close(network(features), before + 5.0)
    assert before.shape == (1, 1, 2, 4)


def test_gamma_starts_at_one_and_drop_grows_by_stage() -> None:
    blocks = [module for module in ContextNetwork().modules() if isinstance(module, ContextBlock)]
    assert [block.drop_path.probability for block in blocks] == [0.033, 0.033, 0.066, 0.066, 0.1]
    assert all(bool((block.gamma == 1).all()) for block in blocks)


@pytest.mark.parametrize("shape", [(1, 1029, 64, 64), (1, 4096, 1024), (1, 1024, 14, 14)])
def test_other_features_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="B x 1024 x 64 x 64"):
        random_context()(torch.zeros(shape))


def test_linear_form_weighs_each_patch_on_its_own() -> None:
    network = build("efiqa")
    assert {name: tuple(t.shape) for name, t in network.state_dict().items()} == {
        "model.weight": (1, 1024),
        "model.bias": (1,),
    }
    randomise(network, seed=8)
    w = as_arrays(network)
    features = torch.randn(2, 1024, 14, 14, generator=torch.Generator().manual_seed(9))
    with torch.no_grad():
        got = network(features).numpy()
    assert got.shape == (2, 1, 14, 14)
    for row, column in [(0, 0), (3, 11), (13, 2)]:
        expected = features[1, :, row, column].double().numpy() @ w["model.weight"][0] + w["model.bias"][0]
        assert got[1, 0, row, column] == pytest.approx(expected, abs=1e-4)
