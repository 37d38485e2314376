"""The index is made from the files: lost, damaged or behind, the listing is what the files say."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

from fundusgate.archive.errors import NoSuchCaptureError
from fundusgate.archive.index import PAGE
from fundusgate.archive.layout import Layout
from fundusgate.archive.reader import ArchiveReader
from fundusgate.archive.record import Override
from fundusgate.archive.store import Archive
from fundusgate.archive.synchronise import synchronise
from tests.archive.captures import START, draft, frame

if TYPE_CHECKING:
    from pathlib import Path

OVERRIDE = Override(reason="seen by the doctor", operator=None, at=START)


def fill(root: Path, count: int = 3) -> list[str]:
    with Archive.open(root) as archive:
        return [archive.keep(draft(number), frame(original=b"%d" % number)).id for number in range(count)]


def listed(root: Path) -> list[str]:
    with ArchiveReader.look(root) as reader:
        return [record.id for record in reader.captures()]


def older_than_seconds(root: Path) -> None:
    """Set the folders' times back, as if some time had passed since they were written."""
    for folder in Layout(root).folders():
        os.utime(folder, ns=(0, folder.stat().st_mtime_ns - 10**10))


@pytest.mark.parametrize("damage", ["lost", "no database", "empty", "another schema", "cut short", "no table"])
def test_an_index_that_cannot_be_used_is_made_anew(tmp_path: Path, damage: str) -> None:
    ids = fill(tmp_path)
    index = tmp_path / "index.sqlite"
    if damage == "lost":
        index.unlink()
    elif damage == "no database":
        index.write_bytes(b"photographs" * 1000)
    elif damage == "empty":
        index.write_bytes(b"")
    elif damage == "cut short":
        os.truncate(index, index.stat().st_size - 5000)
    else:
        with sqlite3.connect(index) as connection:
            connection.execute("PRAGMA user_version = 99" if damage == "another schema" else "DROP TABLE captures")
        connection.close()
    assert listed(tmp_path) == ids[::-1]
    with sqlite3.connect(index) as connection:
        assert connection.execute("SELECT count(*) FROM captures").fetchone() == (3,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_row_that_was_altered_is_noticed(tmp_path: Path) -> None:
    ids = fill(tmp_path)
    older_than_seconds(tmp_path)
    listed(tmp_path)
    with sqlite3.connect(tmp_path / "index.sqlite") as connection:
        connection.execute("UPDATE captures SET record = replace(record, 'A-1042', 'A-9999')")
    connection.close()
    with ArchiveReader.look(tmp_path) as reader:
        assert [(record.id, record.patient) for record in reader.captures()] == [(id_, "A-1042") for id_ in ids[::-1]]


def test_a_damaged_index_that_another_program_has_open_is_left_to_it(tmp_path: Path) -> None:
    ids = fill(tmp_path)
    with ArchiveReader.look(tmp_path):
        with sqlite3.connect(tmp_path / "index.sqlite") as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
        before = (tmp_path / "index.sqlite").stat().st_ino
        assert listed(tmp_path) == ids[::-1]
        assert (tmp_path / "index.sqlite").stat().st_ino == before


def test_an_index_of_last_week_is_brought_up_to_date(tmp_path: Path) -> None:
    fill(tmp_path)
    old = (tmp_path / "index.sqlite").read_bytes()
    with Archive.open(tmp_path) as archive:
        new = archive.keep(draft(50), frame(50)).id
        amended = archive.amend(new, override=OVERRIDE)
    (tmp_path / "index.sqlite").write_bytes(old)
    with ArchiveReader.look(tmp_path) as reader:
        assert next(iter(reader.captures())) == amended


def test_only_what_has_changed_is_read_again(tmp_path: Path) -> None:
    ids = fill(tmp_path)
    older_than_seconds(tmp_path)
    with Archive.open(tmp_path) as archive:
        index = archive._index
        assert index is not None
        assert synchronise(index, archive.layout) == []
        archive.amend(ids[1], override=OVERRIDE)
        # younger than the clock's grain: it might change again unseen
        assert [folder.name for folder in synchronise(index, archive.layout)] == [ids[1]]


def test_more_than_a_page_is_listed_whole(tmp_path: Path) -> None:
    ids = fill(tmp_path, 3)
    source = Layout(tmp_path).folder_of(ids[0])
    for number in range(2 * PAGE):
        id_ = f"20250101T000000.{number:06d}Z-00000000"
        folder = Layout(tmp_path).folder_of(id_)
        shutil.copytree(source, folder)
        text = (folder / "record.json").read_text(encoding="utf-8").replace(ids[0], id_)
        (folder / "record.json").write_text(text, encoding="utf-8")
    found = listed(tmp_path)
    assert len(found) == 2 * PAGE + 3
    assert found == sorted(found, reverse=True)
    with ArchiveReader.look(tmp_path) as reader:
        assert len(list(reader.captures(limit=PAGE + 1))) == PAGE + 1


def test_what_cannot_be_read_is_named_and_never_dropped(tmp_path: Path) -> None:
    newer, gone, whole = fill(tmp_path)
    path = Layout(tmp_path).folder_of(newer) / "record.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"schema_version": 7}))
    shutil.move(Layout(tmp_path).folder_of(gone), tmp_path / "elsewhere")
    with ArchiveReader.look(tmp_path) as reader:
        assert [record.id for record in reader.captures()] == [whole]
        first, second = reader.unreadable()
        assert (first.id, first.missing) == (newer, False)
        assert "update" in first.why
        assert (second.id, second.missing) == (gone, True)
        with pytest.raises(NoSuchCaptureError):
            reader.get(gone)
    shutil.move(tmp_path / "elsewhere", Layout(tmp_path).folder_of(gone))
    assert listed(tmp_path) == [whole, gone]


def test_stray_files_break_nothing(tmp_path: Path) -> None:
    ids = fill(tmp_path)
    day = Layout(tmp_path).folder_of(ids[0]).parent
    (tmp_path / "captures" / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "captures" / "2026" / "notes").mkdir()
    (day / ".DS_Store").write_bytes(b"x")
    (day / "20261121T205312.123456Z-zzzzzzzz").mkdir()
    (day / "20251121T205312.123456Z-00000000").mkdir()
    (day / "20261121T205312.123456Z-00000000").write_bytes(b"a file")
    (day / ids[0] / "preview.jpg").write_bytes(b"x")
    assert listed(tmp_path) == ids[::-1]


def test_the_beginning_of_an_identifier_is_enough(tmp_path: Path) -> None:
    ids = fill(tmp_path)
    with ArchiveReader.look(tmp_path) as reader:
        assert reader.find(ids[1][:16]) == ids[1]
        with pytest.raises(NoSuchCaptureError, match="several"):
            reader.find("2026")
        for start in ("2027", "", "%", "_" * 8):
            with pytest.raises(NoSuchCaptureError, match="no capture"):
                reader.find(start)
