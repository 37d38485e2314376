"""Pseudo-labels on disk: a 16 x 16 indexed PNG a photograph, one table, and overlays to look at."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from fundusgate.visibility.labelling import DEGRADED, OUTSIDE, UNLABELLED, PseudoLabel
from fundusgate.visibility.missing import CELLS
from fundusgate.visibility.vessel_view import SIDE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

PALETTE = {OUTSIDE: (0, 0, 0), UNLABELLED: (150, 150, 150), DEGRADED: (213, 94, 0)}
COLUMNS = ("file", "label", "cells", "degraded", "share")


def write_label(label: PseudoLabel, path: Path) -> None:
    """The cells as an indexed PNG, 16 x 16; the index is the value, the palette is for people's eyes."""
    image = Image.fromarray(label.cells).convert("P")
    image.putpalette([value for _, colour in sorted(PALETTE.items()) for value in colour])
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def read_label(path: Path) -> NDArray[np.uint8]:
    """The 16 x 16 cells that `write_label` wrote: 0 outside, 1 unlabelled, 2 degraded.

    Raises:
        ValueError: It is no such picture.
    """
    with Image.open(path) as image:
        cells = np.asarray(image, np.uint8)
        if image.mode != "P" or cells.shape != (CELLS, CELLS) or cells.max() > DEGRADED:
            raise ValueError(f"{path}: not a label, which is an indexed PNG of {CELLS} x {CELLS} with values 0 to 2")
    return cells


def table_row(photograph: Path, file: Path, label: PseudoLabel) -> dict[str, object]:
    """One photograph's row: its file, its label's file, cells inside, degraded ones, and their share (1 of none)."""
    share = label.degraded / label.inside if label.inside else 1.0
    values = (photograph.as_posix(), file.as_posix(), label.inside, label.degraded, f"{share:.4f}")
    return dict(zip(COLUMNS, values, strict=True))


def write_table(rows: Iterable[dict[str, object]], path: Path) -> None:
    """Rows of `table_row` as a CSV."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def overlay(label: PseudoLabel) -> NDArray[np.uint8]:
    """Four panels in a row, 512 x 2048 x 3: photograph, seen vessels, expected vessels, degraded cells on it."""
    panels = [
        label.photograph.rgb,
        _plane(label.seen),
        _plane(label.expected),
        _marked(label.photograph.rgb, label.cells),
    ]
    return np.asarray(cv2.resize(np.hstack(panels), (SIDE * 8, SIDE * 2), interpolation=cv2.INTER_LINEAR), np.uint8)


def _plane(cover: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.dstack([np.round(np.clip(cover, 0, 1) * 255).astype(np.uint8)] * 3)


def _marked(rgb: NDArray[np.uint8], cells: NDArray[np.uint8]) -> NDArray[np.uint8]:
    degraded = cv2.resize((cells == DEGRADED).astype(np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST) > 0
    colour = np.array(PALETTE[DEGRADED], np.float32)
    return np.asarray(np.where(degraded[..., None], 0.5 * rgb + 0.5 * colour, rgb), np.uint8)
