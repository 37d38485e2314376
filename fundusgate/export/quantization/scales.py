"""From what a tensor's values were seen to be to the scale that 8 bits give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.calibration.tensor_range import TensorRange

SIGNED_MOST = 127
"""Symmetric int8 uses -127..127, so that no value has a negative without its own code."""
UNSIGNED_MOST = 255
SMALLEST_SCALE = 2.0**-24
"""The smallest positive half-precision number: a smaller scale would become 0 in a half-precision graph, and TensorRT
refuses a scale that is not positive."""
DEAD_SCALE = 1.0 / SIGNED_MOST
"""For a tensor that was 0 all through calibration: it keeps -1..1."""


def signed_scale(seen: TensorRange) -> np.float32:
    """Scale of symmetric int8: value = scale x code, code in -127..127; always positive."""
    return np.float32(_positive(max(abs(seen.low), abs(seen.high)) / SIGNED_MOST))


def unsigned_scale(seen: TensorRange) -> tuple[np.float32, np.uint8]:
    """Scale and zero point of uint8: value = scale x (code - zero point); the scale is always positive."""
    full = seen.with_zero()
    scale = np.float32(_positive((full.high - full.low) / UNSIGNED_MOST))
    return scale, np.uint8(np.clip(np.rint(-full.low / scale), 0, UNSIGNED_MOST))


def channel_scales(weight: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Scales of symmetric int8 weights, one an output channel.

    Args:
        weight: any shape.
        axis: runs over output channels.

    Returns:
        float32 [channels], every one positive.
    """
    others = tuple(other for other in range(weight.ndim) if other != axis)
    most = np.abs(weight).max(axis=others) / SIGNED_MOST
    return np.where(most == 0, DEAD_SCALE, np.maximum(most, SMALLEST_SCALE)).astype(np.float32)


def to_int8(weight: NDArray[np.float32], scales: NDArray[np.float32], axis: int) -> NDArray[np.int8]:
    """Weights as codes -127..127, rounded half to even as QuantizeLinear does."""
    shape = [1] * weight.ndim
    shape[axis] = -1
    codes = np.rint(weight / scales.reshape(shape))
    return np.asarray(np.clip(codes, -SIGNED_MOST, SIGNED_MOST), dtype=np.int8)


def _positive(scale: float) -> float:
    return DEAD_SCALE if scale == 0 else max(scale, SMALLEST_SCALE)
