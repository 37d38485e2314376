"""Fit one circle to points of which many lie elsewhere.

Random sample consensus (Fischler and Bolles, Communications of the ACM 24(6), 1981), then geometric least squares
by Gauss-Newton steps. The random numbers are seeded: the same points give the same circle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HYPOTHESES = 400
"""Circles tried; with a third of the points on the rim about fifteen of them are right."""
REFINED = 5
"""Best hypotheses that are refined."""
LARGEST_STRETCH = 1.4
"""Ellipses further from a circle than this are no stretched camera mask."""
WORST_ERROR = 0.05
"""Standard error of centre or radius, as a share of the radius, above which points fix no circle."""
_TOGETHER = 64
"""Circles whose votes are counted at once."""


@dataclass(frozen=True)
class Circle:
    """A circle: centre and radius, in the unit and the coordinates of the points it was fitted to."""

    cx: float
    cy: float
    radius: float

    def distances(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Signed distance of each point (N x 2) from the circle, above zero outside (N)."""
        return np.asarray(np.hypot(points[:, 0] - self.cx, points[:, 1] - self.cy) - self.radius, dtype=np.float64)


def fit_circles(points: NDArray[np.float64], shape: tuple[int, int], tolerance: float) -> list[Circle]:
    """Circles that many of the points lie on, the one with most first.

    A point outside a circle counts against it, a point inside does not: a shadow lies inside the camera's mask, but
    little lies outside.

    Args:
        points: N x 2 (x, y), pixels.
        shape: Height and width of the frame; centres lie at most half a frame outside it.
        tolerance: Distance, pixels, up to which a point is on a circle.

    Returns:
        At most `REFINED` circles; none when the points fix no circle.
    """
    if len(points) < 12:
        return []
    height, width = shape
    rng = np.random.default_rng(0)
    circles = _circles_through(points[rng.integers(0, len(points), size=(HYPOTHESES, 3))])
    plausible = (
        (circles[:, 2] > 4)
        & (circles[:, 2] < 0.9 * max(shape))
        & (np.abs(circles[:, 0] - width / 2) < width)
        & (np.abs(circles[:, 1] - height / 2) < height)
    )
    circles = circles[plausible]
    if len(circles) == 0:
        return []
    sample = points if len(points) <= 400 else rng.choice(points, 400, replace=False)
    best = np.argsort(_votes(circles, sample, tolerance))[::-1][:REFINED]
    x, y = np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1])
    refined = [circle for circle in (_refine(circles[index], x, y, tolerance) for index in best) if circle]
    if not refined:
        return []
    votes = _votes(np.array([(circle.cx, circle.cy, circle.radius) for circle in refined]), points, tolerance)
    return [refined[index] for index in sorted(range(len(refined)), key=lambda index: -votes[index])]


def votes_for(circle: Circle, points: NDArray[np.float64], tolerance: float) -> float:
    """How many points speak for a circle: those on it, less half of those outside it (at most half of the former).

    Args:
        circle: The circle.
        points: N x 2 (x, y), pixels.
        tolerance: Distance, pixels, up to which a point is on a circle.

    Returns:
        The votes, 0 to N.
    """
    return float(_votes(np.array([(circle.cx, circle.cy, circle.radius)]), points, tolerance)[0])


def find_stretch(points: NDArray[np.float64], tolerance: float) -> float:
    """How much higher than wide the ellipse (axes along the frame) is that most of the points lie on.

    Args:
        points: N x 2 (x, y), pixels.
        tolerance: Distance, pixels, up to which a point is on an ellipse.

    Returns:
        Height over width, `1 / LARGEST_STRETCH` to `LARGEST_STRETCH`; 1 when the points fix no ellipse.
    """
    if len(points) < 16:
        return 1.0
    rng = np.random.default_rng(0)
    middle, scale = points.mean(axis=0), points.std() + 1e-6
    x, y = np.moveaxis((points[rng.integers(0, len(points), size=(2 * HYPOTHESES, 4))] - middle) / scale, 2, 0)
    # x^2 + a y^2 + b x + c y + d = 0
    system = np.stack([y**2, x, y, np.ones_like(x)], axis=2)
    solvable = np.abs(np.linalg.det(system)) > 1e-3
    if not solvable.any():
        return 1.0
    a, b, c, d = np.linalg.solve(system[solvable], -(x[solvable] ** 2)[..., None])[..., 0].T
    fitting = (a > LARGEST_STRETCH**-2) & (a < LARGEST_STRETCH**2)
    a, b, c, d = a[fitting], b[fitting], c[fitting], d[fitting]
    squared = b**2 / 4 + c**2 / (4 * a) - d
    real = squared > 0.25
    if not real.any():
        return 1.0
    a, b, c, radius = a[real], b[real], c[real], np.sqrt(squared[real])
    sample = (points if len(points) <= 400 else rng.choice(points, 400, replace=False)) - middle
    px, py = sample[:, 0] / scale, sample[:, 1] / scale
    on = []
    for start in range(0, len(a), _TOGETHER):
        piece = slice(start, start + _TOGETHER)
        away, up = px + b[piece, None] / 2, py + (c[piece] / (2 * a[piece]))[:, None]
        away *= away
        up *= up
        up *= a[piece, None]
        away += up
        np.sqrt(away, out=away)
        away -= radius[piece, None]
        np.abs(away, out=away)
        away *= scale
        on.append(_count(away < tolerance))
    return float(1 / np.sqrt(a[np.concatenate(on).argmax()]))


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
    """Points on each circle, less half of those outside it but at most half of those on it."""
    x, y = points[:, 0].astype(np.float32), points[:, 1].astype(np.float32)
    votes = []
    # in pieces that stay in the processor's cache
    for start in range(0, len(circles), _TOGETHER):
        cx, cy, radius = circles[start : start + _TOGETHER].astype(np.float32).T[:, :, None]
        distance, dy = x - cx, y - cy
        distance *= distance
        dy *= dy
        distance += dy
        np.sqrt(distance, out=distance)
        distance -= radius
        outside = _count(distance > 2 * tolerance)
        on = _count(np.abs(distance, out=distance) < tolerance)
        votes.append(on - 0.5 * np.minimum(outside, on))
    return np.concatenate(votes)


def _count(where: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of each row are true (M x N to M)."""
    return np.asarray(cv2.reduce(where.view(np.uint8), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel(), dtype=np.int64)


def _refine(
    start: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], tolerance: float
) -> Circle | None:
    """Gauss-Newton on the distances of the points near the circle; None when they do not fix one."""
    cx, cy, radius = (float(value) for value in start)
    for reach in (3.0, 2.0, 1.5, 1.5):
        dx, dy = x - cx, y - cy
        away = np.hypot(dx, dy)
        np.maximum(away, 1e-6, out=away)
        beside = away - radius
        near = np.flatnonzero(np.abs(beside) < reach * tolerance)
        if len(near) < 10:
            return None
        jacobian = np.empty((len(near), 3))
        away = away.take(near)
        np.divide(dx.take(near), away, out=jacobian[:, 0])
        np.divide(dy.take(near), away, out=jacobian[:, 1])
        jacobian[:, 2] = 1
        normal = jacobian.T @ jacobian
        if not _fixes(normal, tolerance, radius):
            return None
        step = np.linalg.solve(normal, jacobian.T @ beside.take(near))
        cx, cy, radius = cx + float(step[0]), cy + float(step[1]), radius + float(step[2])
        if radius <= 0:
            return None
    return Circle(cx, cy, radius)


def _fixes(normal: NDArray[np.float64], tolerance: float, radius: float) -> bool:
    """Whether points with these normal equations (3 x 3) fix a circle.

    A short arc fixes none: what counts is the error of the worst-known parameter, for points known to the tolerance.
    """
    (a, b, c), (_, d, e), (_, _, f) = normal.tolist()
    minors = d * f - e * e, a * f - c * c, a * d - b * b
    determinant = a * minors[0] - b * (b * f - c * e) + c * (b * e - c * d)
    if determinant > 1e-6 * (a + d + f) ** 3:
        # far from singular: the inverse's diagonal is known to ten digits without LAPACK, unless it is a close call
        error = tolerance * math.sqrt(max(minors) / determinant)
        if error < 0.999 * WORST_ERROR * radius:
            return True
    if np.linalg.eigvalsh(normal)[0] < 1e-9:
        return False
    return tolerance * math.sqrt(float(np.linalg.inv(normal).diagonal().max())) <= WORST_ERROR * radius
