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


def soft_pool2d(x: Tensor, kernel: int) -> Tensor:
    """SoftPool over windows that do not overlap, each channel on its own.

    Source: Stergiou et al., "Refining activation downsampling with SoftPool", ICCV 2021, section 3; no ReLU before it.

    Args:
        x: float tensor (B, C, H, W); H and W are multiples of `kernel`.
        kernel: side of the square window, in positions.

    Returns:
        Float tensor (B, C, H / kernel, W / kernel).

    Raises:
        ValueError: H or W is no multiple of `kernel`.
    """
    channels, height, width = int(x.shape[1]), int(x.shape[2]), int(x.shape[3])
    if height % kernel or width % kernel:
        raise ValueError(f"a map of {height}x{width} cannot be cut into windows of {kernel}x{kernel}")
    rows, columns = height // kernel, width // kernel
    if columns > 1:
        x = x.reshape(-1, kernel, columns, kernel).transpose(1, 2)
    return softmax_weighted_sum(x.reshape(-1, channels, rows, columns, kernel * kernel))
