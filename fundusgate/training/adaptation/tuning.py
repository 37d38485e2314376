"""A short fine-tuning of one part of a network, held near the weights that it began with."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor, nn

Network = TypeVar("Network", bound="nn.Module")


class Tuning(NamedTuple):
    """How far and how quickly a part may move.

    Attributes:
        learnt: Beginnings of the names of the parameters that learn.
        steps: Optimizer steps.
        rate: First learning rate; it falls on a half cosine to zero.
        nearness: Weight of the squared distance from the first weights (L2-SP: Li et al., ICML 2018).
        drawn: Views a step, in equal parts from every pool.
    """

    learnt: tuple[str, ...]
    steps: int
    rate: float
    nearness: float
    drawn: int


def tuned(
    before: Network,
    how: Tuning,
    pools: Sequence[Tensor],
    seed: int,
    loss: Callable[[Network, Tensor, torch.Generator], Tensor],
    tell: Callable[[], None],
) -> Network:
    """A copy of a network, one part of which has learnt.

    Args:
        before: The weights that it begins with, in evaluation mode; left as they are.
        how: What learns, how far.
        pools: Rows to draw from, a tensor of indices each; empty ones are passed over.
        seed: Of the order.
        loss: (network, rows drawn, chance) to the loss of one step.
        tell: Called after each step.
    """
    network = copy.deepcopy(before).eval()
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name.startswith(how.learnt))
    learnt = [parameter for parameter in network.parameters() if parameter.requires_grad]
    start = [parameter.detach().clone() for parameter in learnt]
    optimizer = torch.optim.AdamW(learnt, lr=how.rate, weight_decay=0.0)
    chance = torch.Generator().manual_seed(seed)
    filled = [pool for pool in pools if pool.numel()]
    for step in range(how.steps):
        for group in optimizer.param_groups:
            group["lr"] = how.rate * 0.5 * (1 + math.cos(math.pi * step / how.steps))
        each = (how.drawn // len(filled),)
        rows = torch.cat([pool[torch.randint(pool.numel(), each, generator=chance)] for pool in filled])
        away = torch.stack([(now - then).square().sum() for now, then in zip(learnt, start, strict=True)]).sum()
        value = loss(network, rows, chance) + how.nearness * away
        optimizer.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learnt, 5.0)
        optimizer.step()
        tell()
    return network.requires_grad_(True)
