"""``efiqa-cp-edge`` as a student: the teacher's map, and the direction of its features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from fundusgate.distillation.students import MOST_MEASURED, LessonSamples, Nearness, Student, some
from fundusgate.distillation.teachers import PROJECTED
from fundusgate.export.accuracy.statistics import linear_correlation, rank_correlation
from fundusgate.models.efiqa_cp_edge import WIDTHS
from fundusgate.runtime.prepared import CELLS
from fundusgate.training.judging import MAP_SIDE
from fundusgate.training.samples import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch.utils.data import Dataset

    from fundusgate.distillation.lessons import Lesson, LessonBook
    from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge
    from fundusgate.training.loop import LossFunction

LEAST_SLOPE = 0.1
"""Of the student's first answers, as a share of the slope that would give them the teacher's spread."""


class _WithFeatures(nn.Module):
    """The edge network and, while training, a guess at the teacher's features."""

    def __init__(self, network: EfiqaCpEdge) -> None:
        super().__init__()
        self.network = network
        self.match = nn.Conv2d(WIDTHS[-1], PROJECTED, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map logits B x 16 x 16, retina logits B, features B x 64 x 16 x 16."""
        cells = self.network.features(x)
        outputs = self.network.answer(cells)
        return outputs.map_logits[:, 0], outputs.retina_logit[:, 0], self.match(cells)


class MapStudent(Student):
    """``efiqa-cp-edge``: the teacher's map, and the direction of its features where they are wanted.

    Args:
        features: Whether features are learnt, too.
    """

    learning_rate = 5e-4

    def __init__(self, *, features: bool) -> None:
        self._features = features

    def samples(self, book: LessonBook, pictures: Sequence[NDArray[np.uint8]], seed: int) -> Dataset[Any]:
        """Views at 512 px, and some pictures without a retina."""
        return LessonSamples(book, pictures, seed, MAP_SIDE)

    def while_training(self, network: nn.Module) -> nn.Module:
        """With a second head for features, which is dropped afterwards."""
        return _WithFeatures(cast("EfiqaCpEdge", network))

    def loss(self, before: nn.Module, book: LessonBook) -> LossFunction:
        """Logits in units of the teacher's own spread; features by their angle; the second output as it was."""
        told = [_map_of(lesson)[lesson.cells] for lesson in some(book, 200)]
        spread = max(1e-4, float(np.std(np.concatenate(told))))
        edge = cast("EfiqaCpEdge", before)

        def terms(network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
            images = normalised(batch["image"])
            logits, retina, features = network(images)
            cells = batch["cells"].float()
            off = functional.smooth_l1_loss(logits.float() / spread, batch["map"] / spread, reduction="none")
            said = {"map": (off * cells).sum() / cells.sum().clamp(min=1)}
            with torch.no_grad():
                was = edge.outputs(images).retina_logit.float()[:, 0].sigmoid()
            target = torch.where(batch["retina"], was, 0.0)
            said["retina"] = 0.3 * functional.binary_cross_entropy_with_logits(retina.float(), target)
            if self._features:
                angle = 1 - functional.cosine_similarity(features.float(), batch["features"], dim=1)
                said["features"] = 0.5 * (angle * cells).sum() / cells.sum().clamp(min=1)
            return said

        return terms

    def begin(self, network: nn.Module, book: LessonBook) -> None:
        """A slope and an offset, taken into the map's head, bring its logits to where the teacher's lie."""
        told, said = (np.concatenate(each) for each in zip(*self._pairs(network, some(book, 64)), strict=True))
        least = LEAST_SLOPE * float(np.std(told)) / max(1e-6, float(np.std(said)))
        slope = max(least, float(np.polyfit(said, told, 1)[0])) if np.std(said) > 0 else 1.0
        offset = float(told.mean() - slope * said.mean())
        head = cast("EfiqaCpEdge", network).map_head
        with torch.no_grad():
            head.weight.mul_(slope)
            cast("Tensor", head.bias).mul_(slope).add_(offset)

    def nearness(self, network: nn.Module, book: LessonBook) -> Nearness:
        """Over the cells in the field of every view."""
        pairs = self._pairs(network, some(book, MOST_MEASURED))
        told, said = (np.concatenate(each).astype(np.float64) for each in zip(*pairs, strict=True))
        error = float(np.sqrt(np.mean((_sigmoid(told) - _sigmoid(said)) ** 2)))
        return Nearness(linear_correlation(told, said), rank_correlation(told, said), error, len(told))

    @staticmethod
    def _pairs(network: nn.Module, lessons: Iterator[Lesson]) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        network.eval()
        pairs = []
        with torch.inference_mode():
            for lesson in lessons:
                logits = network(normalised(torch.from_numpy(lesson.rgb[None])))[0, 0].float().numpy()
                inside = lesson.cells
                if inside.any():
                    pairs.append((_map_of(lesson)[inside], logits[inside]))
        return pairs


def _map_of(lesson: Lesson) -> NDArray[np.float32]:
    if lesson.map_logits is None:
        raise ValueError(f"this lesson has no {CELLS} x {CELLS} map: its teacher gives scores")
    return lesson.map_logits


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-values)))
