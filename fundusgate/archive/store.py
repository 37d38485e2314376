"""The archive that the camera keeps its photographs in.

A capture is written whole into `.incoming`, every file and the folder synced, and renamed into place: from then on it
is there, and before it is not. `keep` returns once the rename itself is safe on the disk.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from fundusgate.archive.capture_folder import add_note, sha256, write_photograph, write_record
from fundusgate.archive.durable import make_folder, move_folder, sync_folder
from fundusgate.archive.errors import ArchiveBusyError, ArchiveError, archive_error, archive_errors
from fundusgate.archive.layout import new_id
from fundusgate.archive.locks import FileLock
from fundusgate.archive.photograph_file import photograph_file
from fundusgate.archive.pruning import finish_removals
from fundusgate.archive.reader import ArchiveReader
from fundusgate.archive.record import Amendment, CaptureRecord
from fundusgate.archive.room import LEAST_FREE_BYTES, Room, room_in
from fundusgate.archive.synchronise import synchronise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typing_extensions import Self

    from fundusgate.archive.index import Index
    from fundusgate.archive.record import CaptureDraft, GivenUp, Override
    from fundusgate.device.cameras.base import Frame

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StagedPhotograph:
    """A photograph that is on the disk already and waits for its record.

    Attributes:
        folder: where, in `.incoming`.
        name: its file's name.
        sha256: its file's SHA-256.
        size: its file's bytes.
        width: pixels.
        height: pixels.
    """

    folder: Path
    name: str
    sha256: str
    size: int
    width: int
    height: int


class Archive(ArchiveReader):
    """Keeps photographs; one program at a time does, and others may look (`ArchiveReader.look`)."""

    def __init__(self, folder: Path, least_free_bytes: int = LEAST_FREE_BYTES) -> None:
        super().__init__(folder)
        self._least_free_bytes = least_free_bytes
        self._keeper_lock = FileLock(self.layout.keeper_lock)
        self._days: set[Path] = set()
        self._publishing = threading.Lock()

    @classmethod
    def open(cls, folder: Path, least_free_bytes: int = LEAST_FREE_BYTES) -> Self:
        """Open an archive to keep photographs in; make it where there is none.

        What a crash left half-written is moved to `quarantine`, never deleted: it may hold a flash that a patient
        has borne.

        Args:
            folder: The archive's folder.
            least_free_bytes: What `room` wants free on the disk.

        Raises:
            ArchiveBusyError: Another program keeps photographs there.
            ArchiveError: It cannot be made, read or written.
        """
        archive = cls(folder, least_free_bytes)
        with archive_errors("keep photographs", folder):
            make_folder(folder)
            if not archive._keeper_lock.acquire(shared=False):
                raise ArchiveBusyError(
                    f"program {archive._keeper_lock.holder()} keeps photographs in {folder} already: end it, "
                    "or choose another folder"
                )
            try:
                archive._keeper_lock.sign()
                for part in (archive.layout.captures, archive.layout.incoming):
                    make_folder(part)
                archive._clear_leftovers()
                archive.refresh()
                finish_removals(archive.layout)
            except (OSError, ArchiveError):
                archive.close()
                raise
        return archive

    def close(self) -> None:
        """Let the archive go; closing twice does nothing."""
        super().close()
        self._keeper_lock.release()

    def room(self) -> Room:
        """Whether another photograph can be kept; ask before the flash."""
        return room_in(self.layout, self._least_free_bytes)

    def keep(self, draft: CaptureDraft, frame: Frame) -> CaptureRecord:
        """Keep a photograph and what is known of it.

        Args:
            draft: What is known of it.
            frame: The still.

        Returns:
            The record as it was written, once photograph and record are safe on the disk.

        Raises:
            ArchiveError: They could not be kept; nothing of them is listed, and trying again is safe.
        """
        return self.keep_staged(draft, self.stage(frame))

    def stage(self, frame: Frame) -> StagedPhotograph:
        """Put a photograph on the disk before it has been judged, so that the verdict need not wait for the writing.

        Args:
            frame: The still.

        Returns:
            What `keep_staged` takes; a program that ends before finds it in `quarantine`.

        Raises:
            ArchiveError: It could not be written.
        """
        file = photograph_file(frame)
        folder = self.layout.incoming / secrets.token_hex(8)
        try:
            folder.mkdir(mode=0o700)
            write_photograph(folder, file)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise archive_error(error, "keep a photograph", self.layout.root) from error
        height, width = frame.pixels.shape[:2]
        return StagedPhotograph(
            folder, f"photograph{file.suffix}", sha256(file.data), len(file.data), width=width, height=height
        )

    def keep_staged(self, draft: CaptureDraft, staged: StagedPhotograph) -> CaptureRecord:
        """As `keep`, for a photograph that `stage` has written."""
        id_ = new_id(draft.taken_at)
        target = self.layout.folder_of(id_)
        with self._publishing:
            try:
                record = self._publish(draft, staged, id_, target)
            except ArchiveError:
                self._withdraw(staged.folder, target)
                raise
            except OSError as error:
                self._withdraw(staged.folder, target)
                raise archive_error(error, "keep a photograph", self.layout.root) from error
        self.reindex(id_)
        return record

    def amend(self, id_: str, override: Override | None = None, given_up: GivenUp | None = None) -> CaptureRecord:
        """Add to a capture that the operator kept it against the advice, or gave up; nothing is ever overwritten.

        Returns:
            The record with it in place, once it is safe on the disk.

        Raises:
            NoSuchCaptureError: There is no such capture.
            ArchiveError: It could not be written.
            ValueError: Neither is given.
        """
        folder = self.folder_of(id_)
        with archive_errors("amend a record", self.layout.root):
            add_note(folder, Amendment(override=override, given_up=given_up))
        self.reindex(id_)
        return self.get(id_)

    def _publish(self, draft: CaptureDraft, staged: StagedPhotograph, id_: str, target: Path) -> CaptureRecord:
        record = CaptureRecord(
            **draft.model_dump(),
            id=id_,
            photograph=staged.name,
            photograph_sha256=staged.sha256,
            photograph_bytes=staged.size,
            width=staged.width,
            height=staged.height,
            kept_at=datetime.now(timezone.utc),
        )
        write_record(staged.folder, record)
        sync_folder(staged.folder)
        if target.parent not in self._days:
            make_folder(target.parent)
            self._days.add(target.parent)
        move_folder(staged.folder, target)
        return record

    def _do_synchronise(self, index: Index, progress: Callable[[int, int], None]) -> None:
        # a program that was killed may have renamed a capture into place and not synced the names
        for day in {folder.parent for folder in synchronise(index, self.layout, progress)}:
            make_folder(day)
            sync_folder(day)

    def _withdraw(self, folder: Path, target: Path) -> None:
        """Take back what could not be kept: the caller still holds the frame, and a full disk needs the space."""
        shutil.rmtree(folder, ignore_errors=True)
        if target.is_dir():
            # whole, but perhaps not safe on the disk: it was not promised to anybody
            with suppress(OSError):
                self._set_aside(target)

    def _set_aside(self, folder: Path) -> None:
        make_folder(self.layout.quarantine)
        name = f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S.%f}Z-{folder.name}"
        move_folder(folder, self.layout.quarantine / name)
        log.warning("what could not be kept whole was moved to quarantine/%s", name)

    def _clear_leftovers(self) -> None:
        for leftover in sorted(self.layout.incoming.iterdir()):
            self._set_aside(leftover)
