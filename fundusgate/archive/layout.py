"""Where everything lies in an archive, and how a capture is called."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ID = re.compile(r"(\d{4})(\d{2})(\d{2})T\d{6}\.\d{6}Z-[0-9a-f]{8}", re.ASCII)


def new_id(taken_at: datetime) -> str:
    """A capture's identifier: when it was taken, UTC to the microsecond, and eight random hexadecimal digits.

    Identifiers sort by time; they tell nothing of the patient.
    """
    return f"{taken_at.astimezone(timezone.utc):%Y%m%dT%H%M%S.%f}Z-{secrets.token_hex(4)}"


def is_id(text: str) -> bool:
    """Whether the text has the form of a capture's identifier."""
    return _ID.fullmatch(text) is not None


def default_folder() -> Path:
    """Where the archive lies unless told otherwise: by the XDG base directory specification, in the user's data."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "fundusgate" / "archive"


@dataclass(frozen=True)
class Layout:
    """The archive's folders and files.

    Attributes:
        root: the archive's folder.
    """

    root: Path

    @property
    def captures(self) -> Path:
        """The captures, `YYYY/MM/DD/<id>`, days in UTC."""
        return self.root / "captures"

    @property
    def incoming(self) -> Path:
        """Captures that are being written; one rename makes each a capture."""
        return self.root / ".incoming"

    @property
    def quarantine(self) -> Path:
        """What a crash left half-written."""
        return self.root / "quarantine"

    @property
    def removed(self) -> Path:
        """Captures that are being removed."""
        return self.root / ".removed"

    @property
    def index(self) -> Path:
        """The SQLite file, made from the captures."""
        return self.root / "index.sqlite"

    @property
    def keeper_lock(self) -> Path:
        """Held by the one program that keeps photographs."""
        return self.root / ".keeper.lock"

    @property
    def index_lock(self) -> Path:
        """Shared by those who have the index open; held alone by who makes it anew."""
        return self.root / ".index.lock"

    def folder_of(self, id_: str) -> Path:
        """The folder of a capture.

        Raises:
            ValueError: The text is not a capture's identifier.
        """
        match = _ID.fullmatch(id_)
        if match is None:
            raise ValueError(f"{id_!r} is not a capture's identifier")
        return self.captures.joinpath(*match.groups(), id_)

    def folders(self) -> Iterator[Path]:
        """Every capture's folder, oldest day first; whatever else lies in the tree is passed over."""
        for year in _subfolders(self.captures, 4):
            for month in _subfolders(year, 2):
                for day in _subfolders(month, 2):
                    for folder in sorted(day.iterdir()):
                        if is_id(folder.name) and folder == self.folder_of(folder.name) and folder.is_dir():
                            yield folder


def _subfolders(folder: Path, digits: int) -> list[Path]:
    if not folder.is_dir():
        return []
    number = re.compile(rf"\d{{{digits}}}", re.ASCII)
    return sorted(path for path in folder.iterdir() if number.fullmatch(path.name) and path.is_dir())
