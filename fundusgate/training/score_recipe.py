"""What the score network learns from, and how it is asked."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from fundusgate.models.efiqa_cp_edge import WIDTHS
from fundusgate.runtime.score_scale import map_worth
from fundusgate.training.losses import ranking
from fundusgate.training.samples import SCORE_CELLS, ScoreSamples, label_targets, normalised
from fundusgate.training.targets import NOT_A_FUNDUS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge
    from fundusgate.models.fthnet import FTHNet
    from fundusgate.training.frames import FrameStore

HYPERNETWORK = ("network.conv1x1", "network.weight_conv", "network.bias_conv")
"""The paper trains it more slowly than the backbone; 3,456 inputs to one number swing with every step otherwise."""
TAUGHT_SHARE = 0.5
"""How much of a target is the teacher's word. A class has one anchor for all its photographs; the teacher tells them
apart, and was never shown a score from which a source could be learnt."""


def score_samples(
    store: FrameStore, assumed_good: Sequence[str], pictures: Sequence[NDArray[Any]], seed: int
) -> ScoreSamples:
    """Labelled photographs with their class's mean opinion score, and those of readable sources as good."""
    return ScoreSamples(store, label_targets(store, assumed_good), pictures, seed)


class Teaching(NamedTuple):
    """What the map network says of a batch."""

    hidden: Tensor
    """B x 12 x 12, 0..1: probability that a cell is hidden."""
    features: Tensor
    """B x 160 x 12 x 12 of length 1: its last features."""


class ScoreAnswers(NamedTuple):
    """What one pass answers in training."""

    scores: Tensor
    """B, on 0..1."""
    hidden: Tensor
    """B x 12 x 12 logits, high where hidden."""
    features: Tensor
    """B x 160 x 12 x 12: a guess at the teacher's features, not normalised."""
    teaching: Teaching | None


class ScoreTraining(nn.Module):
    """FTHNet beside questions that only training asks: which cells are hidden, and what a map network sees there.

    One number a photograph is little to learn from; where a known degradation hides anatomy is 144 more, and a map
    network that was trained on anatomy says the same of photographs whose faults nobody made. The heads are dropped
    afterwards, so the network that is kept is the published one.

    Args:
        network: FTHNet, trained in place.
        teacher: The map network that is asked for comparison; None to learn from labels and made faults alone.
    """

    def __init__(self, network: FTHNet, teacher: EfiqaCpEdge | None) -> None:
        super().__init__()
        self.network = network
        self.visibility = nn.Conv2d(network.bbone.dims[-1], 1, 1)
        self.imitation = nn.Conv2d(network.bbone.dims[-1], WIDTHS[-1], 1)
        # In a tuple, so that it is no part of what is trained, averaged, or kept in checkpoints.
        self._teacher = () if teacher is None else (copy.deepcopy(teacher).eval().requires_grad_(requires_grad=False),)

    def forward(self, x: Tensor) -> ScoreAnswers:
        """B x 3 x 384 x 384 normalised."""
        semantic, features = self.network.bbone(x)
        return ScoreAnswers(
            self.network.judge(semantic, features),
            self.visibility(semantic)[:, 0],
            self.imitation(semantic),
            self._taught(x),
        )

    @torch.no_grad()
    def _taught(self, x: Tensor) -> Teaching | None:
        if not self._teacher:
            return None
        (teacher,) = self._teacher
        dtype = next(teacher.parameters()).dtype
        size = (teacher.input_size, teacher.input_size)
        larger = functional.interpolate(x.to(dtype), size, mode="bilinear").contiguous(
            memory_format=torch.channels_last
        )
        cells = teacher.features(larger)
        hidden = torch.sigmoid(teacher.answer(cells).map_logits.float())
        small = functional.interpolate(cells.float(), (SCORE_CELLS, SCORE_CELLS), mode="area")
        return Teaching(
            functional.interpolate(hidden, (SCORE_CELLS, SCORE_CELLS), mode="area")[:, 0],
            functional.normalize(small, dim=1),
        )


def with_questions(network: nn.Module, teacher: nn.Module | None) -> nn.Module:
    """FTHNet with its training-only heads and its teacher."""
    return ScoreTraining(cast("FTHNet", network), cast("EfiqaCpEdge | None", teacher))


def taught_targets(targets: Tensor, hidden: Tensor, inside: Tensor) -> Tensor:
    """Targets moved half way to what the teacher's map is worth.

    Args:
        targets: B, on 0..100, from labels and made faults.
        hidden: B x 12 x 12, the teacher's probabilities.
        inside: B x 12 x 12 boolean, the cells inside the disc.

    Returns:
        B, on 0..100; a picture without a retina keeps its target, whatever a map says of it.
    """
    share = (hidden * inside).sum((1, 2)) / inside.sum((1, 2)).clamp(min=1)
    worth = torch.from_numpy(map_worth(share.float().numpy())).to(targets.dtype)
    return torch.where(targets == NOT_A_FUNDUS, targets, (1 - TAUGHT_SHARE) * targets + TAUGHT_SHARE * worth)


def score_loss(network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Smooth L1 on the 0..1 scale (as FTHNet's paper), each photograph above its degraded copy, cells, imitation."""
    images, targets = batch["image"], batch["target"]
    pairs = images.shape[0]
    parameter = next(network.parameters())
    answers: ScoreAnswers = network(normalised(images.flatten(0, 1)).to(parameter.dtype))
    scores, logits = answers.scores.float().reshape(pairs, 2), answers.hidden.float()
    inside, known = batch["inside"].flatten(0, 1), batch["known"].flatten(0, 1)
    taught = answers.teaching
    wanted = targets if taught is None else taught_targets(targets.flatten(), taught.hidden, inside).reshape(pairs, 2)
    regression = functional.smooth_l1_loss(scores, wanted / 100, reduction="none", beta=0.1).mean(1)
    gap = (targets[:, 0] - targets[:, 1]).clamp(min=0) / 100
    terms = {
        "regression": (regression * batch["weight"]).mean() * 3,
        "ranking": ranking(scores[:, 0], scores[:, 1], 0.7 * gap),
        "cells": _mean_over(logits, batch["hidden"].flatten(0, 1).float(), known),
    }
    if taught is not None:
        terms["taught"] = 0.5 * _mean_over(logits, taught.hidden, inside & ~known)
        alike = functional.cosine_similarity(answers.features.float(), taught.features, dim=1)
        terms["imitation"] = 0.3 * ((1 - alike) * inside).sum() / inside.sum().clamp(min=1)
    return terms


def _mean_over(logits: Tensor, wanted: Tensor, cells: Tensor) -> Tensor:
    total = functional.binary_cross_entropy_with_logits(logits, wanted, weight=cells.float(), reduction="sum")
    return total / cells.sum().clamp(min=1)
