"""What breaks closes the gate, says so, and comes back by itself where it can."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from fundusgate.archive.errors import ArchiveFullError
from fundusgate.archive.store import Archive
from fundusgate.device.cameras.supervised import SupervisedCamera
from fundusgate.live.commands import Press
from fundusgate.live.engine import LiveGate
from fundusgate.live.faults import Faults
from fundusgate.live.messages import Health, Part
from fundusgate.runtime import Assessor, Profile
from fundusgate.runtime.gate.events import Outcome
from fundusgate.runtime.gate.observations import Broken, Mended
from fundusgate.runtime.gate.state import Phase
from tests.live.conftest import QUICK, Rig
from tests.live.parts import PATIENCE, EyeCamera, lenient, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    import pytest

    from fundusgate.archive.record import CaptureDraft, CaptureRecord
    from fundusgate.archive.store import StagedPhotograph
    from fundusgate.live.snapshot import Snapshot

    Open = Callable[..., AbstractContextManager[Rig]]


def seen(snapshot: Snapshot) -> bool:
    return snapshot.phase in (Phase.NEARLY, Phase.READY)


def closed(snapshot: Snapshot) -> bool:
    return snapshot.phase is Phase.CLOSED


def test_a_network_that_fails_closes_the_gate_and_is_tried_again(rig: Open) -> None:
    with rig() as live:
        wait_for(live.gate, seen)
        live.faults.raises.set()
        shut = wait_for(live.gate, closed)
        assert shut.why is not None
        assert "fell off the bus" in shut.why
        assert shut.map is None
        assert live.gate.preview(100) is None
        live.faults.raises.clear()
        wait_for(live.gate, seen)


def test_a_network_that_hangs_closes_the_gate_and_says_so(rig: Open) -> None:
    with rig() as live:
        wait_for(live.gate, seen)
        live.faults.hangs.set()
        shut = wait_for(live.gate, lambda s: closed(s) and "not come back" in (s.why or ""))
        assert shut.promise == 0
        ran = live.faults.ran
        assert live.gate.wait_for_newer(10**9, 0.3) is None
        assert live.faults.ran == ran
        # after `lost_after` only a new start helps, and who watches the process is told
        until = time.monotonic() + PATIENCE
        while live.gate.alive:
            assert time.monotonic() < until
            time.sleep(0.02)
        live.faults.hangs.clear()
        live.faults.woken.set()
        # what came back from the hang is old, and opens nothing: only a fresh picture does
        wait_for(live.gate, seen)
        assert live.gate.alive


def test_a_thread_that_dies_closes_the_gate_for_good(rig: Open, capfd: pytest.CaptureFixture[str]) -> None:
    caught: list[object] = []
    before, threading.excepthook = threading.excepthook, caught.append
    try:
        with rig() as live:
            wait_for(live.gate, seen)
            assert live.gate.alive
            live.faults.crashes.set()
            shut = wait_for(live.gate, lambda s: closed(s) and "networks part" in (s.why or ""))
            assert "start it again" in (shut.why or "")
            assert not live.gate.alive
    finally:
        threading.excepthook = before
    assert len(caught) == 1
    assert "Error" not in capfd.readouterr().out


def test_an_unplugged_camera_closes_the_gate_and_comes_back(rig: Open) -> None:
    with rig() as live:
        wait_for(live.gate, seen)
        live.camera.unplugged.set()
        shut = wait_for(live.gate, closed)
        assert "plug it in" in (shut.why or "")
        live.camera.unplugged.clear()
        wait_for(live.gate, seen)


def test_a_camera_that_hangs_closes_the_gate(rig: Open) -> None:
    with rig() as live:
        wait_for(live.gate, seen)
        live.camera.hangs.set()
        shut = wait_for(live.gate, closed)
        assert "no fresh picture" in (shut.why or "")
        live.camera.hangs.clear()
        live.camera.woken.set()
        wait_for(live.gate, seen)


def test_a_camera_under_supervision_is_brought_back_from_a_hang(small_bundle: Path, tmp_path: Path) -> None:
    made: list[EyeCamera] = []

    def make() -> EyeCamera:
        made.append(EyeCamera())
        return made[-1]

    camera = SupervisedCamera(make, hung_after=0.5)
    profile = lenient(Profile.load())
    with (
        Assessor.open(small_bundle, threads=1, profile=profile) as assessor,
        Archive.open(tmp_path / "archive") as archive,
        LiveGate(camera, assessor, archive, QUICK) as gate,
    ):
        before = wait_for(gate, seen)
        made[-1].hangs.set()
        wait_for(gate, closed)
        after = wait_for(gate, seen)
        made[-1].woken.set()
        assert camera.restarts >= 1
        assert before.frame is not None
        assert after.frame is not None
        assert after.frame > before.frame
        for each in made:
            each.woken.set()


def test_a_covered_lens_is_never_ready_on_what_was_seen_before(rig: Open) -> None:
    with rig() as live:
        wait_for(live.gate, lambda s: s.phase is Phase.READY)
        live.camera.covered.set()
        dark = wait_for(live.gate, lambda s: s.phase is Phase.NO_EYE)
        assert dark.promise < 1
        live.camera.covered.clear()
        wait_for(live.gate, lambda s: s.phase is Phase.READY)


def test_a_still_that_nothing_can_judge_is_kept_unjudged(rig: Open) -> None:
    with rig() as live:
        wait_for(live.gate, lambda s: s.phase is Phase.READY)
        live.camera.late = 0.3
        live.gate.submit(Press())
        wait_for(live.gate, lambda s: s.phase is Phase.CAPTURING)
        live.faults.raises.set()
        wait_for(live.gate, lambda s: s.phase not in (Phase.CAPTURING, Phase.CHECKING))
        (record,) = _captures(live.archive)
        assert record.outcome is Outcome.RETAKE
        assert "error" in record.assessment
        assert live.archive.photograph_path(record.id).stat().st_size == record.photograph_bytes
        assert live.gate.snapshot().captures == ()


def test_a_still_is_not_taken_where_it_could_not_be_kept(rig: Open) -> None:
    class Full(Archive):
        @classmethod
        def open(cls, folder: Path, least_free_bytes: int = 2**62) -> Archive:
            return super().open(folder, least_free_bytes)

    with rig(archive=Full) as live:
        wait_for(live.gate, lambda s: s.phase is Phase.READY)
        live.gate.submit(Press())
        failed = wait_for(live.gate, lambda s: s.why is not None)
        assert "No room for another photograph" in (failed.why or "")
        assert live.camera.stills == 0


def test_an_archive_that_fills_up_meanwhile_gives_no_verdict(rig: Open) -> None:
    class FillsUp(Archive):
        def keep_staged(self, draft: CaptureDraft, staged: StagedPhotograph) -> CaptureRecord:  # noqa: ARG002
            raise ArchiveFullError("no space left on the disk: make room")

    with rig(archive=FillsUp) as live:
        wait_for(live.gate, lambda s: s.phase is Phase.READY)
        live.gate.submit(Press())
        failed = wait_for(live.gate, lambda s: s.why is not None)
        assert "make room" in (failed.why or "")
        assert failed.phase not in (Phase.ACCEPTED, Phase.ACCEPTED_WITH_NOTE)
        assert failed.captures == ()


def test_a_camera_that_gives_no_still_leaves_a_sentence(rig: Open) -> None:
    settings = replace(QUICK, gate=replace(QUICK.gate, still_timeout=0.3))
    with rig(settings) as live:
        wait_for(live.gate, lambda s: s.phase is Phase.READY)
        live.camera.late = 1.0
        live.gate.submit(Press())
        failed = wait_for(live.gate, lambda s: s.why is not None)
        assert "no photograph" in (failed.why or "")
        # it came after all: the patient has borne the flash, so that it is kept, without a verdict
        (record,) = _captures(live.archive)
        assert record.outcome is Outcome.RETAKE


def _captures(archive: Archive) -> list[CaptureRecord]:
    """What lies in the archive, once something does."""
    until = time.monotonic() + PATIENCE
    while not (records := list(archive.captures())):
        assert time.monotonic() < until
        time.sleep(0.02)
    return records


def test_the_first_fault_is_told_until_the_last_is_mended() -> None:
    faults = Faults()
    assert faults.heard(Health(Part.NETWORKS, None)) is None
    assert faults.heard(Health(Part.NETWORKS, "no engine")) == Broken("no engine")
    assert faults.heard(Health(Part.NETWORKS, "no engine")) is None
    assert faults.heard(Health(Part.CAMERA, "no camera")) == Broken("no camera")
    assert faults.heard(Health(Part.CAMERA, None)) == Broken("no engine")
    assert faults.heard(Health(Part.NETWORKS, None)) == Mended()
