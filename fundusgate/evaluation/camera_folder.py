"""One camera's photographs in a folder, labelled in one of three ways or not at all."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from fundusgate.runtime.photograph import PhotographError, list_photographs

if TYPE_CHECKING:
    from pathlib import Path


class Label(str, Enum):
    """What somebody who knows said of a photograph."""

    GOOD = "good"
    """Everything can be read."""
    USABLE = "usable"
    """Some faults; what matters can be read."""
    REJECT = "reject"
    """Not to be read."""


FOLDERS = {"good": Label.GOOD, "usable": Label.USABLE, "reject": Label.REJECT, "bad": Label.REJECT}
"""Names of subfolders that are labels; "bad" is another word for reject."""

LABELS = "labels.csv"


class CameraFolderError(ValueError):
    """The folder cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class CameraPhotograph:
    """One photograph.

    Attributes:
        path: the file.
        label: what was said of it; None where nothing was.
        patient: whose it is; the file's own name where that is not known.
    """

    path: Path
    label: Label | None
    patient: str


def read_camera_folder(folder: Path) -> list[CameraPhotograph]:
    """Find a camera's photographs and what was said of them.

    labels.csv (columns `file` and `quality`, `patient` if known) goes before subfolders good, usable, bad or reject;
    with neither, every photograph below the folder counts and none has a label.

    Args:
        folder: the folder.

    Raises:
        CameraFolderError: there are no photographs, labels.csv lacks a column or holds an unknown label, or a file
            that it names is missing.
    """
    if (folder / LABELS).is_file():
        return _by_table(folder)
    named = {name: label for name, label in FOLDERS.items() if (folder / name).is_dir()}
    try:
        if not named:
            return [CameraPhotograph(path, None, str(path.relative_to(folder))) for path in list_photographs([folder])]
        found = [
            CameraPhotograph(path, label, str(path.relative_to(folder)))
            for name, label in named.items()
            for path in list_photographs([folder / name])
        ]
    except PhotographError as error:
        raise CameraFolderError(str(error)) from error
    return found


def _by_table(folder: Path) -> list[CameraPhotograph]:
    table = folder / LABELS
    try:
        with table.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            absent = {"file", "quality"} - set(reader.fieldnames or ())
            if absent:
                raise CameraFolderError(f"{table} lacks the column(s) {', '.join(sorted(absent))}: add them")
            found = [_row(folder, row, line) for line, row in enumerate(reader, start=2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CameraFolderError(f"{table} cannot be read ({error}): save it as CSV in UTF-8") from error
    if not found:
        raise CameraFolderError(f"{table} has no rows: name a photograph and its quality in each")
    missing = [each.path for each in found if not each.path.is_file()]
    if missing:
        raise CameraFolderError(
            f"{len(missing)} of {len(found)} photographs that {table} names are missing, first {missing[0]}"
        )
    return found


def _row(folder: Path, row: dict[str, str | None], line: int) -> CameraPhotograph:
    file, word = (row.get("file") or "").strip(), (row.get("quality") or "").strip().lower()
    if not file:
        raise CameraFolderError(f"{folder / LABELS}, line {line}: no file is named")
    if word and word not in FOLDERS:
        raise CameraFolderError(
            f"{folder / LABELS}, line {line}: quality {word!r} is none of {', '.join(FOLDERS)} (or nothing)"
        )
    return CameraPhotograph(folder / file, FOLDERS.get(word), (row.get("patient") or "").strip() or file)
