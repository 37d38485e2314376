from __future__ import annotations

import copy
import functools
from pathlib import Path

import numpy as np
import plain_fthnet
import pytest
import torch
from random_weights import as_arrays, randomise

from fundusgate.models import build
from fundusgate.models.fthnet import FTHNET_L, FTHNET_S, FTHNet

PUBLISHED = Path(__file__).parent / "data" / "fthnet-l.state_dict.txt"
DEPTHS = {"fthnet-l": (2, 2, 6, 2), "fthnet-s": (2, 4, 6, 2)}


def published_entries() -> list[tuple[str, str, str]]:
    name_shape_type = [line.split("\t") for line in PUBLISHED.read_text().splitlines()]
    return [(name, shape, kind) for name, shape, kind in name_shape_type]


@functools.cache
def random_network(name: str) -> FTHNet:
    network = build(name)
    assert isinstance(network, FTHNet)
    randomise(network, seed=7)
    return network


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.randn(2, 3, 384, 384, generator=torch.Generator().manual_seed(3))


def test_large_variant_has_the_published_entries_in_the_published_order() -> None:
    state = build("fthnet-l").state_dict()
    assert [(name, str(tuple(t.shape)), str(t.dtype)) for name, t in state.items()] == published_entries()


@pytest.mark.parametrize(
    ("name", "parameters", "entries"), [("fthnet-l", 14_877_933, 230), ("fthnet-s", 5_662_293, 259)]
)
def test_counts_are_the_published_ones(name: str, parameters: int, entries: int) -> None:
    network = build(name)
    assert sum(p.numel() for p in network.parameters()) == parameters
    assert len(network.state_dict()) == entries


def test_small_variant_differs_only_in_width_and_in_the_second_stage() -> None:
    small, large = build("fthnet-s").state_dict(), {name for name, _, _ in published_entries()}
    assert large < small.keys()
    assert {name.split(".blocks.")[1][0] for name in small.keys() - large} == {"2", "3"}
    assert all(name.startswith("bbone.layers.1.") for name in small.keys() - large)
    assert small["conv1x1.0.0.weight"].shape == (384, 256, 1, 1)
    assert small["bbone.fcl_fc.0.weight"].shape == (32, 4 * 64)


@pytest.mark.parametrize("name", ["fthnet-s", "fthnet-l"])
def test_network_equals_the_plain_derivation(name: str, images: torch.Tensor) -> None:
    """In double precision to 1e-9, so that nothing hides in what the sigmoids damp; in single to 1e-4."""
    network = random_network(name)
    weights, image = as_arrays(network), images[0].double().numpy()
    plain_semantic, plain_features = plain_fthnet.backbone(image, weights, DEPTHS[name], (2, 4, 8, 16))
    plain_score = plain_fthnet.target_network(plain_semantic, plain_features, weights)
    exact = copy.deepcopy(network).double()
    with torch.no_grad():
        single = float(network(images[:1])[0])
        score = float(exact(images[:1].double())[0])
        semantic, features = exact.bbone(images[:1].double())
    np.testing.assert_allclose(semantic[0].numpy(), plain_semantic, atol=1e-9)
    np.testing.assert_allclose(features[0].numpy(), plain_features, atol=1e-9)
    assert score == pytest.approx(plain_score, abs=1e-9)
    assert single == pytest.approx(plain_score, abs=1e-4)


def test_every_kind_of_parameter_reaches_the_score(images: torch.Tensor) -> None:
    """What the comparison above can see: a parameter that did not reach the score could be wrong unnoticed."""
    network = copy.deepcopy(random_network("fthnet-s")).double()
    image = images[:1].double()
    with torch.no_grad():
        before = network(image)
        for part in ("bias_table", "fcl_merge.0", "fcl_fc.3.bias", "conv1x1.3.0.bias", "weight_conv.2", "bias_conv.1"):
            kept = {name: p.clone() for name, p in network.named_parameters() if part in name}
            for name in kept:
                network.get_parameter(name).zero_()
            assert float((network(image) - before).abs()) > 1e-6, part
            for name, parameter in kept.items():
                network.get_parameter(name).copy_(parameter)


def test_a_batch_equals_its_photographs_one_by_one(images: torch.Tensor) -> None:
    network = random_network("fthnet-s")
    with torch.no_grad():
        together = network(images)
        apart = torch.cat([network(images[:1]), network(images[1:])])
    assert together.shape == (2,)
    torch.testing.assert_close(together, apart, atol=1e-5, rtol=0)
    assert float((together[0] - together[1]).abs()) > 1e-3


def test_the_score_is_raw_without_a_squashing_at_the_end(images: torch.Tensor) -> None:
    network = FTHNet(FTHNET_S).eval()
    network.load_state_dict(random_network("fthnet-s").state_dict())
    with torch.no_grad():
        before = network(images[:1])
        network.bias_conv[-1].bias += 3.0
        torch.testing.assert_close(network(images[:1]), before + 3.0)


def test_stochastic_depth_grows_linearly_and_acts_only_in_training(images: torch.Tensor) -> None:
    network = FTHNet(FTHNET_L)
    chances = [block.drop_path.probability for layer in network.bbone.layers for block in layer.blocks]
    np.testing.assert_allclose(chances, np.linspace(0.0, 0.1, 12), atol=1e-7)
    small = FTHNet(FTHNET_S)
    small.load_state_dict(random_network("fthnet-s").state_dict())
    with torch.no_grad():
        torch.manual_seed(0)
        small.train()
        drawn = torch.stack([small(images[:1]) for _ in range(4)])
        small.eval()
        fixed = torch.stack([small(images[:1]) for _ in range(2)])
    assert float(drawn.std()) > 0
    assert float(fixed.std()) == 0


def test_a_fresh_network_starts_in_the_middle_of_the_scale_and_learns(images: torch.Tensor) -> None:
    torch.manual_seed(0)
    network = build("fthnet-s").train()
    scores = network(images)
    assert float((scores.detach() - 0.5).abs().max()) < 0.4
    torch.nn.functional.smooth_l1_loss(scores, torch.tensor([0.82, 0.41])).backward()
    still = [name for name, p in network.named_parameters() if p.grad is None or not bool(p.grad.abs().max() > 0)]
    assert still == []


@pytest.mark.parametrize("shape", [(1, 3, 512, 512), (1, 1, 384, 384), (4, 3, 192, 192), (3, 384, 384)])
def test_another_size_is_refused_with_the_size_that_it_takes(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="3x384x384"):
        random_network("fthnet-s")(torch.zeros(shape))
