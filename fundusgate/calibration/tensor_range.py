"""The range of one tensor's values."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class TensorRange:
    """The values that 8 bits must cover.

    Attributes:
        low: the least.
        high: the greatest.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse what is no range.

        Raises:
            ValueError: an end is not finite, or they are the wrong way round.
        """
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise ValueError(f"[{self.low}, {self.high}] is no range: calibrate again on other photographs")

    def with_zero(self) -> TensorRange:
        """The smallest range that also holds 0, which padding and ReLU need to be exact."""
        return TensorRange(min(self.low, 0.0), max(self.high, 0.0))
