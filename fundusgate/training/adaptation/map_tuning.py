"""Fine-tuning of the map network's last block, held near what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from fundusgate.training.adaptation import tuning
from fundusgate.training.adaptation.tuning import Tuning
from fundusgate.training.adaptation.views import last_block
from fundusgate.training.losses import degraded_bag, nnpu
from fundusgate.training.map_recipe import BALANCE, PRIOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge
    from fundusgate.training.adaptation.views import Views

STEPS = 60
BATCH = 12
REMEMBERED = 4
"""Views a step that hold what the network knew before."""
LEARNING_RATE = 1e-3
NEARNESS = 0.005
MARGIN = 1.5
"""Logits by which the mean of a photograph should lie above that of the next better label."""
LEARNT = ("stage4.1", "context", "map_head")


def tuned(
    before: EfiqaCpEdge, views: Views, remembered: Views, seed: int, tell: Callable[[], None] = lambda: None
) -> EfiqaCpEdge:
    """A copy of the network whose last block has learnt the camera; the statistics of its normalisation stay.

    Made faults on readable photographs say which cells are hidden (non-negative positive-unlabelled), rejects that
    some are, the labels' order ranks whole photographs; and on phantom eyes and pictures without a retina the network
    answers as it did before (Li and Hoiem, "Learning without forgetting", ECCV 2016).

    Args:
        before: The weights that are adapted, in evaluation mode.
        views: Of the photographs to learn from.
        remembered: What must not be forgotten.
        seed: Of the order.
        tell: Called after each step.
    """
    how = Tuning(LEARNT, STEPS, LEARNING_RATE, NEARNESS, BATCH)

    def loss(network: EfiqaCpEdge, rows: Tensor, chance: torch.Generator) -> Tensor:
        batch = views.at(rows)
        kept = remembered.at(torch.randint(len(remembered.owner), (REMEMBERED,), generator=chance))
        features = torch.cat([batch.features, kept.features]).float()
        with torch.autocast("cpu", torch.bfloat16):
            logits, retinas = last_block(network, features)
        logits, retinas = logits.float(), retinas.float()
        new = len(batch.owner)
        return _loss(logits[:new], batch) + _kept(logits[new:], retinas, batch, kept)

    return tuning.tuned(before, how, _pools(views), seed, loss, tell)


def _pools(views: Views) -> list[Tensor]:
    """Rows by what they teach, drawn in equal parts: made faults, and each label."""
    return [torch.nonzero(views.level == level).flatten() for level in (-1, 0, 1, 2)]


def _loss(logits: Tensor, batch: Views) -> Tensor:
    cells = nnpu(logits, batch.positive, batch.untouched, PRIOR, BALANCE)
    bag = degraded_bag(logits[:, None], batch.inside, batch.level == 0)
    inside = batch.inside.float()
    means = (logits * inside).sum((1, 2)) / inside.sum((1, 2)).clamp(min=1)
    # Every worse photograph of the batch beside every better one.
    gap = batch.level[None] - batch.level[:, None]
    ordered = (gap > 0) & (batch.level[:, None] >= 0)
    short = functional.relu(MARGIN * gap - (means[:, None] - means[None]))[ordered]
    return cells + 0.3 * bag + (0.5 * short.mean() if short.numel() else 0.0)


def _kept(logits: Tensor, retinas: Tensor, batch: Views, kept: Views) -> Tensor:
    maps = functional.smooth_l1_loss(logits, kept.map_before)
    # Whether there is a retina is a question of its own: nothing that is learnt here may move its answer.
    retina = functional.smooth_l1_loss(retinas, torch.cat([batch.retina_before, kept.retina_before]))
    return 0.5 * maps + 0.5 * retina
