"""The rim of a camera's mask: what differs from the surround, and the outermost points of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

_Whole = TypeVar("_Whole", np.uint8, np.uint16)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEVELS = 5
"""Thresholds at which the rim is sought: a sharp rim is found by all of them at one place, a shadow's edge is not."""
_MOST_HALVES = 2 * 255


@dataclass(frozen=True)
class Surround:
    """What lies around the disc.

    Attributes:
        halves: H x W uint16, largest difference of a channel from the surround's colour, in half levels, 0..510: the
            surround's colour is a median of whole levels, so that nothing lies between.
        threshold: Level (0..255) above which a difference is not the surround's noise.
    """

    halves: NDArray[np.uint16]
    threshold: float

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, pixels."""
        height, width = self.halves.shape
        return height, width

    def above(self, level: float) -> NDArray[np.bool_]:
        """H x W bool, where the difference is larger than a level (0 and up)."""
        return np.asarray(self.halves > min(int(2 * level), _MOST_HALVES), dtype=np.bool_)


def level_counts(surround: Surround, where: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of the pixels in a mask (H x W) have each difference, 0..510 half levels (511)."""
    counts = cv2.calcHist([surround.halves], [0], where.view(np.uint8), [_MOST_HALVES + 1], [0, _MOST_HALVES + 1])
    return counts.ravel().astype(np.int64)


def median_level(counts: NDArray[np.int64]) -> float:
    """The median of differences that were counted by half levels, as a level; zero for none.

    Counting them is several times as quick as sorting them, and as exact.
    """
    upto = counts.cumsum()
    count = int(upto[-1])
    if count == 0:
        return 0.0
    lower, upper = np.searchsorted(upto, [(count - 1) // 2, count // 2], side="right")
    return float(lower + upper) / 4


def find_surround(rgb: NDArray[np.uint8]) -> Surround:
    """Take the colour on which most corners agree as the surround's, and its spread there as the noise.

    Args:
        rgb: Photograph at working scale, H x W x 3 uint8.

    Returns:
        The difference from the surround, and the threshold of its noise.
    """
    height, width = rgb.shape[:2]
    side = max(2, round(0.02 * max(height, width)))
    corners = [
        rgb[rows, columns].reshape(-1, 3).astype(np.float32)
        for rows in (slice(0, side), slice(height - side, height))
        for columns in (slice(0, side), slice(width - side, width))
    ]
    medians = np.array([_middle(corner) for corner in corners])
    agreeing = np.abs(medians[:, None] - medians[None, :]).max(axis=2) < 12
    # Among equally common colours the darker is the mask: cameras mask with black.
    chosen = min(range(4), key=lambda i: (-int(agreeing[i].sum()), float(medians[i].sum())))
    members = np.concatenate([corners[i] for i in range(4) if agreeing[chosen, i]])
    colour = _middle(members)
    # channel by channel: numpy is slow along an axis of three
    channels = [
        cv2.LUT(plane, _half_levels_from(float(colour[i]))) for i, plane in enumerate(cv2.split(cv2.medianBlur(rgb, 3)))
    ]
    halves = np.asarray(cv2.max(cv2.max(channels[0], channels[1]), channels[2]), dtype=np.uint16)
    return Surround(halves, threshold=1.5 + 2.0 * _third_quartile(np.abs(members - colour).max(axis=1)))


def _middle(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Medians along the first axis, by sorting: of a handful of values the quickest way."""
    ordered = np.sort(values, axis=0)
    return np.asarray((ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]) / 2, dtype=np.float32)


def _third_quartile(values: NDArray[np.float32]) -> float:
    ordered = np.sort(values)
    whole, rest = divmod(3 * (len(values) - 1), 4)
    lower, upper = float(ordered[whole]), float(ordered[min(whole + 1, len(values) - 1)])
    return lower + rest / 4 * (upper - lower)


def _half_levels_from(level: float) -> NDArray[np.uint16]:
    """How far each of 0..255 is from a whole or half level, in half levels (256)."""
    return np.abs(2 * np.arange(256) - round(2 * level)).astype(np.uint16)


def rim_points(surround: Surround) -> NDArray[np.float64]:
    """Outermost points that differ from the surround, at several thresholds, off the frame's border.

    The thresholds run from the surround's noise to half of the retina's own brightness, in equal ratios.

    Args:
        surround: The difference from the surround.

    Returns:
        N x 2 float64: x and y, pixels, pixel (0, 0) covering 0..1.
    """
    bright = median_level(level_counts(surround, surround.above(surround.threshold)))
    highest = max(4.0 * surround.threshold, 0.5 * bright)
    levels = np.geomspace(surround.threshold, highest, LEVELS)
    masks = [_without_specks(surround.above(float(level))) for level in levels]
    upright = _crossings(masks, surround.halves, levels)
    lying = _crossings([_turned(mask) for mask in masks], _turned(surround.halves), levels)
    found = []
    for rows, columns in zip(upright, lying, strict=True):
        found += [rows, columns[:, ::-1]]
    return np.concatenate(found)


def _turned(picture: NDArray[_Whole]) -> NDArray[_Whole]:
    """Rows as columns, in memory too."""
    return np.asarray(cv2.transpose(picture), dtype=picture.dtype)


def _without_specks(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Drop components that are specks or lines of text: H x W uint8, 1 where something is kept."""
    binary = mask.view(np.uint8)
    count, found = cv2.connectedComponents(binary, connectivity=8, ltype=cv2.CV_16U)
    labels = np.asarray(found, dtype=np.uint16)
    if count > 256:
        return _kept(labels, count).take(labels)
    # as bytes: counted, looked for and looked up several times as quickly
    narrow = labels.astype(np.uint8)
    kept = _kept(narrow, count)
    return binary if kept[1:].all() else np.asarray(cv2.LUT(narrow, np.resize(kept, 256)), dtype=np.uint8)


def _kept(labels: NDArray[np.uint8] | NDArray[np.uint16], count: int) -> NDArray[np.uint8]:
    """Which of the components (the surround is the first) are to be kept: count uint8, 0 or 1."""
    areas = cv2.calcHist([labels], [0], None, [count], [0, count]).ravel()
    large = areas >= max(6, 0.001 * labels.size)
    large[0] = False
    thin = 0.045 * max(labels.shape)
    # what has more pixels than fit into the longest line is none
    for component in np.flatnonzero(large & (areas < thin * max(labels.shape))):
        _, _, width, height = cv2.boundingRect((labels == component).view(np.uint8))
        across, along = min(width, height), max(width, height)
        # An arc that is long enough to tell a circle bulges; a line of text does not.
        large[component] = not (along > 4 * across and across < thin)
    return large.view(np.uint8)


def _crossings(
    masks: Sequence[NDArray[np.uint8]], halves: NDArray[np.uint16], levels: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """First and last crossing of each level in each row, to a fraction of a pixel, less straight cuts.

    Args:
        masks: For each of L levels H x W uint8, 1 where the difference is above it.
        halves: H x W uint16, the difference in half levels.
        levels: L float64, in levels.

    Returns:
        For each level N x 2 float64: where along its row a crossing lies, and the middle of the row.
    """
    height, width = halves.shape
    first = np.stack([mask.view(np.bool_).argmax(axis=1) for mask in masks])
    last = width - 1 - np.stack([cv2.flip(mask, 1).view(np.bool_).argmax(axis=1) for mask in masks])
    every = np.arange(height)
    crossed = np.stack([mask[every, columns] for mask, columns in zip(masks, first, strict=True)]).view(np.bool_)
    extents = np.count_nonzero(crossed, axis=1)
    # A contour on the border is where the frame ends, not where the retina does.
    crossed[:, :2] = False
    crossed[:, height - 2 :] = False
    found: list[list[NDArray[np.float64]]] = [[] for _ in levels]
    for position, step in ((first, -1), (last, 1)):
        which, line = np.nonzero(crossed & (position > 1) & (position < width - 2))
        inner = position[which, line]
        level = levels.astype(np.float32)[which]
        within = _levels_at(halves, line, inner)
        beyond = np.minimum(_levels_at(halves, line, inner + step), level)
        along = inner + 0.5 + step * (within - level) / np.maximum(within - beyond, np.float32(1e-3))
        points = np.empty((len(along), 2))
        points[:, 0] = along
        points[:, 1] = line + 0.5
        starts = np.searchsorted(which, np.arange(len(levels) + 1))
        for number, (begin, end) in enumerate(pairwise(starts)):
            straight = _straight(along[begin:end], int(extents[number]))
            own = points[begin:end]
            found[number].append(own if straight is None else own[~straight])
    return [np.concatenate(parts) for parts in found]


def _levels_at(halves: NDArray[np.uint16], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
    return halves[rows, columns] * np.float32(0.5)


def _straight(along: NDArray[np.float64], extent: int) -> NDArray[np.bool_] | None:
    """Which crossings lie on one straight line parallel to the frame: a cut edge or a page's, not a rim.

    Of a circle that is `extent` high about 2.2 sqrt(extent) crossings lie within 1.2 pixels of its outermost point.

    Returns:
        A bool for each; None where none does.
    """
    most = 3.5 * np.sqrt(extent)
    ordered = np.sort(along)
    reach = int(most)
    # without so many neighbours anywhere, there is nothing to look for; the margin is for rounding
    if len(ordered) <= reach or float((ordered[reach:] - ordered[: len(ordered) - reach]).min()) > 1.2 + 1e-6:
        return None
    within = np.searchsorted(ordered, along + 0.6, side="right") - np.searchsorted(ordered, along - 0.6)
    return np.asarray(within > most, dtype=np.bool_)
