"""A full disk, a read-only one, one that is gone: each said plainly, and nothing lost."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fundusgate.archive.errors import (
    ArchiveError,
    ArchiveFullError,
    ArchiveMissingError,
    ArchivePermissionError,
    ArchiveReadOnlyError,
    archive_error,
)
from fundusgate.archive.reader import ArchiveReader
from fundusgate.archive.record import Override
from fundusgate.archive.store import Archive
from fundusgate.archive.verification import verify
from tests.archive.captures import START, draft, frame

if TYPE_CHECKING:
    from collections.abc import Iterator

OVERRIDE = Override(reason="x" * 60, operator=None, at=START)
ROOM = 8 * 2**20


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, or a skip that says why there is none."""
    folder = tmp_path / "card"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def unprivileged() -> Iterator[None]:
    """A user whom permissions hold, for the block: root passes them all by."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def fill(folder: Path, leave: int = 0) -> Path:
    """Write until the disk is full, but for `leave` bytes."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(4096))
        except OSError:
            stream.truncate(stream.tell() - leave)
    return filler


def test_a_full_disk_refuses_the_next_photograph_and_keeps_the_others(card: Path) -> None:
    with Archive.open(card / "archive", least_free_bytes=2**20) as archive:
        assert archive.room().enough
        kept = [archive.keep(draft(0), frame(original=b"0" * 100_000))]
        with pytest.raises(ArchiveFullError, match=r"no space left.*captures prune"):  # noqa: PT012 - which one is full
            for number in range(1, 200):
                kept.append(archive.keep(draft(number), frame(original=b"x" * 100_000)))
        room = archive.room()
        assert not room.enough
        assert "MB are wanted" in room.why
        assert list(archive.layout.incoming.iterdir()) == []
        assert list(archive.captures()) == kept[::-1]
        assert verify(archive) == (len(kept), [])
    with Archive.open(card / "archive") as archive:
        assert list(archive.captures()) == kept[::-1]


def test_an_amendment_on_a_full_disk_changes_nothing(card: Path) -> None:
    with Archive.open(card / "archive") as archive:
        kept = archive.keep(draft(), frame())
        filler = fill(card)
        with pytest.raises(ArchiveFullError):
            archive.amend(kept.id, override=OVERRIDE)
        assert archive.get(kept.id) == kept
        filler.unlink()
        assert archive.amend(kept.id, override=OVERRIDE).override == OVERRIDE
        assert verify(archive) == (1, [])


def test_a_card_made_read_only_is_said_and_can_be_looked_into(card: Path) -> None:
    with Archive.open(card / "archive") as archive:
        kept = archive.keep(draft(), frame())
    subprocess.run(["mount", "-o", "remount,ro", str(card)], check=True)
    with ArchiveReader.look(card / "archive") as reader:
        assert list(reader.captures()) == [kept]
    with pytest.raises(ArchiveReadOnlyError, match="write switch"):
        Archive.open(card / "archive")


def test_a_card_made_read_only_while_it_is_open(card: Path) -> None:
    keeper = Archive.open(card / "archive", least_free_bytes=0)
    # open for writing, the index would keep the system from remounting
    keeper.close()
    subprocess.run(["mount", "-o", "remount,ro", str(card)], check=True)
    assert "read-only" in keeper.room().why
    with pytest.raises(ArchiveReadOnlyError, match="cannot keep a photograph"):
        keeper.keep(draft(), frame())


def test_a_card_that_is_pulled_out(card: Path) -> None:
    archive = Archive.open(card / "archive", least_free_bytes=0)
    kept = archive.keep(draft(), frame())
    subprocess.run(["umount", "--lazy", card], check=True)
    try:
        assert not archive.room().enough
        assert "plugged in" in archive.room().why
        with pytest.raises(ArchiveMissingError, match="plugged in"):
            archive.keep(draft(1), frame(1))
        with pytest.raises(ArchiveError, match="no capture"):
            archive.get(kept.id)
        assert list(card.iterdir()) == []
    finally:
        archive.close()
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(card)], check=True)


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "archive") as archive:
        archive.layout.incoming.chmod(0o500)
        try:
            with unprivileged():
                assert not archive.room().enough
                with pytest.raises(ArchivePermissionError, match="give the folder to the user"):
                    archive.keep(draft(), frame())
        finally:
            archive.layout.incoming.chmod(0o700)


def test_what_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for place in (tmp_path / "file", tmp_path / "file" / "archive"):
        with pytest.raises(ArchiveMissingError, match="a file lies where"):
            Archive.open(place)
    with pytest.raises(ArchiveMissingError, match="no archive"):
        ArchiveReader.look(tmp_path / "nothing")


LIMITED = """
import resource, sys
from pathlib import Path
from fundusgate.archive.errors import ArchiveFullError
from fundusgate.archive.store import Archive
from tests.archive.captures import draft, frame

resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, resource.RLIM_INFINITY))
with Archive.open(Path(sys.argv[1])) as archive:
    try:
        archive.keep(draft(), frame(original=bytes(70_000)))
    except ArchiveFullError as error:
        print("refused:", error)
    # the index passes the limit long before the photographs do
    kept = [archive.keep(draft(number), frame(number)).id for number in range(60)]
    print(len(kept), len(list(archive.captures())))
"""


def test_an_index_that_cannot_grow_costs_no_photograph(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    refused, counts = result.stdout.splitlines()
    assert "ulimit" in refused
    assert counts == "60 60"
    assert "index" in result.stderr
    with Archive.open(tmp_path) as archive:
        assert verify(archive) == (60, [])
        assert len(list(archive.captures())) == 60


def test_a_device_without_space_is_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space") as raised, Path("/dev/full").open("wb", buffering=0) as full:
        full.write(b"x")
    assert isinstance(archive_error(raised.value, "keep a photograph", tmp_path), ArchiveFullError)
