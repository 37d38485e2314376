"""Label a folder of photographs: one bad file never ends it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
from PIL import Image

from fundusgate.runtime.photograph import PhotographError, list_photographs, read_photograph
from fundusgate.visibility.label_files import overlay, table_row, write_label, write_table
from fundusgate.visibility.labelling import pseudo_label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fundusgate.visibility.missing import Rule
    from fundusgate.visibility.networks import VisibilityNetworks

TABLE = "labels.csv"
OVERLAYS = "overlays"


@dataclass(frozen=True)
class Labelled:
    """What was done.

    Attributes:
        labels: How many photographs have a label now.
        cells: Cells inside the disc, of all of them.
        degraded: Degraded cells, of all of them.
        unreadable: Photographs that could not be read, each with the reason.
    """

    labels: int
    cells: int
    degraded: int
    unreadable: tuple[str, ...]


def label_photographs(
    paths: Sequence[Path],
    out: Path,
    networks: VisibilityNetworks,
    rule: Rule,
    *,
    overlays: bool = True,
    stage: Callable[[int], Callable[[], None]] = lambda _total: lambda: None,
) -> Labelled:
    """Write a label for each photograph, the table, and overlays.

    Args:
        paths: Photographs, or folders to search with their subfolders.
        out: Folder to write to: the photographs' tree below their common folder, a PNG each, `labels.csv`, and
            `overlays`.
        networks: Both.
        rule: How cells are judged.
        overlays: Whether to draw them.
        stage: Told how many there are; what it gives is called after each.

    Raises:
        PhotographError: There are none.
        OSError: Something cannot be written.
    """
    cv2.setNumThreads(1)
    photographs = list_photographs(paths)
    absolute = [Path(os.path.abspath(path)) for path in photographs]  # noqa: PTH100 - links stay as they are named
    common = Path(os.path.commonpath([path.parent for path in absolute]))
    advance = stage(len(photographs))
    rows, unreadable, cells, degraded = [], [], 0, 0
    for photograph, place in zip(photographs, absolute, strict=True):
        inner = place.relative_to(common)
        try:
            rgb = read_photograph(photograph)
        except PhotographError as error:
            unreadable.append(f"{photograph}: {error}")
            advance()
            continue
        label = pseudo_label(rgb, networks, rule)
        file = inner.with_name(inner.name + ".png")
        write_label(label, out / file)
        if overlays:
            drawn = out / OVERLAYS / inner.with_name(inner.name + ".jpg")
            drawn.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(overlay(label)).save(drawn, quality=88)
        rows.append(table_row(photograph, file, label))
        cells, degraded = cells + label.inside, degraded + label.degraded
        advance()
    out.mkdir(parents=True, exist_ok=True)
    write_table(rows, out / TABLE)
    return Labelled(len(rows), cells, degraded, tuple(unreadable))
