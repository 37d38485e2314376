"""Put one folder in another's place in a single step of the file system."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ASIDE = ".old"
"""Ends the name of an old folder that stepped aside; found after a kill, it goes back to its place."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_OFFERED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


def put_in_place(new: Path, place: Path) -> None:
    """Rename `new` to `place`; what was at `place` is at `new` afterwards, or gone where it was an empty folder.

    Linux exchanges the two names in one system call (renameat2, since 3.15), so that there is a folder at `place` at
    every moment. Where a file system does not offer it, the old folder steps aside first, and comes back should the
    second rename fail.

    Args:
        new: A folder.
        place: Beside it: a folder or nothing.

    Raises:
        OSError: The file system refused; `place` is as it was.
    """
    if not place.exists():
        new.rename(place)
    elif not exchange(new, place):
        _step_aside(new, place)
    _synchronise_folder(place.parent)


def exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step.

    Returns:
        False where this system or file system cannot; nothing was changed then.

    Raises:
        OSError: It can, and refused.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return False
    result = library.renameat2(
        _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), ctypes.c_uint(_RENAME_EXCHANGE)
    )
    if result == 0:
        return True
    code = ctypes.get_errno()
    if code in _NOT_OFFERED:
        return False
    raise OSError(code, os.strerror(code), str(one), None, str(other))


def _step_aside(new: Path, place: Path) -> None:
    aside = new.with_name(new.name + ASIDE)
    place.rename(aside)
    try:
        new.rename(place)
    except OSError:
        aside.rename(place)
        raise
    aside.rename(new)


def _synchronise_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
