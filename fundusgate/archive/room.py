"""Whether another photograph can be kept: asked before the flash, not after it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.archive.errors import MAKE_ROOM, archive_error

if TYPE_CHECKING:
    from fundusgate.archive.layout import Layout

LEAST_FREE_BYTES = 256 * 2**20
"""Room for several uncompressed stills, their records and the index."""
_LEAST_FREE_FILES = 64


@dataclass(frozen=True)
class Room:
    """What the disk has left.

    Attributes:
        free_bytes: what this user may still write.
        enough: whether another photograph can be kept.
        why: one sentence with the next step where it cannot; empty otherwise.
    """

    free_bytes: int
    enough: bool
    why: str


def room_in(layout: Layout, least_free_bytes: int) -> Room:
    """What the archive's disk has left; quick enough to ask before every flash (two system calls).

    Args:
        layout: The archive.
        least_free_bytes: What must be free for "enough".
    """
    root = layout.root
    try:
        # the folder itself: an unplugged card leaves an empty mount point on the system's own disk
        disk = os.statvfs(layout.incoming)
    except OSError as error:
        return Room(0, enough=False, why=str(archive_error(error, "keep photographs", root)))
    free = disk.f_bavail * disk.f_frsize
    why = ""
    if disk.f_flag & os.ST_RDONLY:
        why = f"{root} is read-only: look for a card's write switch, or a fault (`dmesg`), and mount it for writing"
    elif not os.access(layout.incoming, os.W_OK | os.X_OK):
        why = f"{root} may not be written by this user: give the folder to the user that runs fundusgate"
    elif free < least_free_bytes:
        why = f"{free / 1e6:.0f} MB are free in {root}, {least_free_bytes / 1e6:.0f} MB are wanted: {MAKE_ROOM}"
    elif disk.f_files and disk.f_favail < _LEAST_FREE_FILES:
        why = f"the disk of {root} has no room for more files: remove some, or use another disk"
    return Room(free, enough=not why, why=why)
