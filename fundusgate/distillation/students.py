"""What distillation must know of a network that learns, and the lessons as it sees them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from fundusgate.training.augmentation import another_camera, draw_camera, electronics
from fundusgate.training.judging import MAP_SIDE
from fundusgate.training.samples import without_retina

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fundusgate.distillation.lessons import Lesson, LessonBook
    from fundusgate.training.loop import LossFunction

NO_RETINA = 0.1
"""Share of pictures without a retina among a map student's, so that its second output is not forgotten."""
OTHER_CAMERA = 0.5
"""How often the student sees a view as another camera would take it; the teacher saw it as it was."""
MOST_MEASURED = 600
"""Lessons that a figure is of; more cost time and hardly narrow it."""


@dataclass(frozen=True)
class Nearness:
    """How near a student is to its teacher on photographs that it did not learn from.

    Attributes:
        linear: Pearson's correlation: of a map's logits over the cells in the field, or of scores over views.
        rank: Spearman's.
        error: Root mean square difference: of probabilities (0..1) for a map, of scores (0..100).
        count: Cells or views.
    """

    linear: float
    rank: float
    error: float
    count: int


class Student(ABC):
    """What distillation must know of a network that learns.

    Attributes:
        batch: Items a step.
        learning_rate: Peak.
        slow: Beginnings of the names (while training) of parameters that learn slowly.
    """

    batch = 8
    learning_rate: float
    slow: tuple[str, ...] = ()

    @abstractmethod
    def samples(self, book: LessonBook, pictures: Sequence[NDArray[np.uint8]], seed: int) -> Dataset[Any]:
        """Endless samples; item i is a function of (seed, i) alone."""

    @abstractmethod
    def while_training(self, network: nn.Module) -> nn.Module:
        """The network as ``network`` inside of what only training needs."""

    @abstractmethod
    def loss(self, before: nn.Module, book: LessonBook) -> LossFunction:
        """The loss; `before` is the network as it was."""

    @abstractmethod
    def begin(self, network: nn.Module, book: LessonBook) -> None:
        """Bring the student's answers to the teacher's scale, in place."""

    @abstractmethod
    def nearness(self, network: nn.Module, book: LessonBook) -> Nearness:
        """Measure on lessons."""


class LessonSamples(Dataset[dict[str, Tensor]]):
    """Lessons in random order, often as another camera would have taken them."""

    def __init__(self, book: LessonBook, pictures: Sequence[NDArray[np.uint8]], seed: int, side: int) -> None:
        self._book, self._pictures, self._seed, self._side = book, pictures, seed, side

    def __len__(self) -> int:
        return 2**31

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        cv2.setNumThreads(0)
        rng = np.random.default_rng((self._seed, index))
        lesson = self._book[int(rng.integers(len(self._book)))]
        rgb = lesson.rgb
        retina = lesson.map_logits is None or not self._pictures or rng.random() >= NO_RETINA
        if not retina:
            view = without_retina(self._pictures, MAP_SIDE, rng)
            rgb = view.taken(rng)
        elif rng.random() < OTHER_CAMERA:
            camera = draw_camera(rng)
            rgb = electronics(another_camera(rgb, lesson.inside, camera, rng), lesson.inside, camera, rng)
        if self._side != MAP_SIDE:
            rgb = np.asarray(cv2.resize(rgb, (self._side, self._side), interpolation=cv2.INTER_AREA), np.uint8)
        sample = {"image": torch.from_numpy(np.ascontiguousarray(rgb)), "retina": torch.tensor(retina)}
        if lesson.map_logits is not None:
            sample["map"] = torch.from_numpy(lesson.map_logits)
            sample["cells"] = torch.from_numpy(lesson.cells & retina)
        if lesson.features is not None:
            sample["features"] = torch.from_numpy(lesson.features)
        if lesson.score is not None:
            sample["score"] = torch.tensor(lesson.score, dtype=torch.float32)
        return sample


def some(book: LessonBook, most: int) -> Iterator[Lesson]:
    """As many lessons at most, evenly spread."""
    for index in np.linspace(0, len(book) - 1, min(most, len(book))).round().astype(int).tolist():
        yield book[index]
