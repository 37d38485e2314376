"""Weights as symmetric int8: one scale an output channel, and codes whose rounding errors cancel.

Calibration's half of what a graph's INT8 is, shared by the graphs that are written and by the fine-tuning that prepares
weights for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIGNED_MOST = 127
"""Symmetric int8 uses -127..127, so that no value has a negative without its own code."""
SMALLEST_SCALE = 2.0**-24
"""The smallest positive half-precision number: a smaller scale would become 0 in a half-precision graph, and TensorRT
refuses a scale that is not positive."""
DEAD_SCALE = 1.0 / SIGNED_MOST
"""For what was 0 all through calibration: it keeps -1..1."""


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
    """Weights as codes -127..127 whose rounding errors cancel.

    Each code is the weight over its scale rounded up or down, to the nearer where that is free. What is not free: the
    errors of one kernel, and of all that makes one output, add up to less than one half. Neighbouring values of a
    photograph are nearly equal, so an error of the sum is multiplied by their brightness while single errors cancel;
    filters that look for detail, whose weights sum to nearly 0, lose their answer otherwise. Source: the reasoning of
    Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019, section 4.2, on
    errors that do not average out, applied to the weights themselves.

    Args:
        weight: convolutions [O, I, H, W] (or [I, O, ...]), products [K, N].
        scales: float32 [channels].
        axis: runs over output channels.

    Returns:
        int8, of the weight's shape.
    """
    rows = np.moveaxis(weight, axis, 0)
    exact = rows.reshape(len(rows), -1) / scales[:, None].astype(np.float64)
    codes = np.rint(exact)
    kernel = int(np.prod(weight.shape[2:])) if weight.ndim > 2 else 1
    if kernel > 1:
        codes = _settle_sums(codes.reshape(-1, kernel), exact.reshape(-1, kernel)).reshape(exact.shape)
    codes = _settle_sums(codes, exact)
    return np.moveaxis(codes.reshape(rows.shape), 0, axis).astype(np.int8)


def _settle_sums(codes: NDArray[np.float64], exact: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move as few codes of each row by one as bring the row's sum nearest the exact one; those nearest a tie first."""
    error = codes - exact
    excess = np.rint(error.sum(axis=1))
    step = -np.sign(excess)[:, None]
    # A code at the end of its range cannot move outwards.
    free = np.abs(codes + step) <= SIGNED_MOST
    rank = np.argsort(np.argsort(np.where(free, error * step, np.inf), axis=1, kind="stable"), axis=1, kind="stable")
    return codes + np.where(free & (rank < np.abs(excess)[:, None]), step, 0)
