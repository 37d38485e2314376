"""Find the fundus disc: the circle that the camera's mask leaves of the retina.

The mask's rim is found, not the bright part of the retina: a photograph that is dark on one side keeps its circle.
Contour points of the difference to the surround are taken at several thresholds at once, so that a sharp rim (where
all thresholds agree) outvotes the soft edge of a shadow (where they do not), and a circle is fitted to them by random
sample consensus (Fischler and Bolles, Communications of the ACM 24(6), 1981), refined by geometric least squares.
Nothing is scaled by the photograph's maximum: a nearly black frame stays nearly black.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORKING_SIDE = 256
"""Longer side, in pixels, at which the disc is sought."""
SMALLEST_SIDE = 12
"""A frame with a shorter side than this has no room for a rim; it gets its own stand-in."""


@dataclass(frozen=True)
class Disc:
    """The circle of the camera's mask, in photograph pixels.

    Coordinates are continuous: pixel (0, 0) covers 0..1 in both directions, so its centre lies at (0.5, 0.5).
    The circle may reach past the frame. A disc that was stretched to an ellipse is given the circle that fits its
    rim best, which is about its mean radius.

    Attributes:
        cx: Centre from the left, pixels.
        cy: Centre from the top, pixels.
        radius: Radius, pixels, above zero.
        bounded: False when no camera mask was found; the circle is then the frame's own stand-in, its centre and
            half of its longer side.
    """

    cx: float
    cy: float
    radius: float
    bounded: bool


@dataclass(frozen=True)
class _Surround:
    """What lies around the disc: `difference` (H x W float32, levels from the surround's colour) and its noise."""

    difference: NDArray[np.float32]
    threshold: float


def find_disc(rgb: NDArray[np.uint8]) -> Disc:
    """Find the circle of the camera's mask.

    Args:
        rgb: Photograph, H x W x 3 uint8, RGB, of any size.

    Returns:
        The circle, in the photograph's pixels; the frame's stand-in with `bounded` False when there is no mask.

    Raises:
        ValueError: The array is not H x W x 3 uint8 or is empty.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or rgb.size == 0:
        raise ValueError(f"a photograph is H x W x 3 uint8 RGB, not {rgb.shape} {rgb.dtype}: convert it first")
    height, width = rgb.shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        return _stand_in(width, height)
    small = _reduce(rgb)
    small_height, small_width = small.shape[:2]
    if min(small_height, small_width) < SMALLEST_SIDE:
        return _stand_in(width, height)
    scale_x, scale_y = width / small_width, height / small_height
    circle = _find_circle(small)
    if circle is None:
        return _stand_in(width, height)
    cx, cy, radius = circle
    return Disc(cx * scale_x, cy * scale_y, radius * math.sqrt(scale_x * scale_y), bounded=True)


def _stand_in(width: int, height: int) -> Disc:
    return Disc(width / 2, height / 2, max(width, height) / 2, bounded=False)


def _reduce(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink to the working side: every n-th pixel down to about four times it, then by area (quick and smooth)."""
    longer = max(rgb.shape[:2])
    if longer <= WORKING_SIDE:
        return rgb
    height, width = rgb.shape[:2]
    step = max(1, longer // (4 * WORKING_SIDE))
    scale = WORKING_SIDE / longer
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    sampled = np.ascontiguousarray(rgb[step // 2 :: step, step // 2 :: step])
    return np.asarray(cv2.resize(sampled, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _find_circle(small: NDArray[np.uint8]) -> tuple[float, float, float] | None:
    """The mask's circle at working scale, also in a photograph that was pasted on a plain page."""
    surround = _surround(small)
    circle = _fit_rim(surround)
    if circle is not None:
        return circle
    page = _pasted_rectangle(surround)
    if page is None:
        return None
    x0, y0, x1, y1 = page
    circle = _fit_rim(_surround(small[y0:y1, x0:x1]))
    return None if circle is None else (circle[0] + x0, circle[1] + y0, circle[2])


def _surround(small: NDArray[np.uint8]) -> _Surround:
    """Take the colour on which most corners agree as the surround's, and its spread there as the noise."""
    height, width = small.shape[:2]
    side = max(2, round(0.02 * max(height, width)))
    corners = [
        small[rows, columns].reshape(-1, 3).astype(np.float32)
        for rows in (slice(0, side), slice(height - side, height))
        for columns in (slice(0, side), slice(width - side, width))
    ]
    medians = np.array([np.median(corner, axis=0) for corner in corners])
    apart = np.abs(medians[:, None] - medians[None, :]).max(axis=2)
    agreeing = apart < 12
    # Among equally common colours the darker is the mask: cameras mask with black.
    chosen = min(range(4), key=lambda i: (-int(agreeing[i].sum()), float(medians[i].sum())))
    members = np.concatenate([corners[i] for i in range(4) if agreeing[chosen, i]])
    colour = np.median(members, axis=0)
    difference = np.abs(cv2.medianBlur(small, 3).astype(np.float32) - colour).max(axis=2)
    noise = float(np.percentile(np.abs(members - colour).max(axis=1), 75))
    return _Surround(difference.astype(np.float32), threshold=max(4.0, 2.0 * noise + 2.0))


def _rim_points(surround: _Surround) -> NDArray[np.float64]:
    """Outermost points (N x 2, x and y) that differ from the surround, at five thresholds, off the frame's border."""
    height, width = surround.difference.shape
    found = []
    smallest = max(6, round(0.001 * height * width))
    for factor in (1.0, 1.6, 2.6, 4.2, 6.8):
        level = surround.threshold * factor
        mask = (surround.difference > level).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        large = stats[:, cv2.CC_STAT_AREA] >= smallest
        large[0] = False
        found.append(_outermost(large[labels], surround.difference, level))
    return np.concatenate(found)


def _outermost(foreground: NDArray[np.bool_], difference: NDArray[np.float32], level: float) -> NDArray[np.float64]:
    """First and last foreground crossing of each row and column, to a fraction of a pixel."""
    points = []
    for mask, values, transposed in ((foreground, difference, False), (foreground.T, difference.T, True)):
        lines = np.flatnonzero(mask.any(axis=1))
        length = mask.shape[1]
        first = mask[lines].argmax(axis=1)
        last = length - 1 - mask[lines][:, ::-1].argmax(axis=1)
        for position, step in ((first, -1), (last, 1)):
            # A contour on the border is where the frame ends, not where the retina does.
            free = (position > 1) & (position < length - 2) & (lines > 1) & (lines < mask.shape[0] - 2)
            inner, line = position[free], lines[free]
            within = values[line, inner]
            beyond = np.minimum(values[line, inner + step], level)
            along = inner + 0.5 + step * (within - level) / np.maximum(within - beyond, 1e-3)
            across = line + 0.5
            points.append(np.stack([across, along] if transposed else [along, across], axis=1))
    return np.concatenate(points).astype(np.float64)


def _fit_rim(surround: _Surround) -> tuple[float, float, float] | None:
    """The circle that most rim points lie on, or None when none of them is a camera's mask."""
    height, width = surround.difference.shape
    points = _rim_points(surround)
    if len(points) < 12:
        return None
    rng = np.random.default_rng(0)
    longer = max(height, width)
    tolerance = max(0.8, 0.005 * longer)
    sample = points if len(points) <= 700 else rng.choice(points, 700, replace=False)
    circles = _circles_through(points[rng.integers(0, len(points), size=(600, 3))])
    plausible = (
        (circles[:, 2] > 0.1 * min(height, width))
        & (circles[:, 2] < 0.9 * longer)
        & (np.abs(circles[:, 0] - width / 2) < 0.75 * width)
        & (np.abs(circles[:, 1] - height / 2) < 0.75 * height)
    )
    circles = circles[plausible]
    if len(circles) == 0:
        return None
    votes = _votes(circles, sample, tolerance)
    best: tuple[float, tuple[float, float, float]] | None = None
    for index in np.argsort(votes)[::-1][:6]:
        refined = _refine(circles[index], points, tolerance)
        if refined is None or not _is_mask(refined, points, surround, tolerance):
            continue
        vote = float(_votes(np.array([refined]), points, tolerance)[0])
        if best is None or vote > best[0]:
            best = (vote, refined)
    return None if best is None else best[1]


def _circles_through(triples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Circles (M x 3: cx, cy, radius) through triples of points (M x 3 x 2); nearly straight triples are left out."""
    a, b, c = triples[:, 0], triples[:, 1] - triples[:, 0], triples[:, 2] - triples[:, 0]
    twice_area = 2 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    bent = np.abs(twice_area) > 20
    a, b, c, twice_area = a[bent], b[bent], c[bent], twice_area[bent]
    bb, cc = (b**2).sum(axis=1), (c**2).sum(axis=1)
    dx = (c[:, 1] * bb - b[:, 1] * cc) / twice_area
    dy = (b[:, 0] * cc - c[:, 0] * bb) / twice_area
    return np.stack([a[:, 0] + dx, a[:, 1] + dy, np.hypot(dx, dy)], axis=1)


def _votes(circles: NDArray[np.float64], points: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """Points on each circle, less half of those outside it: a shadow lies inside the mask, nothing lies outside."""
    distance = np.hypot(points[:, 0] - circles[:, :1], points[:, 1] - circles[:, 1:2]) - circles[:, 2:]
    on = (np.abs(distance) < tolerance).sum(axis=1)
    outside = (distance > 2 * tolerance).sum(axis=1)
    return np.asarray(on - 0.5 * outside, dtype=np.float64)


def _refine(
    circle: NDArray[np.float64], points: NDArray[np.float64], tolerance: float
) -> tuple[float, float, float] | None:
    """Gauss-Newton on the distances of the points near the circle; None when they do not fix a circle."""
    cx, cy, radius = (float(value) for value in circle)
    for reach in (3.0, 2.0, 1.5, 1.5):
        dx, dy = points[:, 0] - cx, points[:, 1] - cy
        away = np.maximum(np.hypot(dx, dy), 1e-6)
        near = np.abs(away - radius) < reach * tolerance
        if near.sum() < 10:
            return None
        jacobian = np.stack([dx[near] / away[near], dy[near] / away[near], np.ones(int(near.sum()))], axis=1)
        normal = jacobian.T @ jacobian
        # The standard error of the worst-known parameter, for rim points known to the tolerance: a short arc
        # fixes no circle.
        if np.linalg.eigvalsh(normal)[0] < 1e-9:
            return None
        error = tolerance * math.sqrt(float(np.linalg.inv(normal).diagonal().max()))
        if error > 0.05 * radius:
            return None
        step = np.linalg.solve(normal, jacobian.T @ (away[near] - radius))
        cx, cy, radius = cx + float(step[0]), cy + float(step[1]), radius + float(step[2])
    return cx, cy, radius


def _is_mask(
    circle: tuple[float, float, float], points: NDArray[np.float64], surround: _Surround, tolerance: float
) -> bool:
    """Whether a circle is a camera's mask: a rim along it, and plain surround outside it."""
    cx, cy, radius = circle
    height, width = surround.difference.shape
    angles = np.linspace(-math.pi, math.pi, 180, endpoint=False)
    x, y = cx + radius * np.cos(angles), cy + radius * np.sin(angles)
    in_frame = (x > 2) & (x < width - 2) & (y > 2) & (y < height - 2)
    if in_frame.sum() < 4:
        return False
    dx, dy = points[:, 0] - cx, points[:, 1] - cy
    on = np.abs(np.hypot(dx, dy) - radius) < 2 * tolerance
    bins = ((np.arctan2(dy[on], dx[on]) + math.pi) / (2 * math.pi) * 180).astype(int) % 180
    supported = np.zeros(180, dtype=bool)
    supported[bins] = True
    if supported[in_frame].mean() < 0.3:
        return False
    rows, columns = np.mgrid[:height, :width]
    away = np.hypot(columns + 0.5 - cx, rows + 0.5 - cy)
    outside = away > radius + 2 * tolerance
    if outside.mean() < 0.002:
        return False
    return bool((surround.difference[outside] > 1.5 * surround.threshold).mean() < 0.2)


def _pasted_rectangle(surround: _Surround) -> tuple[int, int, int, int] | None:
    """The box (x0, y0, x1, y1) of a photograph on a plain page, when what differs from the page is a rectangle."""
    mask = surround.difference > surround.threshold
    rows, columns = np.flatnonzero(mask.mean(axis=1) > 0.1), np.flatnonzero(mask.mean(axis=0) > 0.1)
    if len(rows) == 0 or len(columns) == 0:
        return None
    x0, x1, y0, y1 = int(columns[0]), int(columns[-1]) + 1, int(rows[0]), int(rows[-1]) + 1
    whole = (x1 - x0) * (y1 - y0) > 0.98 * mask.size
    if whole or min(x1 - x0, y1 - y0) < SMALLEST_SIDE or mask[y0:y1, x0:x1].mean() < 0.95:
        return None
    return x0, y0, x1, y1
