"""The kernel's list of video devices."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from fundusgate.device.cameras import v4l2_devices
from fundusgate.device.cameras.base import CameraError
from fundusgate.device.cameras.v4l2_devices import (
    CAPABILITY,
    DEVICE_CAPS,
    QUERYCAP,
    VIDEO_CAPTURE,
    check_video_device,
    list_video_devices,
    takes_pictures,
    video_number,
)

METADATA = 0x00800000


def capability(capabilities: int, own: int) -> bytes:
    return CAPABILITY.pack(b"uvcvideo", b"Retina Camera", b"usb-1.2", 0x060100, capabilities, own)


def test_the_kernels_structure() -> None:
    # sizeof(struct v4l2_capability), and _IOR('V', 0, of that size)
    assert CAPABILITY.size == 104
    assert (2 << 30) | (CAPABILITY.size << 16) | (ord("V") << 8) == QUERYCAP


def test_a_device_counts_by_its_own_abilities() -> None:
    both = VIDEO_CAPTURE | METADATA | DEVICE_CAPS
    assert takes_pictures(capability(both, VIDEO_CAPTURE))
    assert not takes_pictures(capability(both, METADATA))
    assert takes_pictures(capability(VIDEO_CAPTURE, 0))


def test_devices_are_listed_with_names_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    system, devices = tmp_path / "sys", tmp_path / "dev"
    devices.mkdir()
    for number in (10, 2):
        (system / f"video{number}").mkdir(parents=True)
    (system / "video2" / "name").write_text("Retina Camera: Retina Camera\n")
    (devices / "video2").symlink_to("/dev/null")
    listed = list_video_devices(system, devices)
    assert [device.path.name for device in listed] == ["video2", "video10"]
    assert [device.label for device in listed] == ["Retina Camera: Retina Camera", ""]
    assert listed[0].problem is not None
    assert "no video device" in listed[0].problem
    assert listed[1].problem is not None
    assert "not there" in listed[1].problem


def test_a_machine_without_video_devices(tmp_path: Path) -> None:
    assert list_video_devices(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "usermod -aG video"),
        (errno.EBUSY, "used by another program"),
        (errno.ENODEV, "has gone"),
        (errno.EIO, "plug the camera in again"),
    ],
)
def test_why_it_cannot_be_opened(number: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, "refused")

    # root may open everything, and nothing here is busy
    monkeypatch.setattr(v4l2_devices.os, "open", refuse)
    with pytest.raises(CameraError, match=words):
        check_video_device(Path("/dev/null"))


def test_numbers_of_devices_and_of_links_to_them(tmp_path: Path) -> None:
    link = tmp_path / "usb-Retina_Camera-index0"
    link.symlink_to("/dev/video12")
    assert video_number(link) == video_number(Path("/dev/video12")) == 12
    with pytest.raises(CameraError, match="named like /dev/video0"):
        video_number(Path("/dev/null"))
