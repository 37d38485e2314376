from __future__ import annotations

import numpy as np
import pytest
import torch

from fundusgate.models import build
from fundusgate.models.weights import shipped_weights
from fundusgate.phantom import render
from fundusgate.phantom.faults import degrade_locally
from fundusgate.training import rounding
from fundusgate.training.rounding import Rounded, coded, convolutions_of, put_on_codes, rounded, rounding_loss


@pytest.fixture(scope="module")
def network() -> Rounded:
    torch.manual_seed(3)
    return Rounded(build("efiqa-cp-edge"))


def batch(count: int) -> dict[str, torch.Tensor]:
    eyes = [render(seed, size=512) for seed in range(count)]
    spoilt = [degrade_locally(eye.rgb, eye.field, seed, 0.8).rgb for seed, eye in enumerate(eyes)]
    return {"image": torch.from_numpy(np.stack(spoilt))}


def test_rounding_keeps_what_int8_has_and_clips_the_rest() -> None:
    x = torch.tensor([0.0, 1.0, 1.26, -3.0, 400.0, -400.0], requires_grad=True)
    out = rounded(x, torch.tensor(0.5))
    assert out.tolist() == [0.0, 1.0, 1.5, -3.0, 63.5, -63.5]
    out.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]


def test_only_the_heads_stay_in_float(network: Rounded) -> None:
    assert len(network.convolutions) == 17
    assert not any("head" in name for name in network.convolutions)


def test_the_teacher_is_the_network_in_float(network: Rounded) -> None:
    x = torch.randn(1, 3, 512, 512)
    now, wanted = network(x)
    with torch.no_grad():
        assert torch.equal(network.network.outputs(x).map_logits, wanted.map_logits)
    assert not torch.equal(now.map_logits, wanted.map_logits)


def test_weights_on_their_codes_are_those_that_int8_has() -> None:
    network = build("efiqa-cp-edge", shipped_weights("efiqa-cp-edge"))
    put_on_codes(network)
    for name in convolutions_of(network):
        weight = network.get_parameter(f"{name}.weight")
        torch.testing.assert_close(coded(weight), weight.detach(), rtol=1e-5, atol=1e-9)
        # half precision, in which weights are stored, hardly moves any to another code
        step = weight.detach().abs().amax(dim=(1, 2, 3), keepdim=True) / 127
        moved = (coded(weight.half().float()) - weight.detach()).abs() > 0.5 * step
        assert moved.float().mean() < 1e-3


def test_statistics_of_batch_normalisation_stay(network: Rounded) -> None:
    before = network.network.stem[0][1].running_mean.clone()
    network.train()
    network(torch.randn(1, 3, 512, 512))
    assert torch.equal(before, network.network.stem[0][1].running_mean)


def test_no_hook_stays_behind(network: Rounded) -> None:
    network(torch.randn(1, 3, 512, 512))
    assert not any(module._forward_pre_hooks for module in network.network.modules())


def test_a_few_steps_bring_the_rounded_answers_nearer(monkeypatch: pytest.MonkeyPatch) -> None:
    # the shipped weights bear INT8 already: with a fifth of its steps there is something left to learn
    monkeypatch.setattr(rounding, "SIGNED_MOST", 25)
    network = Rounded(build("efiqa-cp-edge", shipped_weights("efiqa-cp-edge")))
    optimizer = torch.optim.Adam(network.network.parameters(), 3e-5)
    seen, losses = batch(2), []
    for _ in range(8):
        terms = rounding_loss(network, seen)
        loss = torch.stack(list(terms.values())).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 0.001
    assert losses[-1] < 0.6 * losses[0], losses
