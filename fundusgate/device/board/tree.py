"""A machine's files below a root; what is there and cannot be read is remembered, never raised."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

_MOST_BYTES = 16 * 2**20
"""Longer than any file that is read here (dpkg's status file has a few MiB)."""
_PIECE = 64 * 2**10
_MOST_LINKS = 8
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True)
class Unread:
    """A file that is there and told nothing."""

    path: str
    """As on the machine: from `/`."""
    reason: str
    """What the kernel answered, or what was found instead."""


@dataclass
class Tree:
    """Reads files as a machine's own programs would find them.

    A file that is not there is None and nothing more: boards differ. A file that is there and cannot be read (a sensor
    that is powered down answers EAGAIN, debugfs answers EACCES) or that holds something else than expected is None,
    too, and listed in `unread`.
    """

    root: Path = field(default_factory=lambda: Path("/"))
    unread: list[Unread] = field(default_factory=list)

    def text(self, path: str) -> str | None:
        """A file's text without the NUL and white space around it; bytes that are no UTF-8 are replaced.

        Args:
            path: Without the leading `/`.
        """
        place = self._place(path)
        try:
            # a pipe or a device would wait for ever
            if not stat.S_ISREG(place.stat().st_mode):
                return None
            content = _read(place)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            self.note(path, getattr(error, "strerror", None) or str(error))
            return None
        return content.decode("utf-8", errors="replace").strip("\0 \t\r\n")

    def integer(self, path: str) -> int | None:
        """A file's one decimal number."""
        text = self.text(path)
        if text is None:
            return None
        if _INTEGER.fullmatch(text) is None:
            self.note(path, f"{text[:40]!r} is no number")
            return None
        return int(text)

    def integers(self, path: str) -> tuple[int, ...]:
        """The decimal numbers of a file, which may hold other words between them."""
        return tuple(int(word) for word in (self.text(path) or "").split() if _INTEGER.fullmatch(word))

    def exists(self, path: str) -> bool:
        """Whether something is there."""
        try:
            return self._place(path).exists()
        except (OSError, ValueError):
            return False

    def folder(self, path: str) -> tuple[str, ...]:
        """The names in a folder, sorted as people count: `hwmon2` before `hwmon10`; names that are no text are left."""
        try:
            names = os.listdir(self._place(path))  # noqa: PTH208 - names are wanted, not paths
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except (OSError, ValueError) as error:
            self.note(path, getattr(error, "strerror", None) or str(error))
            return ()
        return tuple(sorted((name for name in names if name.isprintable()), key=_as_counted))

    def note(self, path: str, reason: str) -> None:
        """Remember that a file told nothing."""
        found = Unread(f"/{path}", reason)
        if found not in self.unread:
            self.unread.append(found)

    def _place(self, path: str) -> Path:
        """Where a file lies; an absolute link (as /etc/nvpmodel.conf is one) stays below the root."""
        place = self.root / path
        for _ in range(_MOST_LINKS):
            try:
                target = os.readlink(place)  # noqa: PTH115 - the text of the link, not a path
            except (OSError, ValueError):
                return place
            if not target.startswith("/"):
                return place
            place = self.root / target.lstrip("/")
        return place


def _read(place: Path) -> bytes:
    """A file's bytes, asked for in small pieces: the kernel keeps a buffer as large as what is asked for.

    Without Python's own file objects, which answer EAGAIN with None.
    """
    descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pieces = []
        left = _MOST_BYTES
        while left > 0 and (piece := os.read(descriptor, min(_PIECE, left))):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def _as_counted(name: str) -> tuple[tuple[int, int, str], ...]:
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+|[0-9]", name)
    return tuple((0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts)
