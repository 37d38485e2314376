"""What turns predictions and truths into figures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.evaluation.data_sets.base import Item
    from fundusgate.evaluation.prediction import Prediction

T = TypeVar("T")
Seen = TypeVar("Seen")

REFERENCE = "fp32"
"""The precision that another is compared with."""


class ObservationError(ValueError):
    """A photograph and its truth do not belong together; the message says why."""


@dataclass(frozen=True)
class FigureKey:
    """Which figure.

    Attributes:
        reading: What of the prediction was read, such as "score network" or "map".
        metric: Such as "PLCC".
        fold: The test fold, or "mean of folds"; empty where the data set has none.
    """

    reading: str
    metric: str
    fold: str = ""


class Sample(ABC):
    """Every observation of one precision, ready to be measured again and again."""

    @abstractmethod
    def figures(self, counts: NDArray[np.int64]) -> dict[FigureKey, float]:
        """Measure.

        Args:
            counts: (n,) how often each observation counts; all 1 for the data set itself.

        Returns:
            Every figure, in the order to report; not-a-number where one is undefined.
        """


class Yardstick(ABC, Generic[T, Seen]):
    """One paper's way to measure."""

    @abstractmethod
    def observe(self, item: Item[T], prediction: Prediction) -> Seen:
        """Reduce a photograph to what its figures need; the photograph and its prediction may be forgotten then.

        Raises:
            ObservationError: Truth and photograph do not belong together.
        """

    @abstractmethod
    def gather(self, observations: Sequence[Seen]) -> Sample:
        """Make every observation ready, in the order given."""

    @abstractmethod
    def row(self, observation: Seen) -> dict[str, object]:
        """One photograph's truth and prediction for a table, plain values by column."""

    def remarks(self, observations: Mapping[str, Sequence[Seen]]) -> tuple[str, ...]:  # noqa: ARG002 - a default
        """Sentences that belong beside the figures, from what was seen; none unless a yardstick has some.

        Args:
            observations: By precision.
        """
        return ()

    @abstractmethod
    def draw(self, observations: Mapping[str, Sequence[Seen]], folder: Path) -> list[Path]:
        """Draw the plots.

        Args:
            observations: By precision.
            folder: Where to write; it exists.

        Returns:
            The files.

        Raises:
            OSError: One cannot be written.
        """
