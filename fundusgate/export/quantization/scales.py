"""From what a tensor's values were seen to be to the scale that 8 bits give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fundusgate.calibration.weight_codes import DEAD_SCALE, SIGNED_MOST, SMALLEST_SCALE

if TYPE_CHECKING:
    from fundusgate.calibration.tensor_range import TensorRange

UNSIGNED_MOST = 255


def signed_scale(seen: TensorRange) -> np.float32:
    """Scale of symmetric int8: value = scale x code, code in -127..127; always positive."""
    return np.float32(_positive(max(abs(seen.low), abs(seen.high)) / SIGNED_MOST))


def unsigned_scale(seen: TensorRange) -> tuple[np.float32, np.uint8]:
    """Scale and zero point of uint8: value = scale x (code - zero point); the scale is always positive."""
    full = seen.with_zero()
    scale = np.float32(_positive((full.high - full.low) / UNSIGNED_MOST))
    return scale, np.uint8(np.clip(np.rint(-full.low / scale), 0, UNSIGNED_MOST))


def _positive(scale: float) -> float:
    return DEAD_SCALE if scale == 0 else max(scale, SMALLEST_SCALE)
