"""Locks between programs, by the kernel: they go with the program that held them, however it ended."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fundusgate.archive.durable import FILE_MODE, give_to_owner_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class FileLock:
    """A lock file, held until `release`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self, *, shared: bool) -> bool:
        """Try to hold the lock, with others who share it or alone; never waits.

        Returns:
            Whether it is held now.

        Raises:
            OSError: The lock file cannot be made.
        """
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            give_to_owner_of(self._path.parent, handle)
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        except OSError:
            os.close(handle)
            raise
        self.release()
        self._handle = handle
        return True

    def release(self) -> None:
        """Let go; letting go twice does nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def sign(self) -> None:
        """Write this program's number into the held lock's file, for `holder`."""
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)

    def holder(self) -> str:
        """The number of the program that signed last; "unknown" where none did."""
        try:
            return self._path.read_text(encoding="ascii").strip() or "unknown"
        except (OSError, UnicodeDecodeError):
            return "unknown"


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Hold a folder alone for the block, waiting for others who do.

    Raises:
        OSError: The folder is not there, or cannot be opened.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
