"""A SQLite table over the captures, for listing and finding them; made from the files, never the other way round.

Write-ahead logging lets other programs read while the camera writes. `synchronous` is NORMAL: after a power cut the
index may lack the last captures, which the next opening finds in the files; only what no file can tell any more (that a
capture was removed on purpose) is written with FULL.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from fundusgate.archive.capture_folder import Kept
from fundusgate.archive.durable import FILE_MODE, give_to_owner_of
from fundusgate.archive.layout import is_id
from fundusgate.archive.record import CaptureRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from fundusgate.codes import Laterality
    from fundusgate.runtime.gate.events import Outcome

SCHEMA = 1
PAGE = 256
"""Captures read at a time: nobody holds the lock for long."""
_BUSY_SECONDS = 2.0
_TABLES = (
    """
CREATE TABLE captures (
    id TEXT PRIMARY KEY,
    seen INTEGER NOT NULL,      -- the folder's modification time when it was read, ns, or -1 to read it again
    notes INTEGER NOT NULL,     -- number of the last note
    state TEXT NOT NULL,        -- kept, unreadable or missing
    why TEXT,                   -- not kept: a sentence
    taken INTEGER,              -- microseconds since 1970, UTC
    patient TEXT, outcome TEXT, laterality TEXT, exported INTEGER, record TEXT,
    sum INTEGER                 -- CRC-32 of the row: SQLite has none of its own
)""",
    "CREATE INDEX captures_patient ON captures (patient)",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Selection:
    """Which captures; every condition that is not None must hold.

    Attributes:
        since: taken then or later.
        until: taken before.
        patient: of this patient, exactly.
        outcome: with this outcome.
        laterality: of this eye.
    """

    since: datetime | None = None
    until: datetime | None = None
    patient: str | None = None
    outcome: Outcome | None = None
    laterality: Laterality | None = None


@dataclass(frozen=True)
class Unreadable:
    """A capture whose record cannot be read, or that is gone.

    Attributes:
        id: the capture's identifier.
        why: one sentence with the next step.
        missing: whether its folder is gone altogether.
    """

    id: str
    why: str
    missing: bool


def _microseconds(moment: datetime) -> int:
    past = moment - _EPOCH
    return (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds


class Index:
    """The table, open; may be used by several threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Index:
        """Open the index's file, or make it.

        Raises:
            sqlite3.Error: It is damaged, of another schema, cannot be written, or is held too long by another.
            OSError: It cannot be made.
        """
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            give_to_owner_of(path.parent, handle)
        finally:
            os.close(handle)
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        return cls._prepared(connection)

    @classmethod
    def in_memory(cls) -> Index:
        """An empty index that goes with the program: where the folder's cannot be used."""
        return cls._prepared(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))

    @classmethod
    def _prepared(cls, connection: sqlite3.Connection) -> Index:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in _TABLES:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA}")
            elif version != SCHEMA:
                raise sqlite3.DatabaseError(f"the index has schema {version}, not {SCHEMA}")
            connection.execute("COMMIT")
        except sqlite3.Error:
            connection.close()
            raise
        except ValueError as error:
            connection.close()
            raise sqlite3.DatabaseError("the index is damaged") from error
        return cls(connection)

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _sound(self) -> Iterator[None]:
        """Hold the connection; bytes that make no sense count as what they are, a damaged database."""
        with self._lock:
            try:
                yield
            except (ValueError, TypeError) as error:
                raise sqlite3.DatabaseError("the index is damaged") from error

    def known(self) -> dict[str, tuple[int, str]]:
        """Of every capture in the index, the folder's time when it was read, and its state."""
        with self._sound():
            rows = self._connection.execute("SELECT id, seen, state FROM captures").fetchall()
            if not all(is_id(id_) for id_, _, _ in rows):
                raise sqlite3.DatabaseError("the index names what is no capture")
            return {id_: (seen, state) for id_, seen, state in rows}

    def put(self, captures: Iterable[tuple[str, int, Kept | str]]) -> None:
        """Add captures, or bring them up to date; an older reading never replaces a newer one.

        Args:
            captures: For each its identifier, its folder's modification time in nanoseconds (-1: read it again next
                time) and what it holds, or why it cannot be read.
        """
        rows = [_row(id_, seen, held) for id_, seen, held in captures]
        with self._sound(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT INTO captures VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET "
                "seen=excluded.seen, notes=excluded.notes, state=excluded.state, why=excluded.why, "
                "taken=excluded.taken, patient=excluded.patient, outcome=excluded.outcome, "
                "laterality=excluded.laterality, exported=excluded.exported, record=excluded.record, sum=excluded.sum "
                "WHERE excluded.notes >= captures.notes OR excluded.state != 'kept'",
                rows,
            )

    def mark_missing(self, ids: Iterable[str]) -> None:
        """Say of captures that their folders are gone, though nobody removed them through the archive."""
        why = "its folder is gone: look for it in a backup, or in an export"
        with self._sound(), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "UPDATE captures SET state = 'missing', seen = -1, why = ? WHERE id = ?", [(why, id_) for id_ in ids]
            )

    def forget(self, id_: str) -> None:
        """Take out a capture that was removed on purpose, durably."""
        with self._sound():
            self._connection.execute("PRAGMA synchronous = FULL")
            try:
                self._connection.execute("DELETE FROM captures WHERE id = ?", (id_,))
            finally:
                self._connection.execute("PRAGMA synchronous = NORMAL")

    def page(self, selection: Selection, before: str | None, most: int) -> list[tuple[str, CaptureRecord, bool]]:
        """Captures, newest first.

        Args:
            selection: Which.
            before: Only those whose identifier sorts before this one; None for the newest.
            most: How many at most.

        Returns:
            For each its identifier, its record, and whether it was copied out since its last change.

        Raises:
            sqlite3.Error: The index is damaged or cannot be read.
        """
        conditions = {
            "id < ?": before,
            "taken >= ?": None if selection.since is None else _microseconds(selection.since),
            "taken < ?": None if selection.until is None else _microseconds(selection.until),
            "patient = ?": selection.patient,
            "outcome = ?": None if selection.outcome is None else selection.outcome.value,
            "laterality = ?": None if selection.laterality is None else selection.laterality.value,
        }
        given = {text: value for text, value in conditions.items() if value is not None}
        where = " AND ".join(["state = 'kept'", *given])
        with self._sound():
            rows = self._connection.execute(
                f"SELECT * FROM captures WHERE {where} ORDER BY id DESC LIMIT ?", [*given.values(), most]
            ).fetchall()
            if not all(row[-1] == _check(row[:-1]) for row in rows):
                raise sqlite3.DatabaseError("a row of the index is damaged")
            return [(row[0], CaptureRecord.model_validate_json(row[-2]), bool(row[-3])) for row in rows]

    def starting_with(self, start: str, most: int) -> list[str]:
        """Identifiers that begin with `start`, whatever their state, oldest first."""
        with self._sound():
            rows = self._connection.execute(
                "SELECT id FROM captures WHERE substr(id, 1, ?) = ? ORDER BY id LIMIT ?", (len(start), start, most)
            )
            return [id_ for (id_,) in rows]

    def unreadable(self) -> list[Unreadable]:
        """Captures whose record cannot be read or whose folder is gone, oldest first."""
        with self._sound():
            rows = self._connection.execute("SELECT id, why, state FROM captures WHERE state != 'kept' ORDER BY id")
            return [Unreadable(id_, why, state == "missing") for id_, why, state in rows]


def _row(id_: str, seen: int, held: Kept | str) -> tuple[object, ...]:
    row: tuple[object, ...]
    if isinstance(held, Kept):
        record = held.record
        laterality = None if record.laterality is None else record.laterality.value
        told = (_microseconds(record.taken_at), record.patient, record.outcome.value, laterality, int(held.exported))
        row = (id_, seen, held.notes, "kept", None, *told, record.model_dump_json())
    else:
        row = (id_, seen, 0, "unreadable", held, None, None, None, None, None, None)
    return (*row, _check(row))


def _check(row: tuple[object, ...]) -> int:
    return zlib.crc32(repr(row).encode())
