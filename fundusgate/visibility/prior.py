"""The share of degraded cells in a set of photographs that nobody has marked: nnPU's prior for training on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.phantom.faults import degrade_locally
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.photograph import PhotographError, read_photograph
from fundusgate.runtime.prepared import CELLS
from fundusgate.runtime.preprocessing import frame_disc
from fundusgate.training.class_prior import PriorEstimate, best_bin, mean_ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.runtime import Assessor

SIDE = 512
HIDDEN = 0.5
"""A cell of a made fault is positive when at least this share of it is hidden, as in training."""


@dataclass(frozen=True)
class CellScores:
    """What the map says of cells.

    Attributes:
        positive: Of cells that a made fault hides, 0..1 each.
        unlabelled: Of every cell inside the disc of the photographs as they are.
        unreadable: Photographs that could not be read, with the reason.
    """

    positive: NDArray[np.float64]
    unlabelled: NDArray[np.float64]
    unreadable: tuple[str, ...]


@dataclass(frozen=True)
class PriorReport:
    """Two estimates of the same share, 0..1."""

    best_bin: PriorEstimate
    mean_ratio: float


def cell_scores(
    photographs: Sequence[Path], assessor: Assessor, seed: int, step: Callable[[], None] = lambda: None
) -> CellScores:
    """Ask the map about each photograph as it is, and once more with a local fault of known place.

    Args:
        photographs: The set, or a sample of it.
        assessor: The open bundle; best one that was not trained on these photographs.
        seed: Of the faults.
        step: Called after each photograph.
    """
    positive: list[float] = []
    unlabelled: list[float] = []
    unreadable: list[str] = []
    rng = np.random.default_rng(seed)
    for path in photographs:
        try:
            rgb = read_photograph(path)
        except PhotographError as error:
            unreadable.append(f"{path}: {error}")
            step()
            continue
        plain = assessor.assess(rgb).map
        unlabelled += plain[~np.isnan(plain)].tolist()
        framed = frame_disc(rgb, find_disc(rgb), SIDE)
        faulty = degrade_locally(framed.rgb, framed.inside, int(rng.integers(2**31)), float(rng.uniform(0.15, 1.0)))
        told = assessor.assess(faulty.rgb)
        hidden = cell_shares(faulty.hidden, told.box) >= HIDDEN
        positive += told.map[hidden & ~np.isnan(told.map)].tolist()
        step()
    return CellScores(np.array(positive), np.array(unlabelled), tuple(unreadable))


def cell_shares(mask: NDArray[np.bool_], box: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """Share of each of 16 x 16 cells of a square that a mask covers.

    Args:
        mask: H x W, of the whole photograph.
        box: x0, y0, x1, y1 of the square in its pixels; it may reach past the edges, where nothing is covered.
    """
    x0, y0, x1, y1 = box
    square = np.zeros((y1 - y0, x1 - x0), np.float32)
    height, width = mask.shape
    left, top, right, bottom = max(0, x0), max(0, y0), min(width, x1), min(height, y1)
    square[top - y0 : bottom - y0, left - x0 : right - x0] = mask[top:bottom, left:right]
    return np.asarray(cv2.resize(square, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32)


def estimate_prior(scores: CellScores) -> PriorReport:
    """Both estimates.

    Raises:
        ValueError: Too few cells, or a map that says 0 of every positive.
    """
    return PriorReport(best_bin(scores.positive, scores.unlabelled), mean_ratio(scores.positive, scores.unlabelled))
