from __future__ import annotations

import hashlib
import stat
import subprocess
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from fundusgate.archive.errors import ArchiveBusyError, NoSuchCaptureError, UnreadableRecordError
from fundusgate.archive.index import Selection
from fundusgate.archive.reader import ArchiveReader
from fundusgate.archive.record import GivenUp, Override
from fundusgate.archive.store import Archive
from fundusgate.codes import Laterality
from fundusgate.runtime.gate.events import Outcome
from fundusgate.runtime.gate.state import Reason
from tests.archive.captures import START, draft, frame

if TYPE_CHECKING:
    from pathlib import Path

OVERRIDE = Override(reason="patient cannot come again", operator="Asha", at=START)
GIVEN_UP = GivenUp(reason=Reason.OPACITY, note="dense cataract", operator=None, at=START)


def test_the_camera_s_file_is_kept_byte_for_byte(tmp_path: Path) -> None:
    data = bytes(range(256)) * 3
    with Archive.open(tmp_path / "archive") as archive:
        record = archive.keep(draft(), frame(original=data))
        path = archive.photograph_path(record.id)
    assert path.read_bytes() == data
    assert path.name == "photograph.jpg"
    assert record.photograph_sha256 == hashlib.sha256(data).hexdigest()
    assert record.photograph_bytes == len(data)
    assert (record.width, record.height) == (32, 24)


def test_pixels_without_a_file_are_kept_without_loss(tmp_path: Path) -> None:
    taken = frame(7)
    with Archive.open(tmp_path) as archive:
        path = archive.photograph_path(archive.keep(draft(), taken).id)
    assert path.suffix == ".png"
    assert np.array_equal(cv2.imread(str(path))[..., ::-1], taken.pixels)


@pytest.mark.parametrize(("suffix", "name"), [(".JPG", "photograph.jpg"), ("/../../x", "photograph.bin")])
def test_a_suffix_never_leads_out_of_the_folder(tmp_path: Path, suffix: str, name: str) -> None:
    with Archive.open(tmp_path) as archive:
        assert archive.photograph_path(archive.keep(draft(), frame(original=b"x", suffix=suffix)).id).name == name


def test_what_was_kept_is_there_after_opening_again(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        kept = [archive.keep(draft(number), frame(number)) for number in range(3)]
    with Archive.open(tmp_path) as archive:
        assert list(archive.captures()) == kept[::-1]
        assert [archive.get(record.id) for record in kept] == kept


def test_the_sums_can_be_checked_with_the_usual_tool(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        folder = archive.folder_of(archive.keep(draft(), frame()).id)
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True)


def test_a_staged_photograph_is_on_the_disk_before_it_is_judged(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        staged = archive.stage(frame(original=b"bytes"))
        assert (staged.folder / staged.name).read_bytes() == b"bytes"
        assert list(archive.captures()) == []
        record = archive.keep_staged(draft(), staged)
        assert archive.photograph_path(record.id).read_bytes() == b"bytes"
        assert list(archive.captures()) == [record]


def test_an_amendment_adds_and_changes_nothing(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        before = archive.keep(draft(outcome=Outcome.RETAKE), frame())
        folder = archive.folder_of(before.id)
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        archive.amend(before.id, override=OVERRIDE)
        later = Override(reason="a better reason", operator="Ben", at=START)
        archive.amend(before.id, given_up=GIVEN_UP)
        amended = archive.amend(before.id, override=later)
        assert amended == before.model_copy(update={"override": later, "given_up": GIVEN_UP})
        assert next(iter(archive.captures())) == amended
        assert [one.override for one in archive.capture(before.id).amendments] == [OVERRIDE, None, later]
        assert {name: (folder / name).read_bytes() for name in files} == files
    with Archive.open(tmp_path) as archive:
        assert archive.get(before.id) == amended


def test_an_amendment_of_nothing_is_refused(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        id_ = archive.keep(draft(), frame()).id
        with pytest.raises(ValueError, match="an override or a reason"):
            archive.amend(id_)
        with pytest.raises(NoSuchCaptureError, match="no capture"):
            archive.amend(id_[:-8] + "00000000", override=OVERRIDE)


@pytest.mark.parametrize("id_", ["../../etc", "", "20261121T205312.123456Z-ABCDEF01", "nonsense"])
def test_what_is_no_identifier_never_becomes_a_path(tmp_path: Path, id_: str) -> None:
    with Archive.open(tmp_path) as archive, pytest.raises(NoSuchCaptureError, match="captures list"):
        archive.photograph_path(id_)


def test_captures_are_chosen(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        archive.keep(draft(0, patient="दादी", laterality=None), frame(0))
        archive.keep(draft(1, outcome=Outcome.RETAKE), frame(1))
        archive.keep(draft(2, laterality=Laterality.OS), frame(2))

        def minutes(selection: Selection, limit: int | None = None) -> list[int]:
            return [(record.taken_at - START) // timedelta(minutes=1) for record in archive.captures(selection, limit)]

        assert minutes(Selection()) == [2, 1, 0]
        assert minutes(Selection(), limit=2) == [2, 1]
        assert minutes(Selection(since=START + timedelta(minutes=1))) == [2, 1]
        assert minutes(Selection(until=START + timedelta(minutes=1))) == [0]
        assert minutes(Selection(patient="दादी")) == [0]
        assert minutes(Selection(outcome=Outcome.RETAKE)) == [1]
        assert minutes(Selection(laterality=Laterality.OS, patient="A-1042")) == [2]


def test_a_clock_that_runs_backwards_loses_nothing(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        same = [archive.keep(draft(5), frame(number)) for number in range(20)]
        earlier = archive.keep(draft(-60 * 24 * 40), frame(99))
        listed = [record.id for record in archive.captures()]
    assert len({record.id for record in same}) == 20
    assert listed == sorted(listed, reverse=True)
    assert listed[-1] == earlier.id


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    root = tmp_path / "data" / "archive"
    with Archive.open(root) as archive:
        archive.amend(archive.keep(draft(), frame()).id, override=OVERRIDE)
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert any(path.name == "index.sqlite" for path in modes)


def test_no_name_and_no_log_tells_of_the_patient(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with Archive.open(tmp_path) as archive:
        record = archive.keep(draft(patient="Meena-77", operator="Zoran"), frame())
        (archive.folder_of(record.id) / "record.json").write_bytes(b'{"patient": "Meena-77", "operator": "Zoran"}')
        with pytest.raises(UnreadableRecordError) as error:
            archive.get(record.id)
        archive.stage(frame(1))
    with Archive.open(tmp_path) as archive:
        told = " ".join([caplog.text, str(error.value), *(one.why for one in archive.unreadable())])
    assert "quarantine" in told
    told += " ".join(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert "Meena" not in told
    assert "Zoran" not in told


def test_one_program_keeps_and_others_look(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        first = archive.keep(draft(0), frame(0))
        with pytest.raises(ArchiveBusyError, match="end it"):
            Archive.open(tmp_path)
        with ArchiveReader.look(tmp_path) as reader:
            assert list(reader.captures()) == [first]
            second = archive.keep(draft(1), frame(1))
            assert list(reader.captures()) == [second, first]
            assert list(archive.captures()) == [second, first]
    with Archive.open(tmp_path):
        pass


def test_looking_never_touches_what_is_being_written(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        staged = archive.stage(frame())
        with ArchiveReader.look(tmp_path) as reader:
            assert list(reader.captures()) == []
        assert archive.keep_staged(draft(), staged)


def test_threads_may_keep_and_list_at_once(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        kept: list[str] = []

        def keep(start: int) -> None:
            kept.extend(archive.keep(draft(start + number), frame(number)).id for number in range(5))

        threads = [threading.Thread(target=keep, args=(100 * number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            returned = set(kept)
            assert {record.id for record in archive.captures()} >= returned
        for thread in threads:
            thread.join()
        assert sorted(kept) == sorted(record.id for record in archive.captures())
        assert len(kept) == 20


def test_leftovers_are_set_aside_and_never_deleted(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        archive.stage(frame(original=b"a flash that a patient has borne"))
    with Archive.open(tmp_path) as archive:
        assert list(archive.captures()) == []
        assert archive.set_aside() == 1
        assert [path.read_bytes() for path in archive.layout.quarantine.rglob("photograph.jpg")] == [
            b"a flash that a patient has borne"
        ]
        assert list(archive.layout.incoming.iterdir()) == []
