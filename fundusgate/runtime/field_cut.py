"""The straight black bands that many cameras leave inside the circle: sensor edges, not retina, and not a fault.

A tabletop camera's field is often a circle cut flat at top and bottom. The disc finder gives the circle; the pixels
between the cut and the circle hold no picture, so they must count neither as dark retina nor as degraded cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLACK = 16
"""Level (0..255) of a row's brighter pixels below which the row holds no picture."""

STEP = 14
"""Rise in levels over the step's width that tells a camera's cut from the soft edge of a shadow."""

STEP_WIDTH = 0.02
"""Width of that rise, fraction of the square's side."""

DEEPEST = 0.30
"""A band deeper than this fraction of the side is a shadow or a lid, whatever its edge looks like."""

STRAIGHT = 0.6
"""Share of the line behind a cut that is lit: a straight edge lights nearly all of it, a round shadow its tip."""

_BRIGHTER = 0.9
_STRIDE = 4


def visible_field(rgb: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The inside of a framed fundus without the bands that the camera itself cut off.

    Args:
        rgb: (S, S, 3) uint8, the framed fundus.
        inside: (S, S) bool, disc and frame.

    Returns:
        (S, S) bool, a subset of `inside`; `inside` itself where nothing was cut.
    """
    brightest = np.asarray(cv2.max(cv2.max(rgb[..., 0], rgb[..., 1]), rgb[..., 2]), np.uint8)
    brightest = np.where(inside, brightest, np.uint8(0))
    field = inside.copy()
    for axis in (0, 1):
        lines = _Lines(brightest, inside, axis)
        for backwards in (False, True):
            depth = _band(lines, backwards=backwards)
            if depth and _straight(brightest, inside, axis, len(inside) - 1 - depth if backwards else depth):
                cut = slice(len(inside) - depth, None) if backwards else slice(0, depth)
                if axis == 0:
                    field[cut, :] = False
                else:
                    field[:, cut] = False
    return field


class _Lines:
    """The rows (axis 0) or columns (axis 1) of a square: how bright the brighter pixels of each are."""

    def __init__(self, brightest: NDArray[np.uint8], inside: NDArray[np.bool_], axis: int) -> None:
        # every fourth pixel of a line tells its brighter part well enough, in a quarter of the time
        lines = brightest[:, ::_STRIDE] if axis == 0 else brightest.T[:, ::_STRIDE]
        masks = inside[:, ::_STRIDE] if axis == 0 else inside.T[:, ::_STRIDE]
        # pixels outside are zero, so the quantile counts from the bright end
        self._lines = np.ascontiguousarray(lines)
        counts = np.count_nonzero(masks, axis=1)
        self._back = np.maximum(np.round((1 - _BRIGHTER) * counts), 1).astype(np.int64)
        self.counted = counts > 0
        self.lit = self.counted & (np.count_nonzero(self._lines >= BLACK, axis=1) >= self._back)

    def level(self, line: int) -> float:
        """Level of the brighter pixels of one line, 0..255."""
        return float(np.sort(self._lines[line])[self._lines.shape[1] - self._back[line]])


def _band(lines: _Lines, *, backwards: bool) -> int:
    """Depth in lines of the black band that starts (or ends) a square; zero where there is none."""
    way = slice(None, None, -1 if backwards else 1)
    counted, lit = np.flatnonzero(lines.counted[way]), np.flatnonzero(lines.lit[way])
    side = len(lines.lit)
    if not lit.size:
        return 0
    first_line, first_lit = int(counted[0]), int(lit[0])
    width = max(2, round(STEP_WIDTH * side))
    if first_lit - first_line < 2 or first_lit - first_line > DEEPEST * side:
        return 0
    before, after = max(first_lit - width, 0), min(first_lit + width, side - 1)
    if backwards:
        before, after = side - 1 - before, side - 1 - after
    # resizing and compression smear the edge by a line or two: the band reaches to where the rise is over
    if lines.level(after) - lines.level(before) < STEP:
        return 0
    return min(first_lit + max(1, width // 2), side)


def _straight(brightest: NDArray[np.uint8], inside: NDArray[np.bool_], axis: int, line: int) -> bool:
    """Whether the picture begins along the whole of a line, as behind a sensor's edge."""
    lines, masks = (brightest, inside) if axis == 0 else (brightest.T, inside.T)
    counted = masks[line]
    return bool(counted.any()) and float((lines[line][counted] >= BLACK).mean()) >= STRAIGHT
