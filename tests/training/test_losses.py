from __future__ import annotations

import math

import pytest
import torch

from fundusgate.training.losses import degraded_bag, nnpu, ranking


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def test_nnpu_equals_the_published_form_by_hand() -> None:
    logits = torch.tensor([2.0, -1.0, 0.5, 1.5])
    positive = torch.tensor([True, True, False, False])
    p_minus = (softplus(-2) + softplus(1)) / 2
    p_plus = (softplus(2) + softplus(-1)) / 2
    u_plus = (softplus(0.5) + softplus(1.5)) / 2
    expected = 0.05 * p_minus + max(0.0, u_plus - 0.05 * p_plus)
    assert nnpu(logits, positive, ~positive, 0.05).item() == pytest.approx(expected, rel=1e-6)


def test_nnpu_never_rewards_a_negative_risk() -> None:
    logits = torch.tensor([9.0, -9.0], requires_grad=True)
    positive = torch.tensor([True, False])
    loss = nnpu(logits, positive, ~positive, 0.9)
    loss.backward()
    # softplus(-9) of the unlabelled is far below 0.9 softplus(9): clamped, so the unlabelled cell is left alone.
    assert logits.grad is not None
    assert logits.grad[1].item() == 0
    assert loss.item() == pytest.approx(0.9 * softplus(-9), rel=1e-4)


def test_balance_reweighs_both_risks() -> None:
    logits = torch.tensor([0.3, -0.2])
    positive = torch.tensor([True, False])
    behind = (1 - 0.3) / (1 - 0.02)
    expected = 0.3 * softplus(-0.3) + behind * (softplus(-0.2) - 0.02 * softplus(0.3))
    assert nnpu(logits, positive, ~positive, 0.02, 0.3).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("positive", [[True, True], [False, False]])
def test_a_batch_without_either_kind_teaches_nothing(positive: list[bool]) -> None:
    logits = torch.tensor([1.0, -1.0], requires_grad=True)
    mask = torch.tensor(positive)
    loss = nnpu(logits, mask, ~mask, 0.05)
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_the_bag_asks_only_its_most_suspect_cells() -> None:
    logits = torch.zeros(2, 1, 2, 5, requires_grad=True)
    with torch.no_grad():
        logits[0, 0, 0, 3] = 3.0
        logits[0, 0, 1, 1] = 2.0
        logits[0, 0, 1, 4] = 9.0
    inside = torch.ones(2, 2, 5, dtype=torch.bool)
    inside[0, 1, 4] = False
    loss = degraded_bag(logits, inside, torch.tensor([True, False]), share=0.25)
    # Nine cells inside, a quarter of them are two: 3 and 2, but not the 9 outside.
    assert loss.item() == pytest.approx(softplus(-2.5), rel=1e-6)
    loss.backward()
    assert logits.grad is not None
    assert int((logits.grad != 0).sum()) == 2


def test_no_bag_no_loss() -> None:
    logits = torch.ones(1, 1, 2, 2, requires_grad=True)
    assert degraded_bag(logits, torch.ones(1, 2, 2, dtype=torch.bool), torch.tensor([False])).item() == 0


def test_ranking_asks_for_the_margin() -> None:
    better, worse = torch.tensor([0.8, 0.5]), torch.tensor([0.2, 0.4])
    assert ranking(better, worse, torch.tensor([0.5, 0.5])).item() == pytest.approx((0 + 0.4) / 2)
