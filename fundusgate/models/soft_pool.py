"""SoftPool, the pooling of FTHNet's distortion branch and of its hypernetwork."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def softmax_weighted_sum(values: Tensor) -> Tensor:
    """The sum of `values * softmax(values)` over the last axis.

    The softmax subtracts the largest value before it exponentiates, so that no activation can overflow.

    Args:
        values: float tensor (..., N).

    Returns:
        Float tensor (...), each element between the mean and the maximum of its N values.
    """
    return (values * values.softmax(dim=-1)).sum(dim=-1)


def soft_pool2d(x: Tensor, channels: int, side: int, kernel: int) -> Tensor:
    """SoftPool of square maps over windows that do not overlap, each channel on its own.

    Sizes are given, not read from the tensor, so that a traced graph holds no shape arithmetic.

    Source: Stergiou et al., "Refining activation downsampling with SoftPool", ICCV 2021, section 3; no ReLU before it.

    Args:
        x: float tensor (B, channels, side, side).
        channels: channels of the maps.
        side: side of the maps, in positions.
        kernel: side of the square window; divides `side`.

    Returns:
        Float tensor (B, channels, side / kernel, side / kernel).

    Raises:
        ValueError: `kernel` does not divide `side`.
    """
    if side % kernel:
        raise ValueError(f"a map of {side}x{side} cannot be cut into windows of {kernel}x{kernel}")
    count = side // kernel
    if count > 1:
        x = x.reshape(-1, kernel, count, kernel).transpose(1, 2)
    return softmax_weighted_sum(x.reshape(-1, channels, count, count, kernel * kernel))
