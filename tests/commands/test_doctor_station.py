"""Camera, archive, disk and clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from fundusgate.commands import doctor_station
from fundusgate.commands.doctor_findings import Purpose, Sign
from fundusgate.commands.doctor_station import archive_findings, camera_findings, clock_findings
from fundusgate.device.board.clock_time import ClockTime
from fundusgate.device.board.storage import Disk, DiskKind, Space, Storage
from fundusgate.device.cameras.discovery import FoundCamera

USB = FoundCamera("v4l2:/dev/video0", "USB microscope")
NO_USB = FoundCamera("v4l2:/dev/video0", "USB camera", "the kernel lists no video device: plug the camera in")
ARGUS = FoundCamera("argus:0", "Jetson CSI camera")
NO_PI = FoundCamera("picamera2:0", "Raspberry Pi camera", "picamera2 is not installed")
SIMULATED = FoundCamera("sim://", "simulated camera: needs no hardware")
NOVEMBER = 1_795_000_000.0
"""2026-11-18."""


@pytest.mark.parametrize(
    ("found", "wanted", "sign", "says"),
    [
        ([USB, NO_PI, SIMULATED], None, Sign.GOOD, "USB microscope"),
        ([NO_USB, NO_PI, SIMULATED], None, Sign.FIX, "plug the camera in"),
        ([USB, SIMULATED], "v4l2:/dev/video0?width=1920&height=1080", Sign.GOOD, "USB microscope"),
        ([USB, SIMULATED], "v4l2:/dev/video2", Sign.FIX, "v4l2:/dev/video2 is not there"),
        ([NO_USB, SIMULATED], "v4l2:/dev/video0", Sign.FIX, "plug the camera in"),
        ([USB, NO_PI, SIMULATED], "picamera2:0", Sign.FIX, "picamera2 is not installed"),
        ([ARGUS, NO_USB], "argus:1", Sign.WARNING, "argus:1"),
        ([USB, SIMULATED], "sim://", Sign.FIX, "no patient is photographed"),
        ([USB, SIMULATED], "replay:photographs?fps=5", Sign.FIX, "no patient is photographed"),
    ],
)
def test_the_camera(found: list[FoundCamera], wanted: str | None, sign: Sign, says: str) -> None:
    finding = camera_findings(found, wanted)[0]
    assert finding.sign is sign
    assert says in finding.says
    assert finding.seen_for(Purpose.BENCHMARK) is not Sign.FIX


def test_an_archive_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "archive"
    finding = archive_findings(folder, Storage())[0]
    assert (finding.sign, "(new)" in finding.says) == (Sign.GOOD, True)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    finding = archive_findings(tmp_path / "file" / "archive", Storage())[0]
    assert (finding.sign, finding.seen_for(Purpose.BENCHMARK)) == (Sign.FIX, Sign.WARNING)


def test_an_archive_on_a_file_system_that_takes_nothing() -> None:
    # the kernel's own file system takes no files, not even from root
    finding = archive_findings(Path("/proc/archive"), Storage())[0]
    assert finding.sign is Sign.FIX
    assert "cannot be written to" in finding.says


@pytest.mark.parametrize(
    ("free", "total", "kind", "sign"),
    [
        (100e6, 250e9, DiskKind.NVME, Sign.FIX),
        (4e9, 250e9, DiskKind.NVME, Sign.WARNING),
        (10e9, 250e9, DiskKind.NVME, Sign.WARNING),
        (100e9, 250e9, DiskKind.NVME, Sign.GOOD),
        (20e9, 32e9, DiskKind.SD, Sign.WARNING),
    ],
)
def test_the_disk(
    free: float, total: float, kind: DiskKind, sign: Sign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_station, "space_of", lambda _folder: Space(int(total), int(free)))
    storage = Storage((Disk("d0", kind, int(total), None),), "d0")
    assert archive_findings(tmp_path, storage)[1].sign is sign


def clock(**changes: object) -> ClockTime:
    told = {
        "synchronised": True,
        "daemon": "timesyncd",
        "hardware_clock": True,
        "hardware_seconds": int(NOVEMBER),
        "uptime": 60.0,
    }
    return ClockTime(**{**told, **changes})


def test_a_clock_that_a_server_set() -> None:
    assert [finding.sign for finding in clock_findings(clock(), NOVEMBER)] == [Sign.GOOD]


@pytest.mark.parametrize("now", [0.0, 1_262_304_000.0, 1_750_000_000.0])
def test_a_year_before_this_program_cannot_be(now: float) -> None:
    finding = clock_findings(clock(synchronised=False), now)[0]
    assert (finding.seen_for(Purpose.SCREENING), finding.seen_for(Purpose.BENCHMARK)) == (Sign.FIX, Sign.WARNING)
    assert "sudo date --set" in finding.fix


@pytest.mark.parametrize(
    ("told", "topic"),
    [
        (clock(synchronised=False), "clock"),
        (clock(synchronised=None, daemon="chronyd"), "clock"),
        (clock(hardware_clock=False, hardware_seconds=None), "hardware clock"),
        (clock(hardware_seconds=int(NOVEMBER) - 7200), "hardware clock"),
    ],
)
def test_what_may_be_wrong_with_a_clock(told: ClockTime, topic: str) -> None:
    warned = [finding.topic for finding in clock_findings(told, NOVEMBER) if finding.sign is Sign.WARNING]
    assert warned == [topic]
