"""From what a tensor's values were seen to be to the scale that 8 bits give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fundusgate.calibration.weight_codes import DEAD_SCALE, SIGNED_MOST, SMALLEST_SCALE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.calibration.tensor_range import TensorRange

UNSIGNED_MOST = 255
SMALLEST_NORMAL = 2.0**-14
"""The smallest half-precision number with all of its digits."""


def signed_scale(seen: TensorRange) -> np.float32:
    """Scale of symmetric int8: value = scale x code, code in -127..127; always positive."""
    return np.float32(_positive(max(abs(seen.low), abs(seen.high)) / SIGNED_MOST))


def unsigned_scale(seen: TensorRange) -> tuple[np.float32, np.uint8]:
    """Scale and zero point of uint8: value = scale x (code - zero point); the scale is always positive."""
    full = seen.with_zero()
    scale = np.float32(_positive((full.high - full.low) / UNSIGNED_MOST))
    return scale, np.uint8(np.clip(np.rint(-full.low / scale), 0, UNSIGNED_MOST))


def half_scales(exact: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scales as half precision holds them: what is positive never becomes 0.

    Args:
        exact: positive, any shape.

    Returns:
        float32 of the same shape: the nearest half-precision numbers, at most 2**-11 away; under the smallest normal
        one, 2**-14, where they lie 2**-24 apart, the next that is not below, so that no code is cut off.
    """
    nearest = exact.astype(np.float16)
    above = np.nextafter(nearest, np.float16(np.inf))
    short = (nearest.astype(np.float32) < exact) & (exact < SMALLEST_NORMAL)
    return np.where(short, above, nearest).astype(np.float32)


def _positive(scale: float) -> float:
    return DEAD_SCALE if scale == 0 else max(scale, SMALLEST_SCALE)
