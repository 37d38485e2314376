"""The losses of both papers, and the ranking that ties a photograph to its degraded copy."""

from __future__ import annotations

from enum import Enum

import torch
from torch import Tensor
from torch.nn import functional


class NegativeRisk(str, Enum):
    """What is done with a batch on which the unlabelled cells' risk, less the positives' share of it, is negative."""

    CLAMP = "clamp"
    """It counts as zero and teaches nothing; the positives' own risk still does. EFIQA-CP's code."""
    STEP_BACK = "step_back"
    """The step goes back up that risk and does nothing else: over-fitting is undone. Kiryo's algorithm 1."""


def nnpu(
    logits: Tensor,
    positive: Tensor,
    unlabelled: Tensor,
    prior: float,
    balance: float | None = None,
    *,
    negative: NegativeRisk = NegativeRisk.CLAMP,
    step_back: float = 1.0,
    tolerance: float = 0.0,
) -> Tensor:
    """Non-negative positive-unlabelled loss with softplus, in both of its forms.

    The risk is ``prior * mean(sp(-p)) + max(0, r)`` with ``r = mean(sp(u)) - prior * mean(sp(p))`` (Kiryo et al.,
    NeurIPS 2017, eq. 6; Wang et al., arXiv 2606.25915). ``CLAMP`` minimises just that. ``STEP_BACK`` is Kiryo's
    algorithm 1: where ``r < -tolerance`` the gradient is that of ``-step_back * r`` alone; elsewhere it is that of the
    risk without the clamp. Its value is the same risk in either form, so that logs compare.

    Where positives are made and the unlabelled are nearly clean, ``prior`` is small and the positives would hardly
    weigh; ``balance`` then weighs the two risks as if positives were that share of the cells
    (Su et al., IJCAI 2021, eq. 9: ``balance`` for ``prior`` in front, ``(1 - balance) / (1 - prior)`` behind).

    Args:
        logits: Any shape; high means degraded.
        positive: Same shape, boolean: cells pseudo-labelled degraded.
        unlabelled: Same shape, boolean: every other cell that counts.
        prior: Share of degraded cells among the unlabelled, 0..1.
        balance: Share of positives to weigh for, 0..1; the published form unless given.
        negative: Which of the forms.
        step_back: Kiryo's gamma, 0..1: how far ``STEP_BACK`` goes back.
        tolerance: Kiryo's beta, at least 0: how far below zero ``r`` may fall before that.

    Returns:
        A scalar; zero (with a gradient of zero) when either set is empty, as such a batch is skipped.
    """
    p, u = logits[positive], logits[unlabelled]
    if p.numel() == 0 or u.numel() == 0:
        return logits.sum() * 0.0
    front = prior if balance is None else balance
    behind = 1.0 if balance is None else (1 - balance) / (1 - prior)
    missed = front * functional.softplus(-p).mean()
    false_alarm = behind * (functional.softplus(u).mean() - prior * functional.softplus(p).mean())
    clamped = missed + torch.clamp(false_alarm, min=0.0)
    if negative is NegativeRisk.CLAMP:
        return clamped
    followed = -step_back * false_alarm if false_alarm.item() < -tolerance else missed + false_alarm
    # The value of the risk, the gradient of what is followed.
    return followed + (clamped - followed).detach()


def degraded_bag(logits: Tensor, inside: Tensor, bag: Tensor, share: float = 0.3) -> Tensor:
    """A rejected photograph has degraded cells somewhere: its most suspect cells should say so.

    Multiple-instance form: the mean logit of the ``share`` highest cells inside the disc, against 1.

    Args:
        logits: B x 1 x H x W.
        inside: B x H x W boolean.
        bag: B boolean, True for photographs labelled reject.
        share: Share of the cells inside that stand for the photograph, 0..1.
    """
    chosen = torch.nonzero(bag).flatten()
    if chosen.numel() == 0:
        return logits.sum() * 0.0
    terms = []
    for index in chosen.tolist():
        cells = logits[index, 0][inside[index]]
        if cells.numel() == 0:
            continue
        top = torch.topk(cells, max(1, int(share * cells.numel()))).values
        terms.append(functional.softplus(-top.mean()))
    return torch.stack(terms).mean() if terms else logits.sum() * 0.0


def ranking(better: Tensor, worse: Tensor, margin: Tensor) -> Tensor:
    """Hinge on a known order: ``better`` should exceed ``worse`` by ``margin`` (all B, same scale)."""
    return functional.relu(margin - (better - worse)).mean()
