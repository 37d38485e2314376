"""The score network brought to a camera: an affine map of its score always, its head on request.

Both end up inside the network's own weights: the last level of the target network is linear in what the last two
writers give, so a slope and an offset of the score are a slope and an offset of those.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import torch
from torch.nn import functional

from fundusgate.training.adaptation.tuning import Tuning, tuned
from fundusgate.training.adaptation.views import drawn_views
from fundusgate.training.judging import BATCH, SCORE_SIDE
from fundusgate.training.losses import ranking
from fundusgate.training.samples import hidden_share, normalised
from fundusgate.training.targets import ANCHORS, degraded_target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor, nn

    from fundusgate.models.fthnet import FTHNet
    from fundusgate.training.adaptation.camera import CameraPhotograph
    from fundusgate.training.adaptation.views import DrawnView
    from fundusgate.training.photographs import Quality

TRUST = 0.3
"""Weight of the identity beside the photographs when the affine map is fitted, as a share of theirs."""
SLOPES = (0.3, 3.0)
STEPS = 60
STEP_VIEWS = 12
LEARNING_RATE = 1e-4
NEARNESS = 0.05
HEAD = ("conv1x1", "weight_conv", "bias_conv")


@dataclass(frozen=True)
class Affine:
    """A score on 0..100 becomes slope x score + offset."""

    slope: float = 1.0
    offset: float = 0.0

    def of(self, opinion: float) -> float:
        """The calibrated score, not clipped."""
        return self.slope * opinion + self.offset


def fit_affine(opinions: Sequence[float], labels: Sequence[Quality]) -> Affine:
    """The map that brings each label's scores to its mean opinion score, every label weighing alike.

    The identity at the three anchors is fitted along with ``TRUST`` of the weight, so that few photographs move little,
    and the slope stays within ``SLOPES``, so that the order of photographs stays.

    Args:
        opinions: Scores, high is good, on 0..100.
        labels: As many labels.
    """
    x = np.clip(np.asarray(opinions, np.float64), 0, 100)
    target = np.asarray([ANCHORS[label] for label in labels], np.float64)
    counts = {label: sum(each is label for each in labels) for label in set(labels)}
    weight = np.asarray([1 / (len(counts) * counts[label]) for label in labels], np.float64)
    anchors = np.asarray(list(ANCHORS.values()), np.float64)
    x, target = np.concatenate([x, anchors]), np.concatenate([target, anchors])
    weight = np.concatenate([weight, np.full(len(anchors), TRUST / len(anchors))])
    weight /= weight.sum()
    mean, aim = float(weight @ x), float(weight @ target)
    slope = float(weight @ ((x - mean) * (target - aim)) / (weight @ (x - mean) ** 2))
    slope = float(np.clip(slope, *SLOPES))
    return Affine(slope, aim - slope * mean)


@torch.no_grad()
def with_affine(network: FTHNet, affine: Affine) -> FTHNet:
    """A copy of the network whose score is the calibrated one."""
    calibrated = copy.deepcopy(network)
    for writer in (calibrated.weight_conv[-1], calibrated.bias_conv[-1]):
        cast("Tensor", writer.weight).mul_(affine.slope)
        cast("Tensor", writer.bias).mul_(affine.slope)
    cast("Tensor", calibrated.bias_conv[-1].bias).add_(affine.offset / 100)
    return calibrated


@dataclass(frozen=True, eq=False)
class ScoreViews:
    """Views as the head sees them; N of them.

    Attributes:
        semantic: N x C x 12 x 12 float16, the backbone's last stage.
        distortion: N x 384 float, its distortion vector.
        owner: N, the photograph's place.
        target: N float, mean opinion score on 0..1.
    """

    semantic: Tensor
    distortion: Tensor
    owner: Tensor
    target: Tensor

    def of(self, places: Sequence[int]) -> ScoreViews:
        """The views of some photographs."""
        return self.at(torch.nonzero(torch.isin(self.owner, torch.tensor(list(places)))).flatten())

    def at(self, rows: Tensor) -> ScoreViews:
        """Some of the views."""
        return ScoreViews(self.semantic[rows], self.distortion[rows], self.owner[rows], self.target[rows])


@torch.inference_mode()
def score_views(
    network: FTHNet,
    photographs: Sequence[CameraPhotograph],
    seed: int,
    tell: Callable[[], None] = lambda: None,
) -> ScoreViews:
    """The same views as the map's, at the score network's size, through its frozen backbone."""
    drawn = list(drawn_views(photographs, seed))
    parts: list[tuple[Tensor, Tensor]] = []
    for start in range(0, len(drawn), BATCH):
        batch = drawn[start : start + BATCH]
        pixels = [cv2.resize(each.rgb, (SCORE_SIDE, SCORE_SIDE), interpolation=cv2.INTER_AREA) for each in batch]
        semantic, distortion = network.bbone(normalised(torch.from_numpy(np.stack(pixels))))
        parts.append((semantic.half().contiguous(), distortion.float()))
        for _ in batch:
            tell()
    return ScoreViews(
        semantic=torch.cat([semantic for semantic, _ in parts]),
        distortion=torch.cat([distortion for _, distortion in parts]),
        owner=torch.tensor([each.owner for each in drawn]),
        target=torch.tensor([_target(each, photographs) / 100 for each in drawn]),
    )


def _target(drawn: DrawnView, photographs: Sequence[CameraPhotograph]) -> float:
    anchor = ANCHORS[photographs[drawn.owner].quality]
    return degraded_target(anchor, hidden_share(drawn.view), drawn.view.strength) if drawn.level < 0 else anchor


def head_tuned(before: FTHNet, views: ScoreViews, seed: int, tell: Callable[[], None] = lambda: None) -> FTHNet:
    """A copy of the network whose hypernetwork has learnt the camera's labels; the backbone stays.

    Args:
        before: The weights that are adapted, in evaluation mode.
        views: Of the photographs to learn from.
        seed: Of the order.
        tell: Called after each step.
    """
    levels = [views.target < 0.55, (views.target >= 0.55) & (views.target < 0.75), views.target >= 0.75]
    how = Tuning(HEAD, STEPS, LEARNING_RATE, NEARNESS, STEP_VIEWS)

    def loss(network: FTHNet, rows: Tensor, _chance: torch.Generator) -> Tensor:
        batch = views.at(rows)
        semantic = batch.semantic.float()
        with torch.autocast("cpu", torch.bfloat16):
            scores = network.judge(semantic, batch.distortion)
        return _score_loss(scores.float(), batch.target)

    return tuned(before, how, [torch.nonzero(level).flatten() for level in levels], seed, loss, tell)


def _score_loss(scores: Tensor, target: Tensor) -> Tensor:
    gap = target[:, None] - target[None]
    ordered = gap > 0.02
    better, worse = scores[:, None].expand_as(gap)[ordered], scores[None].expand_as(gap)[ordered]
    order = ranking(better, worse, 0.7 * gap[ordered]) if better.numel() else scores.sum() * 0.0
    return 3 * functional.smooth_l1_loss(scores, target, beta=0.1) + order


def opinions_of(network: nn.Module, photographs: Sequence[CameraPhotograph]) -> list[float]:
    """The network's scores of the photographs as they were taken, 0..100, not clipped."""
    from fundusgate.training.judging import score_opinions

    return score_opinions(network, [each.framed for each in photographs])
