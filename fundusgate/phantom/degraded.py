"""What a degradation hands back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fundusgate.codes import CauseCode
    from fundusgate.phantom.arrays import Mask, UInt8Image


@dataclass(frozen=True)
class Degraded:
    """A photograph after one fault or several.

    Attributes:
        rgb: H x W x 3 uint8.
        hidden: H x W bool, True exactly where the faults made anatomy invisible; never outside the field, except that
            a picture that is no fundus hides everything.
        codes: The causes applied, in order; empty for none.
    """

    rgb: UInt8Image
    hidden: Mask
    codes: tuple[CauseCode, ...] = ()

    def hidden_fraction(self, field: Mask) -> float:
        """The share of the field's pixels that are hidden, 0..1."""
        return int(np.count_nonzero(self.hidden & field)) / max(1, int(np.count_nonzero(field)))
