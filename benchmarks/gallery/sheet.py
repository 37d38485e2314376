"""The failures on one sheet: each picture beside the map that was made of it, what is hidden outlined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .failures import Judged

    Pixels = NDArray[np.uint8]

SIDE = 168
COLUMNS = 4
LINE = 13
OUTLINE = (90, 255, 130)


def _outlined(judged: Judged) -> Pixels:
    """The square that the map covers, so that both lie cell on cell."""
    picture = judged.case.rgb.copy()
    if judged.case.retina:
        edges, _ = cv2.findContours(judged.case.hidden.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, edges, -1, OUTLINE, 3, cv2.LINE_AA)
    x0, y0, x1, y1 = judged.assessment.box
    height, width = picture.shape[:2]
    square = np.zeros((y1 - y0, x1 - x0, 3), np.uint8)
    left, top, right, bottom = max(0, x0), max(0, y0), min(width, x1), min(height, y1)
    square[top - y0 : bottom - y0, left - x0 : right - x0] = picture[top:bottom, left:right]
    return np.asarray(cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _map_of(judged: Judged) -> Pixels:
    """The map in grey over the picture's square, black outside the field: white is degraded."""
    said = np.nan_to_num(judged.assessment.map, nan=0.0)
    grey = cv2.resize((255 * said).astype(np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def _tile(judged: Judged) -> Pixels:
    kind = "" if judged.kind is None else judged.kind.value
    name, _, rest = judged.told().partition(": ")
    lines = [kind, name, *rest.split("; ")]
    text = np.full((LINE * len(lines) + 6, 2 * SIDE, 3), 255, np.uint8)
    for number, line in enumerate(lines):
        colour = (150, 20, 20) if number == 0 else (30, 30, 30)
        cv2.putText(text, line, (3, LINE * (number + 1) - 2), cv2.FONT_HERSHEY_SIMPLEX, 0.33, colour, 1, cv2.LINE_AA)
    return np.vstack([np.hstack([_outlined(judged), _map_of(judged)]), text])


def sheet_of(failures: Sequence[Judged]) -> Pixels:
    """All of them, four in a row.

    Raises:
        ValueError: There are none.
    """
    if not failures:
        raise ValueError("nothing failed: there is no sheet to draw")
    tiles = [_tile(each) for each in failures]
    tiles = [np.pad(tile, ((0, 6), (0, 6), (0, 0)), constant_values=255) for tile in tiles]
    columns = min(COLUMNS, len(tiles))
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    return np.vstack(rows)


def as_jpeg(sheet: Pixels, largest: int) -> bytes:
    """The sheet as JPEG, in the best quality that stays within `largest` bytes.

    Raises:
        ValueError: Even the least quality is larger.
    """
    for quality in range(88, 34, -6):
        coded = bytes(cv2.imencode(".jpg", sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())
        if len(coded) <= largest:
            return coded
    raise ValueError(f"the sheet does not fit into {largest} bytes: draw fewer failures")
