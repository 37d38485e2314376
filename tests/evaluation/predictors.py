"""Predictors that say what a test tells them to, and count how often they were asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.runtime.backends.base import BackendError
from tests.evaluation.pictures import prediction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.evaluation.prediction import Prediction


class BrightnessPredictor:
    """The score is the picture's mean, 0..100: what `grey` paints is what it says.

    Args:
        precision: What it calls itself.
        offset: Added to each score.
        fails_at: The score of the picture on which it fails.
    """

    def __init__(self, precision: str = "fp32", offset: float = 0.0, fails_at: float | None = None) -> None:
        self.precision = precision
        self.identity = f"{precision}{offset}"
        self.asked = 0
        self._offset = offset
        self._fails_at = fails_at

    def predict(self, rgb: NDArray[np.uint8]) -> Prediction:
        self.asked += 1
        score = float(rgb.mean())
        if self._fails_at is not None and abs(score - self._fails_at) < 0.5:
            raise BackendError("output 'score' is not finite")
        return prediction(score=score + self._offset, side=rgb.shape[0])
