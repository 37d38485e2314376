"""Copy captures out: `YYYY-MM-DD/<id>.jpg`, and `<id>.json` beside each.

A photograph that is in the folder is whole and has its JSON: both are written under another name and renamed, the
photograph last. Doing it again copies only what is not there yet.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from fundusgate.archive.capture_folder import add_note, sha256
from fundusgate.archive.copies import CopyState, copy_state, sign_export
from fundusgate.archive.durable import make_folder, replace_file
from fundusgate.archive.errors import ArchiveError, archive_errors
from fundusgate.archive.record import ExportMark

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.archive.capture_folder import Kept
    from fundusgate.archive.index import Selection
    from fundusgate.archive.reader import ArchiveReader


@dataclass(frozen=True)
class ExportResult:
    """What came of an export.

    Attributes:
        copied: how many captures were copied now.
        already: how many were there, unchanged.
        failed: identifier and reason of those that could not be copied.
    """

    copied: int
    already: int
    failed: tuple[tuple[str, str], ...]


def export_captures(
    reader: ArchiveReader,
    selection: Selection,
    out: Path,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> ExportResult:
    """Copy captures into a folder, oldest first, and note in each that it was.

    Args:
        reader: The archive, open.
        selection: Which captures.
        out: The folder; made where it is not there.
        progress: Called with (done, all).

    Returns:
        What came of it; a capture that cannot be read, or whose photograph was altered, is named and the rest go on.

    Raises:
        ArchiveError: The folder cannot be written, or lies in the archive itself.
    """
    out = out.absolute()
    if out.resolve().is_relative_to(reader.layout.root.resolve()):
        raise ArchiveError(f"{out} lies in the archive itself: choose a folder outside, on another disk")
    with archive_errors("export captures", out):
        make_folder(out)
        export_id = sign_export(out)
    ids = sorted(record.id for record in reader.captures(selection))
    copied = already = 0
    failed: list[tuple[str, str]] = []
    for done, id_ in enumerate(ids, start=1):
        try:
            kept = reader.capture(id_)
            if _is_there(kept, export_id):
                already += 1
            else:
                _copy(reader, kept, out, export_id)
                copied += 1
        except _NotCopiedError as error:
            failed.append((id_, str(error)))
        progress(done, len(ids))
    return ExportResult(copied, already, tuple(failed))


class _NotCopiedError(ArchiveError):
    """One capture cannot be copied; the others can."""


def sidecar_of(kept: Kept, photograph: str) -> bytes:
    """The JSON beside an exported photograph: the record, and everything that was added to it.

    Args:
        kept: The capture.
        photograph: The copy's file name.
    """
    said = kept.record.model_dump(mode="json") | {
        "photograph": photograph,
        "amendments": [amendment.model_dump(mode="json") for amendment in kept.amendments],
    }
    return (json.dumps(said, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _is_there(kept: Kept, export_id: str) -> bool:
    """Whether the export of this identifier has a whole copy, made since the last amendment."""
    marks = (mark for mark in kept.current_exports if mark.export_id == export_id)
    return any(copy_state(mark, kept.record) is CopyState.WHOLE for mark in marks)


def _copy(reader: ArchiveReader, kept: Kept, out: Path, export_id: str) -> None:
    record = kept.record
    source = reader.layout.folder_of(record.id)
    try:
        data = (source / record.photograph).read_bytes()
    except OSError as error:
        raise _NotCopiedError(f"its photograph cannot be read ({error.strerror})") from error
    if sha256(data) != record.photograph_sha256:
        raise _NotCopiedError("its photograph was altered: run `fundusgate captures verify`")
    day = f"{record.id[:4]}-{record.id[4:6]}-{record.id[6:8]}"
    photograph = f"{record.id}{Path(record.photograph).suffix}"
    sidecar = sidecar_of(kept, photograph)
    with archive_errors("export captures", out):
        make_folder(out / day)
        for name, content in ((f"{record.id}.json", sidecar), (photograph, data)):
            replace_file(out / day / f".{name}.partial", out / day / name, content)
    mark = ExportMark(
        at=datetime.now(timezone.utc),
        folder=str(out),
        export_id=export_id,
        photograph=f"{day}/{photograph}",
        sidecar=f"{day}/{record.id}.json",
        sidecar_sha256=sha256(sidecar),
    )
    with archive_errors("note an export", source):
        add_note(source, mark)
    reader.reindex(record.id)
