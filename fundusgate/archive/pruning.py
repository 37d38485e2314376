"""Make room: remove captures that have been copied out, and no others."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.archive.capture_folder import Kept, read_capture
from fundusgate.archive.copies import CopyState, copy_state
from fundusgate.archive.durable import make_folder, move_folder, sync_folder
from fundusgate.archive.errors import ArchiveError, NoSuchCaptureError, archive_errors
from fundusgate.archive.index import Selection
from fundusgate.archive.locks import locked_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from fundusgate.archive.layout import Layout
    from fundusgate.archive.reader import ArchiveReader


@dataclass(frozen=True)
class Removal:
    """A capture that may go.

    Attributes:
        id: the capture.
        size: its files' bytes.
        copy: where the copy is, and how it was found.
        notes: the number of its last note when it was looked at.
    """

    id: str
    size: int
    copy: str
    notes: int


@dataclass(frozen=True)
class PrunePlan:
    """What would go, and what stays though it was asked for.

    Attributes:
        removals: oldest first.
        staying: identifier and reason of captures that are old enough and must stay.
    """

    removals: tuple[Removal, ...]
    staying: tuple[tuple[str, str], ...]

    @property
    def size(self) -> int:
        """Bytes of all that would go."""
        return sum(removal.size for removal in self.removals)


def plan_prune(
    reader: ArchiveReader,
    before: datetime | None,
    free_up: int | None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> PrunePlan:
    """Choose, oldest first, what may go; nothing is removed.

    A capture may go when it was exported since its last amendment, and the copy is whole (by hash) wherever its folder
    is at hand. A copy on a disk that is away is trusted; a copy that is missing or altered in a folder that is at hand
    is not.

    Args:
        reader: The archive, open.
        before: Only captures taken before; None for any age.
        free_up: Stop once so many bytes would be freed; None for no such end.
        progress: Called with (done, all) while copies are compared.

    Raises:
        ArchiveError: The archive cannot be read.
    """
    ids = sorted(record.id for record in reader.captures(Selection(until=before)))
    removals: list[Removal] = []
    staying: list[tuple[str, str]] = []
    freed = 0
    for done, id_ in enumerate(ids, start=1):
        if free_up is not None and freed >= free_up:
            break
        try:
            kept = reader.capture(id_)
            size = _size(reader.layout.folder_of(id_))
        except (ArchiveError, OSError) as error:
            staying.append((id_, str(error)))
            continue
        copy, why = _safe_copy(kept)
        if copy is None:
            staying.append((id_, why))
        else:
            removals.append(Removal(id_, size, copy, kept.notes))
            freed += size
        progress(done, len(ids))
    return PrunePlan(tuple(removals), tuple(staying))


def remove(reader: ArchiveReader, removal: Removal) -> bool:
    """Remove a capture: whole or not at all, also when the power fails.

    Args:
        reader: The archive, open.
        removal: From a plan.

    Returns:
        Whether it is gone; False where it was amended since the plan was made, and stays.

    Raises:
        ArchiveError: It could not be removed.
    """
    try:
        folder = reader.folder_of(removal.id)
    except NoSuchCaptureError:
        return True
    layout = reader.layout
    with archive_errors("remove a capture", layout.root), locked_folder(folder):
        kept = read_capture(folder)
        if kept.notes != removal.notes or not kept.exported:
            return False
        make_folder(layout.removed)
        move_folder(folder, layout.removed / removal.id)
    reader.forget(removal.id)
    with archive_errors("remove a capture", layout.root):
        _remove_folder(layout.removed / removal.id)
    return True


def finish_removals(layout: Layout) -> None:
    """Remove the rest of what was being removed when the program ended; the index must have been told before.

    Raises:
        OSError: It cannot be removed.
    """
    if layout.removed.is_dir():
        for rest in sorted(layout.removed.iterdir()):
            _remove_folder(rest)


def _remove_folder(folder: Path) -> None:
    # another program may be finishing the same removal
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
        sync_folder(folder.parent)


def _safe_copy(kept: Kept) -> tuple[str | None, str]:
    """Where the copy is that lets the capture go, or None and why it must stay."""
    if not kept.exports:
        return None, "was not exported"
    if kept.faults:
        return None, f"{kept.faults[0]}: run `fundusgate captures verify`"
    if not kept.current_exports:
        return None, "was amended since it was exported: export it again"
    away = ""
    for mark in kept.current_exports:
        state = copy_state(mark, kept.record)
        if state is CopyState.WHOLE:
            return f"{mark.folder}, compared by hash", ""
        if state is CopyState.LOST:
            return None, f"its copy in {mark.folder} is missing or was altered: export it again"
        away = mark.folder
    return f"{away}, not at hand", ""


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
