"""Real programs, killed at random moments: what was acknowledged is there and whole, what was not is not half there."""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from fundusgate.archive.export_folder import export_captures
from fundusgate.archive.index import Selection
from fundusgate.archive.store import Archive
from fundusgate.archive.verification import verify
from tests.archive.captures import draft, frame
from tests.archive.warm import Doomed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def doomed() -> Iterator[Doomed]:
    process = Doomed()
    yield process
    process.close()


def all_whole(archive: Archive) -> dict[str, str]:
    """The captures that are listed, each with its photograph's hash; every one must be whole."""
    count, findings = verify(archive)
    assert findings == []
    assert archive.unreadable() == []
    listed = {record.id: record.photograph_sha256 for record in archive.captures()}
    assert count == len(listed)
    assert set(listed) == {folder.name for folder in archive.layout.folders()}
    assert list(archive.layout.incoming.iterdir()) == []
    return listed


def filled(root: Path, count: int) -> dict[str, str]:
    with Archive.open(root) as archive:
        records = [archive.keep(draft(number), frame(original=b"%d" % number)) for number in range(count)]
        return {record.id: record.photograph_sha256 for record in records}


def test_what_was_kept_survives_two_hundred_kills(doomed: Doomed, tmp_path: Path) -> None:
    dice = random.Random(4)
    total = 0
    for number in range(20):
        root, promised = tmp_path / f"archive{number}", {}
        for _ in range(10):
            told = doomed.run("keep", root, dice, longest=0.01)
            promised |= {words[1]: words[2] for words in told if words[0] == "kept"}
            with Archive.open(root) as archive:
                assert promised.items() <= all_whole(archive).items()
        total += len(promised)
    assert doomed.killed == 200
    assert total > 200


@pytest.mark.parametrize("seed", range(2))
def test_amendments_survive(doomed: Doomed, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    kept = filled(tmp_path / "archive", 5)
    promised: defaultdict[str, list[str]] = defaultdict(list)
    for _ in range(16):
        told = doomed.run("amend", tmp_path / "archive", dice, longest=0.02)
        for words in told:
            if words[0] == "amended":
                promised[words[1]].append(words[2])
        with Archive.open(tmp_path / "archive") as archive:
            assert all_whole(archive) == kept
            newest = {record.id: record.override for record in archive.captures()}
            for id_ in kept:
                history = [one.override.reason for one in archive.capture(id_).amendments if one.override]
                assert [reason for reason in history if reason in promised[id_]] == promised[id_]
                # one that was written, and not acknowledged before the kill, may be there
                assert len(history) - len(promised[id_]) <= 1
                promised[id_] = history
                override = newest[id_]
                assert (override.reason if override else None) == (history[-1] if history else None)
    assert sum(map(len, promised.values())) > 16


def test_an_index_that_is_damaged_and_made_anew_loses_nothing(doomed: Doomed, tmp_path: Path) -> None:
    dice = random.Random(0)
    kept = filled(tmp_path / "archive", 12)
    for _ in range(20):
        told = doomed.run("rebuild", tmp_path / "archive", dice, longest=0.05)
        assert {words[1] for words in told if words[0] == "listed"} <= {"12"}
        with Archive.open(tmp_path / "archive") as archive:
            assert all_whole(archive) == kept


def test_an_export_is_taken_up_where_it_was_killed(doomed: Doomed, tmp_path: Path) -> None:
    dice = random.Random(0)
    root = tmp_path / "archive"
    kept = filled(root, 12)
    for _ in range(14):
        doomed.run("export", root, dice, longest=0.02)
        with Archive.open(root) as archive:
            assert all_whole(archive) == kept
        for out in tmp_path.glob("archive-out-*"):
            for photograph in out.rglob("*.jpg"):
                assert hashlib.sha256(photograph.read_bytes()).hexdigest() == kept[photograph.stem]
                assert json.loads(photograph.with_suffix(".json").read_bytes())["id"] == photograph.stem
    out = max(tmp_path.glob("archive-out-*"), key=lambda folder: len(list(folder.rglob("*.jpg"))))
    with Archive.open(root) as archive:
        result = export_captures(archive, Selection(), out)
    assert result.copied + result.already == 12
    assert result.already > 0
    assert {path.stem for path in out.rglob("*.jpg")} == set(kept)
    assert list(out.rglob(".*")) == []


def test_a_capture_is_pruned_whole_or_not_at_all(doomed: Doomed, tmp_path: Path) -> None:
    dice = random.Random(0)
    for number in range(20):
        root = tmp_path / f"archive{number}"
        kept = filled(root, 6)
        with Archive.open(root) as archive:
            assert export_captures(archive, Selection(), tmp_path / f"out{number}").copied == 6
            unexported = archive.keep(draft(99), frame()).id
        told = doomed.run("prune", root, dice, longest=0.02)
        removed = {words[1] for words in told if words[0] == "removed"}
        with Archive.open(root) as archive:
            listed = all_whole(archive)
            assert unexported in listed
            assert not removed & set(listed)
            gone = set(kept) - set(listed)
            # oldest first, and at most one that was not acknowledged before the kill
            assert gone == set(sorted(kept)[: len(gone)])
            assert len(gone - removed) <= 1
            assert list(archive.layout.removed.glob("*")) == []
