"""Files and folders that a power cut leaves whole or not at all.

The steps are those of ext4's and XFS's documentation: a file's bytes are safe after its fsync, its name after an fsync
of its folder; a rename is atomic.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def write_file(path: Path, data: bytes | memoryview) -> None:
    """Write a new file, readable by its owner only, and wait until its bytes are on the disk.

    Raises:
        OSError: Also where the file is there already.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        give_to_owner_of(path.parent, handle)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Wait until the folder's list of names is on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def give_to_owner_of(folder: Path, handle: int) -> None:
    """Let an open file belong to whom the folder belongs, so that what root adds the camera's user can still read."""
    owner, own = folder.stat(), os.fstat(handle)
    if os.geteuid() == 0 and (owner.st_uid, owner.st_gid) != (own.st_uid, own.st_gid):
        os.fchown(handle, owner.st_uid, owner.st_gid)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, for its owner only; wait until they are on the disk.

    A folder that is there already is synced, too: a program that was killed may have made it and not synced it.
    """
    missing: list[Path] = [folder]
    while not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for path in reversed(missing):
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)
        sync_folder(path.parent)


def move_folder(source: Path, target: Path) -> None:
    """Rename a folder, the target's parents being there, and wait until both parents are on the disk.

    Raises:
        OSError: Also where the target is there already and not empty.
    """
    source.rename(target)
    sync_folder(target.parent)
    sync_folder(source.parent)


def replace_file(temporary: Path, target: Path, data: bytes) -> None:
    """Write a file under a temporary name in the same file system, then give it its own name, durably."""
    temporary.unlink(missing_ok=True)
    write_file(temporary, data)
    temporary.replace(target)
    sync_folder(target.parent)
