"""Find the fundus disc: the circle that the camera's mask leaves of the retina.

The mask's rim is found, not the bright part of the retina: a photograph that is dark on one side keeps its circle.
Contour points of the difference to the surround are taken at several thresholds at once, so that a sharp rim (where
all thresholds agree) outvotes the soft edge of a shadow (where they do not), and a circle is fitted to them.
Nothing is scaled by the photograph's maximum: a nearly black frame stays nearly black.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.runtime.circle import Circle, find_stretch, fit_circles, votes_for
from fundusgate.runtime.rim import Surround, find_surround, level_counts, median_level, rim_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORKING_SIDE = 256
"""Longer side, in pixels, at which the disc is sought."""
SMALLEST_SIDE = 12
"""A frame with a shorter side than this, at working scale, has no room for a rim."""
SMALLEST_SHARE = 0.15
"""Share of all rim points that lie on a mask's circle: 0.25 and more on photographs, under 0.1 on other pictures."""
_ANGLES = (np.arange(180) + 0.5) / 180 * 2 * math.pi - math.pi
_ROUND = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
"""Points of the unit circle, one every two degrees (180 x 2)."""


@dataclass(frozen=True)
class Disc:
    """The circle of the camera's mask, in photograph pixels.

    Coordinates are continuous: pixel (0, 0) covers 0..1 in both directions, so its centre lies at (0.5, 0.5).
    The circle may reach past the frame. A disc that was stretched to an ellipse is given the circle about its
    centre of its mean radius (the square root of the product of its half axes).

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
    found = _find_in_window(rgb, (0, 0, width, height))
    if found is None:
        return Disc(width / 2, height / 2, max(width, height) / 2, bounded=False)
    if found.radius < 0.3 * max(width, height):
        # A small disc in a large frame was seen at few pixels: look again from closer by.
        reach = 1.3 * found.radius
        window = (
            max(0, math.floor(found.cx - reach)),
            max(0, math.floor(found.cy - reach)),
            min(width, math.ceil(found.cx + reach)),
            min(height, math.ceil(found.cy + reach)),
        )
        closer = _find_in_window(rgb, window)
        if closer is not None and _overlap(closer, found):
            found = closer
    return Disc(found.cx, found.cy, found.radius, bounded=True)


def _overlap(closer: Circle, found: Circle) -> bool:
    apart = math.hypot(closer.cx - found.cx, closer.cy - found.cy)
    return apart + abs(closer.radius - found.radius) < 0.2 * found.radius


def _find_in_window(rgb: NDArray[np.uint8], window: tuple[int, int, int, int]) -> Circle | None:
    """The mask's circle in a window (x0, y0, x1, y1) of the photograph, in the photograph's pixels."""
    x0, y0, x1, y1 = window
    small = _reduce(rgb[y0:y1, x0:x1])
    if min(small.shape[:2]) < SMALLEST_SIDE:
        return None
    circle = _find_at_working_scale(small)
    if circle is None:
        return None
    scale_x, scale_y = (x1 - x0) / small.shape[1], (y1 - y0) / small.shape[0]
    return Circle(x0 + circle.cx * scale_x, y0 + circle.cy * scale_y, circle.radius * math.sqrt(scale_x * scale_y))


def _reduce(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink to the working side: every n-th pixel down to about three times it, then by area (quick and smooth)."""
    height, width = rgb.shape[:2]
    longer = max(height, width)
    if longer <= WORKING_SIDE:
        return np.ascontiguousarray(rgb)
    step = max(1, longer // (3 * WORKING_SIDE))
    scale = WORKING_SIDE / longer
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    sampled = _sample(rgb, step)
    if sampled.size == 0:
        return np.zeros((1, 1, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(sampled, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _sample(rgb: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Every n-th pixel of every n-th row, from the middle of the first n on."""
    first = step // 2
    rows = rgb[first::step]
    whole = (rgb.shape[1] - first) // step
    if step == 1 or len(rows) == 0 or whole < 1:
        return np.ascontiguousarray(rows[:, first::step])
    # OpenCV gathers pixels of three bytes twice as quickly as NumPy, all but the last one of an uneven row
    even = cv2.resize(rows[:, first : first + step * whole], (whole, len(rows)), interpolation=cv2.INTER_NEAREST)
    last = rows[:, first + step * whole :: step]
    return np.asarray(np.concatenate([even, last], axis=1) if last.size else even, dtype=np.uint8)


def _find_at_working_scale(small: NDArray[np.uint8]) -> Circle | None:
    """The mask's circle at working scale, also in a photograph that was pasted on a plain page."""
    surround = find_surround(small)
    page = _pasted_rectangle(surround)
    if page is not None:
        x0, y0, x1, y1 = page
        circle = _fit_mask(find_surround(np.ascontiguousarray(small[y0:y1, x0:x1])))
        if circle is not None:
            return Circle(circle.cx + x0, circle.cy + y0, circle.radius)
    return _fit_mask(surround)


def _fit_mask(surround: Surround) -> Circle | None:
    """The circle that most rim points lie on, or None when none of them is a camera's mask."""
    shape = surround.shape
    tolerance = max(0.8, 0.005 * max(shape))
    points = rim_points(surround)
    circle = next(
        (
            circle
            for circle in fit_circles(points, shape, tolerance)
            if _has_rim(circle, points, surround, tolerance) and _has_plain_surround(circle, surround, tolerance)
        ),
        None,
    )
    if circle is None:
        return None
    if votes_for(circle, points, tolerance) < 0.6 * len(points):
        stretched = _stretched(circle, points, shape, tolerance)
        if stretched is not None:
            return stretched
    return circle if _share_on(circle, points, tolerance) >= SMALLEST_SHARE else None


def _share_on(circle: Circle, points: NDArray[np.float64], tolerance: float) -> float:
    return float((np.abs(circle.distances(points)) < tolerance).mean())


def _stretched(circle: Circle, points: NDArray[np.float64], shape: tuple[int, int], tolerance: float) -> Circle | None:
    """The circle of mean radius of an ellipse that clearly more rim points lie on than on the circle, if there is."""
    stretch = find_stretch(points, tolerance)
    squeeze = np.array([math.sqrt(stretch), 1 / math.sqrt(stretch)])
    squeezed = points * squeeze
    fitted = fit_circles(squeezed, (round(shape[0] * squeeze[1]), round(shape[1] * squeeze[0])), tolerance)
    if not fitted or votes_for(fitted[0], squeezed, tolerance) < 1.3 * votes_for(circle, points, tolerance):
        return None
    if _share_on(fitted[0], squeezed, tolerance) < SMALLEST_SHARE:
        return None
    return Circle(fitted[0].cx / float(squeeze[0]), fitted[0].cy / float(squeeze[1]), fitted[0].radius)


def _has_rim(circle: Circle, points: NDArray[np.float64], surround: Surround, tolerance: float) -> bool:
    """Whether rim points lie along at least three tenths of the circle's part in the frame."""
    height, width = surround.shape
    bins = len(_ROUND)
    x, y = circle.cx + circle.radius * _ROUND[:, 0], circle.cy + circle.radius * _ROUND[:, 1]
    in_frame = (x > 2) & (x < width - 2) & (y > 2) & (y < height - 2)
    on = points[np.abs(circle.distances(points)) < 2 * tolerance]
    around = (np.arctan2(on[:, 1] - circle.cy, on[:, 0] - circle.cx) + math.pi) / (2 * math.pi)
    seen = np.zeros(bins, dtype=bool)
    seen[(around * bins).astype(int) % bins] = True
    return int(in_frame.sum()) >= 4 and float(seen[in_frame].mean()) >= 0.3


def _has_plain_surround(circle: Circle, surround: Surround, tolerance: float) -> bool:
    """Whether it is plain outside the circle (a little text may stand there), and something else inside."""
    height, width = surround.shape
    down, across = (np.arange(height) + 0.5 - circle.cy) ** 2, (np.arange(width) + 0.5 - circle.cx) ** 2
    squared = across + down[:, None]
    outside = level_counts(surround, squared > (circle.radius + 2 * tolerance) ** 2)
    inside = level_counts(surround, squared < circle.radius**2)
    pixels_outside, pixels_inside = int(outside.sum()), int(inside.sum())
    if pixels_outside < 0.002 * height * width or pixels_inside == 0:
        return False
    # Light scatters past the rim of a bright disc; a dark disc has only the noise to stand out from.
    # (In single precision, so that a fifth of a whole level is not missed by a rounding.)
    plain = float(np.float32(max(1.5 * surround.threshold, 0.2 * median_level(inside))))
    differing, seen = outside[int(2 * plain) + 1 :].sum(), inside[int(2 * surround.threshold) + 1 :].sum()
    return bool(differing / pixels_outside < 0.2 and seen / pixels_inside > 0.15)


def _pasted_rectangle(surround: Surround) -> tuple[int, int, int, int] | None:
    """The box (x0, y0, x1, y1) of a photograph on a plain page, when what differs from the page is a rectangle."""
    mask = surround.above(surround.threshold)
    height, width = surround.shape
    rows = np.flatnonzero(np.count_nonzero(mask, axis=1) / width > 0.1)
    columns = np.flatnonzero(np.count_nonzero(mask, axis=0) / height > 0.1)
    if len(rows) == 0 or len(columns) == 0:
        return None
    # Two pixels in, past those that page and photograph share.
    x0, x1, y0, y1 = int(columns[0]) + 2, int(columns[-1]) - 1, int(rows[0]) + 2, int(rows[-1]) - 1
    whole = (x1 - x0) * (y1 - y0) > 0.94 * mask.size
    if whole or min(x1 - x0, y1 - y0) < SMALLEST_SIDE or mask[y0:y1, x0:x1].mean() < 0.97:
        return None
    return x0, y0, x1, y1
