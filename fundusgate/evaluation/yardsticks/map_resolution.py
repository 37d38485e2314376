"""A map of 16 x 16 cells brought to the resolution of an annotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fundusgate.evaluation.yardsticks.base import ObservationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.evaluation.prediction import Prediction

MOST_ASPECT_DIFFERENCE = 0.01
"""Annotation and photograph may differ in aspect by this share (rounding); beyond it they are different pictures."""


def at_annotation(prediction: Prediction, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Bring the map to an annotation's pixels.

    The map's value is taken to stand at each cell's centre, and a pixel's value is linear between the centres about it.
    Cells outside the visible field hold nothing that was trained; each first takes the value of the nearest cell
    inside, and pixels beyond the outermost centres take the nearest one's. With no cell inside, nothing is seen: 1.

    Args:
        prediction: Of the photograph.
        shape: Height and width of the annotation; its aspect is the photograph's.

    Returns:
        H x W float32, 0..1, 1 = degraded.

    Raises:
        ObservationError: The annotation has another aspect than the photograph.
    """
    height, width = shape
    tall, wide = prediction.size
    if abs(height * wide / (width * tall) - 1) > MOST_ASPECT_DIFFERENCE:
        raise ObservationError(
            f"the annotation is {width} x {height}, the photograph {wide} x {tall}: not the same picture."
            " Annotations of EyeQ's photographs lie on EyeQ's crop to 800 x 800: run its EyeQ_process_main.py first,"
            " or give the originals with --crop"
        )
    if not prediction.cells.any():
        return np.ones(shape, dtype=np.float32)
    x0, y0, x1, y1 = prediction.box
    filled = nearest_inside(prediction.map, prediction.cells).astype(np.float64)
    rows = _weights(height, tall, y0, y1, len(filled))
    columns = _weights(width, wide, x0, x1, len(filled))
    return np.clip(rows @ filled @ columns.T, 0, 1).astype(np.float32)


def nearest_inside(values: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Give each cell outside the value of the nearest one inside (the first in reading order, where several are).

    Args:
        values: (n, n).
        inside: (n, n) bool, at least one cell True.
    """
    rows, columns = np.nonzero(inside)
    place = np.indices(values.shape)
    away = (place[0][..., None] - rows) ** 2 + (place[1][..., None] - columns) ** 2
    nearest = away.argmin(axis=-1)
    return np.where(inside, values, values[rows[nearest], columns[nearest]]).astype(np.float32)


def _weights(steps: int, side: int, start: int, end: int, cells: int) -> NDArray[np.float64]:
    """(steps, cells) weights of linear interpolation between cell centres.

    Args:
        steps: Pixels of the annotation along an axis.
        side: Pixels of the photograph along it.
        start: Where the map begins, in the photograph's pixels.
        end: Where it ends.
        cells: Cells of the map along it.
    """
    places = (np.arange(steps, dtype=np.float64) + 0.5) * (side / steps)
    along = np.clip((places - start) * (cells / (end - start)) - 0.5, 0, cells - 1)
    before = np.asarray(np.minimum(along.astype(np.int64), cells - 2), dtype=np.int64)
    weights: NDArray[np.float64] = np.zeros((steps, cells))
    index: NDArray[np.int64] = np.arange(steps)
    weights[index, before] = 1 - (along - before)
    weights[index, before + 1] = along - before
    return weights
