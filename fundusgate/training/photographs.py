"""Labelled photographs: which file, which camera source, which patient, how good."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Quality(str, Enum):
    """Three-level label, as EyeQ and FQS have it."""

    GOOD = "good"
    USABLE = "usable"
    REJECT = "reject"


@dataclass(frozen=True)
class PhotographRecord:
    """One row of ``labels.csv``.

    Attributes:
        path: The image file.
        source: The data set, which stands for the camera and the way of labelling.
        patient: Patient identifier within the source; the file's own name where none is known.
        quality: Expert label, or None where nobody gave one.
        split: The source's own split (``train``, ``val``, ...), empty where it has none.
        weak: True when ``quality`` was derived from another label (a named opacity, say), not given as such.
        artifact: Named artefact such as ``lens_dust``, empty where none is named.
    """

    path: Path
    source: str
    patient: str
    quality: Quality | None
    split: str
    weak: bool
    artifact: str


class LabelsError(ValueError):
    """``labels.csv`` is missing or cannot be read as such."""


def read_records(folder: Path, source: str | None = None) -> list[PhotographRecord]:
    """Read ``labels.csv`` in ``folder``.

    Columns ``file`` and ``source`` are needed; ``quality``, ``patient``, ``split``, ``weak`` and ``artifact`` are
    used where they exist. Rows whose file is missing are an error, because a silently smaller set would go unnoticed.

    Args:
        folder: With the table and the photographs.
        source: Stands for the source where the table has no such column; without it such a table is an error.

    Raises:
        LabelsError: No such file, columns missing, an unknown label, or files missing.
    """
    table = folder / "labels.csv"
    if not table.is_file():
        raise LabelsError(
            f"{table} does not exist; --data wants a folder with labels.csv (columns file, source, quality)"
        )
    with table.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        needed = {"file", "source"} if source is None else {"file"}
        absent = needed - set(reader.fieldnames or ())
        if absent:
            raise LabelsError(f"{table} lacks the columns {', '.join(sorted(absent))}")
        records = [_record(folder, row, line, source) for line, row in enumerate(reader, start=2)]
    if not records:
        raise LabelsError(f"{table} has no rows")
    missing = [record.path for record in records if not record.path.is_file()]
    if missing:
        raise LabelsError(f"{len(missing)} of {len(records)} photographs of {table} are missing, first {missing[0]}")
    return records


def _record(folder: Path, row: dict[str, str], line: int, source: str | None) -> PhotographRecord:
    label = row.get("quality", "")
    try:
        quality = Quality(label) if label else None
    except ValueError:
        raise LabelsError(f"line {line}: quality {label!r} is none of good, usable, reject") from None
    return PhotographRecord(
        path=folder / row["file"],
        source=row.get("source") or source or "",
        patient=row.get("patient") or row["file"],
        quality=quality,
        split=row.get("split", ""),
        weak=row.get("weak") == "1",
        artifact=row.get("artifact", ""),
    )
