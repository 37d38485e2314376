"""``fthnet-s`` as a student: the teacher's score, and the order in which it puts photographs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from fundusgate.distillation.students import MOST_MEASURED, LessonSamples, Nearness, Student, some
from fundusgate.export.accuracy.statistics import linear_correlation, rank_correlation
from fundusgate.training.judging import SCORE_SIDE
from fundusgate.training.losses import ranking
from fundusgate.training.samples import normalised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch.utils.data import Dataset

    from fundusgate.distillation.lessons import Lesson, LessonBook
    from fundusgate.training.loop import LossFunction

USUAL_SPREAD = 15.0
"""Standard deviation of a trained score over photographs of every quality, points."""


class ScoreStudent(Student):
    """``fthnet-s``: the teacher's score, and the order in which it puts the views of a batch."""

    learning_rate = 2e-4
    slow = ("network.conv1x1", "network.weight_conv", "network.bias_conv")

    def samples(self, book: LessonBook, pictures: Sequence[NDArray[np.uint8]], seed: int) -> Dataset[Any]:
        """Views at 384 px."""
        return LessonSamples(book, pictures, seed, SCORE_SIDE)

    def while_training(self, network: nn.Module) -> nn.Module:
        """The network, named as others are."""
        return _Named(network)

    def loss(self, before: nn.Module, book: LessonBook) -> LossFunction:
        """Smooth L1 on 0..1, in units of the teacher's own spread where that is small, and order."""
        del before
        spread = min(1.0, max(1e-3, float(np.std([_score_of(lesson) for lesson in some(book, 200)])) / USUAL_SPREAD))

        def terms(network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
            scores = network(normalised(batch["image"])).float() / spread
            target = batch["score"] / 100 / spread
            gap = target[:, None] - target[None]
            better, worse = scores[:, None].expand_as(gap)[gap > 0], scores[None].expand_as(gap)[gap > 0]
            order = ranking(better, worse, 0.7 * gap[gap > 0]) if better.numel() else scores.sum() * 0.0
            return {"score": 3 * functional.smooth_l1_loss(scores, target, beta=0.1), "order": order}

        return terms

    def begin(self, network: nn.Module, book: LessonBook) -> None:
        """The student's scale is the teacher's already: 0..1."""

    def nearness(self, network: nn.Module, book: LessonBook) -> Nearness:
        """Over all views."""
        network.eval()
        told, said = [], []
        with torch.inference_mode():
            for lesson in some(book, MOST_MEASURED):
                small = cv2.resize(lesson.rgb, (SCORE_SIDE, SCORE_SIDE), interpolation=cv2.INTER_AREA)
                said.append(100 * float(network(normalised(torch.from_numpy(small[None])))[0]))
                told.append(_score_of(lesson))
        one, other = np.asarray(told), np.asarray(said)
        error = float(np.sqrt(np.mean((one - other) ** 2)))
        return Nearness(linear_correlation(one, other), rank_correlation(one, other), error, len(told))


class _Named(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """B x 3 x 384 x 384 to scores B."""
        return cast("Tensor", self.network(x))


def _score_of(lesson: Lesson) -> float:
    if lesson.score is None:
        raise ValueError("this lesson has no score: its teacher gives maps")
    return lesson.score
