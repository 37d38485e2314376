"""What can go wrong with the archive, each with its cause and the next step."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class ArchiveError(RuntimeError):
    """The archive cannot do what was asked; the message says why and what to do next."""


class ArchiveFullError(ArchiveError):
    """No space is left."""


class ArchiveReadOnlyError(ArchiveError):
    """The disk or card takes no writing."""


class ArchivePermissionError(ArchiveError):
    """The program may not write, or read, there."""


class ArchiveMissingError(ArchiveError):
    """The archive's folder is not there, or is not there any more."""


class ArchiveBusyError(ArchiveError):
    """Another program keeps photographs in the same archive."""


class NoSuchCaptureError(ArchiveError):
    """No capture has this identifier."""


class UnreadableRecordError(ArchiveError):
    """A capture's record cannot be read."""


MAKE_ROOM = "make room (`fundusgate captures export` elsewhere, then `fundusgate captures prune`) or use a larger disk"
_KINDS: dict[int, tuple[type[ArchiveError], str]] = {
    errno.ENOSPC: (ArchiveFullError, f"no space left on the disk: {MAKE_ROOM}"),
    errno.EDQUOT: (ArchiveFullError, f"the disk quota is used up: {MAKE_ROOM}"),
    errno.EFBIG: (ArchiveFullError, "the file is larger than the disk or a limit allows: look at `ulimit -f`"),
    errno.EROFS: (
        ArchiveReadOnlyError,
        "the disk is read-only: look for a card's write switch, or a fault (`dmesg`), and mount it for writing",
    ),
    errno.EACCES: (ArchivePermissionError, "permission denied: give the folder to the user that runs fundusgate"),
    errno.EPERM: (ArchivePermissionError, "not permitted: give the folder to the user that runs fundusgate"),
    errno.ENOENT: (ArchiveMissingError, "it is not there: is the disk or card still plugged in and mounted?"),
    errno.EEXIST: (ArchiveMissingError, "a file lies where a folder should be: choose another folder"),
    errno.ENOTDIR: (ArchiveMissingError, "a file lies where a folder should be: choose another folder"),
    errno.ESTALE: (ArchiveMissingError, "the network folder is gone: mount it again"),
    errno.ENODEV: (ArchiveMissingError, "the device is gone: plug the disk or card in again"),
    errno.ENXIO: (ArchiveMissingError, "the device is gone: plug the disk or card in again"),
    errno.EIO: (ArchiveError, "the disk reports a fault: copy what is on it to another one, and replace it"),
}


def archive_error(error: OSError, doing: str, where: Path) -> ArchiveError:
    """The archive's error for one of the operating system's.

    Args:
        error: What the system said.
        doing: What was tried, such as "keep a photograph"; never patient data.
        where: The folder concerned.

    Returns:
        An error that says what was tried, where, why it failed and what to do next.
    """
    kind, why = _KINDS.get(error.errno or 0, (ArchiveError, f"{error.strerror or error}: try again, or another folder"))
    return kind(f"cannot {doing} in {where}: {why}")


@contextmanager
def archive_errors(doing: str, where: Path) -> Iterator[None]:
    """Turn the system's errors in the block into the archive's; arguments as for `archive_error`."""
    try:
        yield
    except OSError as error:
        raise archive_error(error, doing, where) from error
