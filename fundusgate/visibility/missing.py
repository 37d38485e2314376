"""From the vessels that are seen and those that should be there: which cells hide anatomy."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.visibility.vessel_view import SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELLS = 16
"""Cells a side, as the published map has them."""
DIFFERENT = 0.02
"""Difference of cover above which a pixel counts in the published rule."""
MOST_OF_A_CELL = 0.9
"""Share of a cell's pixels that must differ, in the published rule."""
LITTLE = 0.012
"""Mean cover of a cell that nothing is concluded from: a third of what a good photograph shows in the mean cell."""


FAINT = 0.15
"""Cover up to which a visible vessel counts as none. The vessel network is never quite sure of nothing; the inpainting
network would take that faint ground for the mark of a place without a hole, and fill nothing on a real photograph."""


class Rule(str, Enum):
    """How a cell is judged."""

    PUBLISHED = "published"
    """Wang et al. (arXiv 2606.25915): more than 0.02 of difference on at least 90 % of a cell's pixels."""
    MISSING_SHARE = "missing-share"
    """Ours: of the cover that is expected in and around a cell, the share that is missing."""


BAD_FROM = {Rule.PUBLISHED: MOST_OF_A_CELL, Rule.MISSING_SHARE: 0.6}
"""Measure of a rule at and above which a cell is bad; ours where F1 was best on made faults of training's sources."""


def firm(vessels: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map of visible vessels, 0..1, without its faint ground: 0 up to `FAINT`, linear to 1 from there."""
    return np.asarray(np.maximum(vessels - FAINT, 0) / (1 - FAINT), np.float32)


def measure(rule: Rule, seen: NDArray[np.float32], expected: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much speaks against each cell.

    Args:
        rule: How it is judged.
        seen: 256 x 256, visible vessels, share of cover 0..1.
        expected: 256 x 256, vessels that should be there, 0..1.

    Returns:
        16 x 16, 0..1; `BAD_FROM` says from where on a cell is bad.

    Raises:
        ValueError: A map of another size.
    """
    for plane in (seen, expected):
        if plane.shape != (SIDE, SIDE):
            raise ValueError(f"a vessel map of {plane.shape}: it must be {SIDE} x {SIDE} pixels")
    if rule is Rule.PUBLISHED:
        return cell_means(np.asarray(np.abs(seen - expected) > DIFFERENT, np.float32))
    # Missing alone: what is seen beyond expectation is no fault. A fault is wider than a cell, and a cell between two
    # vessels shows nothing either way, so its neighbours are heard too.
    missing = _with_neighbours(cell_means(np.maximum(expected - seen, 0)))
    there = _with_neighbours(cell_means(np.minimum(seen, expected)))
    return np.asarray(missing / (missing + there + LITTLE), np.float32)


def cell_means(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean over each of 16 x 16 cells of a 256 x 256 plane."""
    step = SIDE // CELLS
    return np.asarray(plane.reshape(CELLS, step, CELLS, step).mean(axis=(1, 3)), np.float32)


def _with_neighbours(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(cells, (3, 3), 0.8, borderType=cv2.BORDER_REPLICATE), np.float32)
