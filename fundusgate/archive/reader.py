"""An archive to look into: never waits for the camera, and the camera never for it."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import threading
from typing import TYPE_CHECKING, TypeVar

from fundusgate.archive.capture_folder import read_capture
from fundusgate.archive.errors import (
    ArchiveError,
    ArchiveMissingError,
    NoSuchCaptureError,
    UnreadableRecordError,
    archive_errors,
)
from fundusgate.archive.index import PAGE, Index, Selection
from fundusgate.archive.layout import Layout
from fundusgate.archive.locks import FileLock
from fundusgate.archive.synchronise import read, synchronise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

    from fundusgate.archive.capture_folder import Kept
    from fundusgate.archive.index import Unreadable
    from fundusgate.archive.record import CaptureRecord

log = logging.getLogger(__name__)
EVERY = Selection()
_Answer = TypeVar("_Answer")


class ArchiveReader:
    """The captures of an archive; use it as a context manager, or call `close`. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder)
        self._index_lock = FileLock(self.layout.index_lock)
        self._index: Index | None = None
        self._opening = threading.Lock()

    @classmethod
    def look(cls, folder: Path, progress: Callable[[int, int], None] = lambda _done, _all: None) -> Self:
        """Open an archive that is there, to look into it, whether a camera keeps photographs in it now or not.

        Args:
            folder: The archive's folder.
            progress: Called with (done, all) while captures that the index does not know are read.

        Raises:
            ArchiveError: There is no archive, or it cannot be read.
        """
        if not Layout(folder).captures.is_dir():
            raise ArchiveMissingError(f"there is no archive in {folder}: give the folder of `fundusgate run`")
        archive = cls(folder)
        archive.refresh(progress)
        return archive

    def refresh(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> None:
        """Bring the listing up to what the files say, also what other programs changed.

        An index that is damaged, of another version or cannot be written is made anew: as a file where nobody else
        has it open, for this program alone otherwise.

        Args:
            progress: As for `look`.

        Raises:
            ArchiveError: The files cannot be read.
        """
        with self._opening:
            self._synchronise((self._opened_file, self._replaced_file, self._opened_memory), progress)

    def close(self) -> None:
        """Let the index go; closing twice does nothing."""
        with self._opening:
            self._drop_index()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def capture(self, id_: str) -> Kept:
        """Everything that a capture's folder tells, from the files themselves.

        Raises:
            NoSuchCaptureError: There is none of this identifier.
            UnreadableRecordError: Its record cannot be read.
            ArchiveError: The files cannot be read.
        """
        folder = self.folder_of(id_)
        with archive_errors("read a record", folder):
            return read_capture(folder)

    def get(self, id_: str) -> CaptureRecord:
        """A capture's record, its newest override and reason for giving up in place; errors as for `capture`."""
        return self.capture(id_).record

    def photograph_path(self, id_: str) -> Path:
        """The photograph's file; errors as for `capture`, and UnreadableRecordError where the file is gone."""
        record = self.get(id_)
        path = self.layout.folder_of(id_) / record.photograph
        if not path.is_file():
            raise UnreadableRecordError(f"{id_}: its photograph is gone: run `fundusgate captures verify`")
        return path

    def folder_of(self, id_: str) -> Path:
        """A capture's folder, which is there.

        Raises:
            NoSuchCaptureError: It is not.
        """
        try:
            folder = self.layout.folder_of(id_)
        except ValueError as error:
            raise NoSuchCaptureError(f"{error}: `fundusgate captures list` names them") from None
        if not folder.is_dir():
            raise NoSuchCaptureError(f"there is no capture {id_}: `fundusgate captures list` names those that are kept")
        return folder

    def captures(self, selection: Selection = EVERY, limit: int | None = None) -> Iterator[CaptureRecord]:
        """Records, newest first (by identifier), as this program last saw them (`refresh` looks again).

        Args:
            selection: Which.
            limit: How many at most; all of them unless given.

        Raises:
            ArchiveError: The archive cannot be read.
        """
        return (record for record, _ in self.entries(selection, limit))

    def entries(self, selection: Selection = EVERY, limit: int | None = None) -> Iterator[tuple[CaptureRecord, bool]]:
        """As `captures`, each with whether it was copied out since its last change."""
        before: str | None = None
        while limit is None or limit > 0:
            most = PAGE if limit is None else min(limit, PAGE)
            page = self._ask(lambda index, start=before, most=most: index.page(selection, start, most))  # type: ignore[misc]
            yield from ((record, exported) for _, record, exported in page)
            if len(page) < most:
                return
            before = page[-1][0]
            limit = None if limit is None else limit - len(page)

    def unreadable(self) -> list[Unreadable]:
        """Captures whose record cannot be read or whose folder is gone; they are never dropped silently."""
        return self._ask(lambda index: index.unreadable())

    def set_aside(self) -> int:
        """How many half-written leftovers lie in `quarantine`."""
        folder = self.layout.quarantine
        return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0

    def free_bytes(self) -> int:
        """What the archive's disk has left for this user, bytes.

        Raises:
            ArchiveError: The disk does not say.
        """
        with archive_errors("ask for free space", self.layout.root):
            return shutil.disk_usage(self.layout.root).free

    def find(self, start: str) -> str:
        """The one identifier that begins with `start`.

        Raises:
            NoSuchCaptureError: None does, or several do.
        """
        found = self._ask(lambda index: index.starting_with(start, 3)) if start else []
        if len(found) == 1:
            return found[0]
        if found:
            raise NoSuchCaptureError(f"several captures begin with {start}: {found[0]}, {found[1]}: write more of it")
        raise NoSuchCaptureError(f"no capture begins with {start!r}: `fundusgate captures list` names them")

    def forget(self, id_: str) -> None:
        """Tell the index that a capture was removed on purpose; the next opening finds out where that fails."""
        with self._opening:
            if self._index is not None:
                try:
                    self._index.forget(id_)
                except sqlite3.Error as error:
                    log.warning("the archive's index failed and is made anew when it is next asked (%s)", error)
                    self._drop_index()

    def _ask(self, question: Callable[[Index], _Answer]) -> _Answer:
        """The index's answer; where it fails it is made anew, once."""
        with self._opening:
            index = self._index or self._synchronise((self._opened_file, self._replaced_file, self._opened_memory))
        try:
            return question(index)
        except sqlite3.Error as error:
            log.warning("the archive's index failed and is made anew (%s)", error)
        with self._opening:
            if self._index is index:
                self._drop_index()
            index = self._index or self._synchronise((self._replaced_file, self._opened_memory))
        try:
            return question(index)
        except sqlite3.Error as error:
            raise ArchiveError(f"the captures in {self.layout.root} cannot be listed ({error}): try again") from error

    def _synchronise(
        self,
        ways: tuple[Callable[[], Index | None], ...],
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> Index:
        """An index that says what the files say, opened in the first of the ways that works, or the open one."""
        for way in ways:
            try:
                index = self._index = self._index or way()
            except (sqlite3.Error, OSError) as error:
                log.warning("the archive's index cannot be opened (%s)", error)
                self._index_lock.release()
                continue
            if index is None:
                continue
            try:
                with archive_errors("list the captures", self.layout.root):
                    self._do_synchronise(index, progress)
            except sqlite3.Error as error:
                log.warning("the archive's index cannot be used (%s)", error)
                self._drop_index()
            else:
                return index
        raise ArchiveError(f"the captures in {self.layout.root} cannot be listed: try again")

    def _do_synchronise(self, index: Index, progress: Callable[[int, int], None]) -> None:
        synchronise(index, self.layout, progress)

    def reindex(self, id_: str) -> None:
        """Tell the index of a capture; it is safe in the files, so that a failing index never fails the capture."""
        with self._opening:
            if self._index is not None:
                try:
                    self._index.put([(id_, *read(self.layout.folder_of(id_)))])
                except sqlite3.Error as error:
                    log.warning("the archive's index failed and is made anew when it is next asked (%s)", error)
                    self._drop_index()

    def _opened_file(self) -> Index | None:
        """The index's file, shared with other programs; None while one of them makes it anew."""
        return Index.open(self.layout.index) if self._index_lock.acquire(shared=True) else None

    def _replaced_file(self) -> Index | None:
        """The index's file, made anew; None while another program has it open."""
        if not self._index_lock.acquire(shared=False):
            return None
        for suffix in ("", "-wal", "-shm"):
            self.layout.index.with_name(self.layout.index.name + suffix).unlink(missing_ok=True)
        Index.open(self.layout.index).close()
        self._index_lock.release()
        return self._opened_file()

    def _opened_memory(self) -> Index | None:
        return Index.in_memory()

    def _drop_index(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None
        self._index_lock.release()
