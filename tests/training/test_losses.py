from __future__ import annotations

import math

import pytest
import torch

from fundusgate.training.losses import NegativeRisk, degraded_bag, nnpu, ranking


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


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def gradient(logits: list[float], **options: object) -> tuple[float, list[float]]:
    """Value and gradient of the step-back form; the first logit is positive, the rest unlabelled."""
    x = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    positive = torch.tensor([True] + [False] * (len(logits) - 1))
    loss = nnpu(x, positive, ~positive, negative=NegativeRisk.STEP_BACK, **options)  # type: ignore[arg-type]
    loss.backward()
    assert x.grad is not None
    return loss.item(), x.grad.tolist()


def test_stepping_back_follows_the_whole_risk_where_it_is_positive() -> None:
    value, found = gradient([0.4, 1.0, -2.0], prior=0.3)
    # d/dp of 0.3 sp(-p) - 0.3 sp(p) is -0.3 whatever p; of mean sp(u) it is half a sigmoid each.
    assert found == pytest.approx([-0.3, sigmoid(1.0) / 2, sigmoid(-2.0) / 2], rel=1e-9)
    risk = 0.3 * softplus(-0.4) + (softplus(1.0) + softplus(-2.0)) / 2 - 0.3 * softplus(0.4)
    assert value == pytest.approx(risk, rel=1e-9)


def test_stepping_back_goes_up_a_negative_risk_and_does_nothing_else() -> None:
    value, found = gradient([5.0, -6.0], prior=0.5, step_back=0.25)
    # r = sp(-6) - 0.5 sp(5) < 0: the gradient is that of -0.25 r, the positives' own risk has no part in it.
    assert found == pytest.approx([0.25 * 0.5 * sigmoid(5.0), -0.25 * sigmoid(-6.0)], rel=1e-9)
    assert value == pytest.approx(0.5 * softplus(-5.0), rel=1e-9)


def test_a_step_back_raises_the_negative_risk() -> None:
    x = torch.tensor([5.0, -6.0], dtype=torch.float64, requires_grad=True)
    positive = torch.tensor([True, False])

    def false_alarm(logits: torch.Tensor) -> float:
        return softplus(logits[1].item()) - 0.5 * softplus(logits[0].item())

    before = false_alarm(x)
    nnpu(x, positive, ~positive, 0.5, negative=NegativeRisk.STEP_BACK).backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    assert false_alarm(x.detach() - 0.1 * x.grad) > before


def test_a_tolerated_negative_risk_is_followed_down() -> None:
    # r = sp(-1) - 0.5 sp(0.5) = 0.3133 - 0.4870 = -0.1738.
    _, back = gradient([0.5, -1.0], prior=0.5, tolerance=0.17)
    _, on = gradient([0.5, -1.0], prior=0.5, tolerance=0.18)
    assert back == pytest.approx([0.5 * sigmoid(0.5), -sigmoid(-1.0)], rel=1e-9)
    assert on == pytest.approx([-0.5, sigmoid(-1.0)], rel=1e-9)


def test_balance_weighs_what_is_stepped_back_too() -> None:
    _, found = gradient([5.0, -6.0], prior=0.5, balance=0.3)
    behind = (1 - 0.3) / (1 - 0.5)
    assert found == pytest.approx([behind * 0.5 * sigmoid(5.0), -behind * sigmoid(-6.0)], rel=1e-9)


@pytest.mark.parametrize("form", list(NegativeRisk))
@pytest.mark.parametrize("balance", [None, 0.3])
def test_gradients_are_those_of_the_value_where_the_risk_is_positive(form: NegativeRisk, balance: float | None) -> None:
    torch.manual_seed(2)
    logits = torch.randn(12, dtype=torch.float64, requires_grad=True)
    positive = torch.arange(12) < 5
    # Inputs that add 1.0 to the unlabelled keep r well above zero under the check's small steps.
    shift = torch.where(positive, 0.0, 1.0).double()
    assert torch.autograd.gradcheck(
        lambda x: nnpu(x + shift, positive, ~positive, 0.1, balance, negative=form), (logits,)
    )


@pytest.mark.parametrize("form", list(NegativeRisk))
def test_both_forms_have_the_same_value(form: NegativeRisk) -> None:
    positive = torch.tensor([True, False])
    for logits in (torch.tensor([9.0, -9.0]), torch.tensor([-1.0, 2.0])):
        clamped = nnpu(logits, positive, ~positive, 0.4).item()
        assert nnpu(logits, positive, ~positive, 0.4, negative=form).item() == pytest.approx(clamped, abs=1e-6)


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
