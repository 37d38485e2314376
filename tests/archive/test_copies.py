"""Verify, export and prune: what is lost is found, what is copied is marked, and only what is copied may go."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fundusgate.archive.capture_folder import sha256
from fundusgate.archive.errors import ArchiveError
from fundusgate.archive.export_folder import export_captures
from fundusgate.archive.export_table import safe_cell, write_table
from fundusgate.archive.index import Selection
from fundusgate.archive.pruning import plan_prune, remove
from fundusgate.archive.record import Override
from fundusgate.archive.store import Archive
from fundusgate.archive.verification import verify
from tests.archive.captures import START, draft, frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OVERRIDE = Override(reason="seen by the doctor", operator=None, at=START)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive") as archive:
        yield archive


@pytest.fixture
def ids(archive: Archive) -> list[str]:
    return [archive.keep(draft(number), frame(original=b"photograph %d" % number)).id for number in range(3)]


def may_go(archive: Archive) -> list[str]:
    return [removal.id for removal in plan_prune(archive, None, None).removals]


def why_not(archive: Archive) -> dict[str, str]:
    return dict(plan_prune(archive, None, None).staying)


@pytest.mark.parametrize("name", ["photograph.jpg", "record.json", "SHA256SUMS", "0001-amendment"])
@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_what_is_missing_or_altered_is_found(archive: Archive, ids: list[str], name: str, damage: str) -> None:
    archive.amend(ids[1], override=OVERRIDE)
    archive.amend(ids[1], override=OVERRIDE)
    assert verify(archive) == (3, [])
    path = next(archive.folder_of(ids[1]).glob(f"{name}*"))
    if damage == "altered":
        data = path.read_bytes()
        path.write_bytes(data[:5] + bytes([data[5] ^ 1]) + data[6:])
    else:
        path.unlink()
    count, findings = verify(archive)
    assert count == 3
    assert {finding.id for finding in findings if finding.lost} == {ids[1]}


def test_a_capture_that_is_gone_is_found(archive: Archive, ids: list[str]) -> None:
    shutil.rmtree(archive.folder_of(ids[0]))
    archive.refresh()
    count, (finding,) = verify(archive)
    assert count == 3
    assert (finding.id, finding.lost) == (ids[0], True)


def test_a_stray_file_is_mentioned_and_nothing_is_lost(archive: Archive, ids: list[str]) -> None:
    (archive.folder_of(ids[0]) / "Thumbs.db").write_bytes(b"x")
    _, (finding,) = verify(archive)
    assert not finding.lost
    assert "Thumbs.db" in finding.what


def test_an_exported_photograph_lies_beside_its_record(archive: Archive, ids: list[str], tmp_path: Path) -> None:
    amended = archive.amend(ids[0], override=OVERRIDE)
    result = export_captures(archive, Selection(), tmp_path / "out")
    assert (result.copied, result.already, result.failed) == (3, 0, ())
    for number, id_ in enumerate(ids):
        assert (tmp_path / f"out/2026-11-21/{id_}.jpg").read_bytes() == b"photograph %d" % number
    said = json.loads((tmp_path / f"out/2026-11-21/{ids[0]}.json").read_bytes())
    assert said["photograph"] == f"{ids[0]}.jpg"
    assert said["override"]["reason"] == said["amendments"][0]["override"]["reason"] == amended.override.reason  # type: ignore[union-attr]
    assert [exported for _, exported in archive.entries()] == [True] * 3
    assert list(tmp_path.glob("out/**/.*")) == []


def test_an_export_copies_what_is_new_only(archive: Archive, ids: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_captures(archive, Selection(until=START + timedelta(minutes=1)), out)
    again = export_captures(archive, Selection(), out)
    assert (again.copied, again.already) == (2, 1)
    archive.amend(ids[0], override=OVERRIDE)
    (out / f"2026-11-21/{ids[1]}.jpg").write_bytes(b"photograph X")
    (out / f"2026-11-21/{ids[2]}.json").unlink()
    mended = export_captures(archive, Selection(), out)
    assert (mended.copied, mended.already) == (3, 0)
    assert (out / f"2026-11-21/{ids[1]}.jpg").read_bytes() == b"photograph 1"
    assert export_captures(archive, Selection(), tmp_path / "other").copied == 3


def test_an_altered_photograph_is_not_exported(archive: Archive, ids: list[str], tmp_path: Path) -> None:
    archive.photograph_path(ids[1]).write_bytes(b"another")
    result = export_captures(archive, Selection(), tmp_path / "out")
    assert result.copied == 2
    assert [id_ for id_, _ in result.failed] == [ids[1]]
    assert "verify" in result.failed[0][1]
    assert may_go(archive) == [ids[0], ids[2]]


def test_an_export_into_the_archive_is_refused(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(archive.layout.root)
    for out in (archive.layout.root, archive.layout.captures / "2026", tmp_path / "link" / "out"):
        with pytest.raises(ArchiveError, match="in the archive itself"):
            export_captures(archive, Selection(), out)


def test_only_what_was_exported_may_go(archive: Archive, ids: list[str], tmp_path: Path) -> None:
    assert may_go(archive) == []
    export_captures(archive, Selection(until=START + timedelta(minutes=2)), tmp_path / "out")
    archive.amend(ids[1], override=OVERRIDE)
    plan = plan_prune(archive, None, None)
    assert [removal.id for removal in plan.removals] == [ids[0]]
    assert "compared by hash" in plan.removals[0].copy
    assert "amended since" in dict(plan.staying)[ids[1]]
    assert "not exported" in dict(plan.staying)[ids[2]]
    assert remove(archive, plan.removals[0])
    assert [record.id for record in archive.captures()] == ids[:0:-1]
    assert verify(archive) == (2, [])
    archive.refresh()
    assert archive.unreadable() == []
    assert list(archive.layout.removed.iterdir()) == []


@pytest.mark.parametrize("suffix", [".jpg", ".json"])
def test_a_copy_that_is_lost_keeps_its_capture(archive: Archive, ids: list[str], tmp_path: Path, suffix: str) -> None:
    export_captures(archive, Selection(), tmp_path / "out")
    (tmp_path / f"out/2026-11-21/{ids[0]}{suffix}").unlink()
    (tmp_path / f"out/2026-11-21/{ids[1]}{suffix}").write_bytes(b"photograph 7")
    assert may_go(archive) == [ids[2]]
    assert "export it again" in why_not(archive)[ids[0]]
    export_captures(archive, Selection(), tmp_path / "out")
    assert may_go(archive) == ids


def test_a_copy_on_a_disk_that_is_away_is_trusted(archive: Archive, ids: list[str], tmp_path: Path) -> None:
    export_captures(archive, Selection(), tmp_path / "out")
    shutil.move(tmp_path / "out", tmp_path / "away")
    (tmp_path / "out").mkdir()
    plan = plan_prune(archive, None, None)
    assert [removal.id for removal in plan.removals] == ids
    assert all("not at hand" in removal.copy for removal in plan.removals)


def test_what_was_amended_after_the_plan_stays(archive: Archive, ids: list[str], tmp_path: Path) -> None:
    export_captures(archive, Selection(), tmp_path / "out")
    removal = plan_prune(archive, None, None).removals[0]
    archive.amend(ids[0], override=OVERRIDE)
    assert not remove(archive, removal)
    assert archive.get(ids[0]).override == OVERRIDE


def test_age_and_space_bound_what_may_go(archive: Archive, ids: list[str], tmp_path: Path) -> None:
    export_captures(archive, Selection(), tmp_path / "out")
    assert [one.id for one in plan_prune(archive, START + timedelta(minutes=2), None).removals] == ids[:2]
    assert [one.id for one in plan_prune(archive, None, 1).removals] == ids[:1]
    assert plan_prune(archive, None, -5).removals == ()


def test_a_removal_that_was_broken_off_is_finished(archive: Archive, ids: list[str], tmp_path: Path) -> None:
    root = archive.layout.root
    archive.layout.removed.mkdir()
    archive.folder_of(ids[0]).rename(archive.layout.removed / ids[0])
    archive.close()
    with Archive.open(root) as again:
        assert again.unreadable() == []
        assert [record.id for record in again.captures()] == ids[:0:-1]
        assert list(again.layout.removed.iterdir()) == []
    assert tmp_path.is_dir()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1", "\r=1"])
def test_no_cell_is_a_formula(archive: Archive, text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    archive.keep(draft(patient=text, operator="Ann"), frame())
    stream = io.StringIO(newline="")
    assert write_table(archive.entries(), stream) == 1
    (row,) = csv.DictReader(io.StringIO(stream.getvalue(), newline=""))
    assert row["patient"] == f"'{text}"
    assert row["operator"] == "Ann"


def test_the_table_says_what_the_record_says(archive: Archive, ids: list[str]) -> None:
    archive.amend(ids[2], override=OVERRIDE)
    stream = io.StringIO(newline="")
    assert write_table(archive.entries(), stream) == 3
    rows = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    assert [row["id"] for row in rows] == ids[::-1]
    newest = rows[0]
    assert newest["override_reason"] == "seen by the doctor"
    assert float(newest["score"]) == 81.25
    assert newest["causes"] == "FOCUS"
    assert newest["photograph_sha256"] == sha256(b"photograph 2") == hashlib.sha256(b"photograph 2").hexdigest()
    assert newest["exported"] == "0"
    assert safe_cell(-1.5) == -1.5


def test_an_empty_archive_gives_a_table_with_a_heading(archive: Archive) -> None:
    stream = io.StringIO(newline="")
    assert write_table(archive.entries(), stream) == 0
    assert stream.getvalue().startswith("id,taken_at,patient,")
