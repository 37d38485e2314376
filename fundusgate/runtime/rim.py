"""The rim of a camera's mask: what differs from the surround, and the outermost points of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = 5
"""Thresholds at which the rim is sought: a sharp rim is found by all of them at one place, a shadow's edge is not."""


@dataclass(frozen=True)
class Surround:
    """What lies around the disc.

    Attributes:
        difference: H x W float32, largest difference of a channel from the surround's colour, levels of 0..255.
        threshold: Level above which a difference is not the surround's noise.
    """

    difference: NDArray[np.float32]
    threshold: float


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
    medians = np.array([np.median(corner, axis=0) for corner in corners])
    agreeing = np.abs(medians[:, None] - medians[None, :]).max(axis=2) < 12
    # Among equally common colours the darker is the mask: cameras mask with black.
    chosen = min(range(4), key=lambda i: (-int(agreeing[i].sum()), float(medians[i].sum())))
    members = np.concatenate([corners[i] for i in range(4) if agreeing[chosen, i]])
    colour = np.median(members, axis=0)
    # channel by channel: numpy is slow along an axis of three
    channels = [
        np.abs(plane.astype(np.float32) - colour[i]) for i, plane in enumerate(cv2.split(cv2.medianBlur(rgb, 3)))
    ]
    difference = np.maximum(np.maximum(channels[0], channels[1]), channels[2])
    noise = float(np.percentile(np.abs(members - colour).max(axis=1), 75))
    return Surround(difference.astype(np.float32), threshold=1.5 + 2.0 * noise)


def rim_points(surround: Surround) -> NDArray[np.float64]:
    """Outermost points that differ from the surround, at several thresholds, off the frame's border.

    The thresholds run from the surround's noise to half of the retina's own brightness, in equal ratios.

    Args:
        surround: The difference from the surround.

    Returns:
        N x 2 float64: x and y, pixels, pixel (0, 0) covering 0..1.
    """
    differing = surround.difference[surround.difference > surround.threshold]
    bright = float(np.median(differing)) if len(differing) else 0.0
    highest = max(4.0 * surround.threshold, 0.5 * bright)
    found = []
    for level in np.geomspace(surround.threshold, highest, LEVELS):
        mask = _without_specks(surround.difference > level)
        found.append(_crossings(mask, surround.difference, float(level), transposed=False))
        found.append(_crossings(mask.T, surround.difference.T, float(level), transposed=True))
    return np.concatenate(found)


def _without_specks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop components that are specks or lines of text."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8, ltype=cv2.CV_16U)
    across = np.minimum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    along = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    # An arc that is long enough to tell a circle bulges; a line of text does not.
    line = (along > 4 * across) & (across < 0.045 * max(mask.shape))
    kept = (stats[:, cv2.CC_STAT_AREA] >= max(6, 0.001 * mask.size)) & ~line
    kept[0] = False
    return np.asarray(kept[labels], dtype=np.bool_)


def _crossings(
    mask: NDArray[np.bool_], values: NDArray[np.float32], level: float, *, transposed: bool
) -> NDArray[np.float64]:
    """First and last crossing of the level in each row, to a fraction of a pixel, less straight cuts."""
    lines = np.flatnonzero(mask.any(axis=1))
    length = mask.shape[1]
    rows = mask[lines]
    points = []
    for position, step in ((rows.argmax(axis=1), -1), (length - 1 - rows[:, ::-1].argmax(axis=1), 1)):
        # A contour on the border is where the frame ends, not where the retina does.
        free = (position > 1) & (position < length - 2) & (lines > 1) & (lines < mask.shape[0] - 2)
        inner, line = position[free], lines[free]
        within = values[line, inner]
        beyond = np.minimum(values[line, inner + step], level)
        along = inner + 0.5 + step * (within - level) / np.maximum(within - beyond, 1e-3)
        bent = ~_straight(along, extent=len(lines))
        along, line = along[bent], line[bent]
        points.append(np.stack([line + 0.5, along] if transposed else [along, line + 0.5], axis=1))
    return np.concatenate(points).astype(np.float64)


def _straight(along: NDArray[np.float64], extent: int) -> NDArray[np.bool_]:
    """Which crossings lie on one straight line parallel to the frame: a cut edge or a page's, not a rim.

    Of a circle that is `extent` high about 2.2 sqrt(extent) crossings lie within 1.2 pixels of its outermost point.
    """
    ordered = np.sort(along)
    within = np.searchsorted(ordered, along + 0.6, side="right") - np.searchsorted(ordered, along - 0.6)
    return np.asarray(within > 3.5 * np.sqrt(extent), dtype=np.bool_)
