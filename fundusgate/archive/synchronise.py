"""Bring the index up to what the files say, reading only what has changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fundusgate.archive.capture_folder import Kept, read_capture
from fundusgate.archive.errors import UnreadableRecordError, archive_error
from fundusgate.archive.index import PAGE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fundusgate.archive.index import Index
    from fundusgate.archive.layout import Layout

_SETTLED_NS = 2_000_000_000
"""A folder changed less than this ago may change again under the same time stamp (two seconds on FAT): the same rule
as git's for files of its index."""
READ_AGAIN = -1


def synchronise(
    index: Index, layout: Layout, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> list[Path]:
    """Bring the index up to date; quick where nothing has changed: one `stat` a capture.

    Args:
        index: Any index, also an empty one.
        layout: The archive.
        progress: Called with (done, all) while captures are read.

    Returns:
        The folders that were read: captures that the index did not know as they are.

    Raises:
        OSError: The captures' folders cannot be listed.
        sqlite3.Error: The index cannot be read or written.
    """
    known = index.known()
    there: set[str] = set()
    changed: list[Path] = []
    for folder in layout.folders():
        there.add(folder.name)
        seen, state = known.get(folder.name, (READ_AGAIN, ""))
        if state != "kept" or seen != _changed_at(folder):
            changed.append(folder)
    for start in range(0, len(changed), PAGE):
        page = changed[start : start + PAGE]
        index.put([(folder.name, *read(folder)) for folder in page if folder.is_dir()])
        progress(start + len(page), len(changed))
    gone = [id_ for id_, (_, state) in known.items() if id_ not in there and state != "missing"]
    for id_ in gone:
        if (layout.removed / id_).is_dir():
            index.forget(id_)
    # another program may have put a capture into the index after the folders were listed
    index.mark_missing(
        id_ for id_ in gone if not layout.folder_of(id_).is_dir() and not (layout.removed / id_).is_dir()
    )
    return changed


def read(folder: Path) -> tuple[int, Kept | str]:
    """A capture for the index.

    Returns:
        The folder's modification time, or `READ_AGAIN` where it may change unseen; and what it holds, or why it cannot
        be read.
    """
    try:
        changed_at = _changed_at(folder)
        settled = changed_at < time.time_ns() - _SETTLED_NS
        return changed_at if settled else READ_AGAIN, read_capture(folder)
    except UnreadableRecordError as error:
        return READ_AGAIN, str(error)
    except OSError as error:
        return READ_AGAIN, str(archive_error(error, "read the record", folder))


def _changed_at(folder: Path) -> int:
    return folder.stat().st_mtime_ns
