"""The video devices that the kernel lists, and why one of them cannot be used."""

from __future__ import annotations

import errno
import os
import re
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

from fundusgate.device.cameras.base import CameraError

SYSTEM = Path("/sys/class/video4linux")
DEVICES = Path("/dev")
QUERYCAP = 0x80685600
"""VIDIOC_QUERYCAP: _IOR('V', 0, struct v4l2_capability), the same number on x86 and ARM (linux/videodev2.h)."""
CAPABILITY = struct.Struct("16s32s32sIII12x")
"""struct v4l2_capability: driver, card, bus, version, capabilities, device_caps, reserved."""
VIDEO_CAPTURE = 0x00000001
DEVICE_CAPS = 0x80000000


@dataclass(frozen=True)
class VideoDevice:
    """One device of the kernel's list.

    Attributes:
        path: Such as /dev/video0.
        label: What the driver calls it.
        problem: Why it cannot be used as a camera, in one sentence; None where it can.
    """

    path: Path
    label: str
    problem: str | None


def list_video_devices(system: Path = SYSTEM, devices: Path = DEVICES) -> list[VideoDevice]:
    """What the kernel lists, in the order of the numbers.

    Args:
        system: The kernel's folder of video devices.
        devices: The folder of device files.
    """
    if not system.is_dir():
        return []
    found = []
    for entry in sorted(system.glob("video*"), key=_number):
        try:
            label = (entry / "name").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            label = ""
        path = devices / entry.name
        try:
            check_video_device(path)
        except CameraError as error:
            found.append(VideoDevice(path, label, str(error)))
        else:
            found.append(VideoDevice(path, label, None))
    return found


def check_video_device(path: Path) -> None:
    """Ask the kernel whether a device can be used as a camera.

    Raises:
        CameraError: It is absent, may not be opened, is busy, or does not take pictures.
    """
    # only Unix has it; the module must be importable elsewhere
    import fcntl

    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise CameraError(
            f"{path} is not there: plug the camera in; `fundusgate cameras` lists what is there"
        ) from None
    except OSError as error:
        raise CameraError(f"{path} cannot be looked at ({error.strerror}); check the name") from error
    if not stat.S_ISCHR(mode):
        raise CameraError(f"{path} is no device; cameras are named like /dev/video0")
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        raise CameraError(f"{path} {_why_not_opened(error)}") from error
    try:
        answer = bytearray(CAPABILITY.size)
        fcntl.ioctl(handle, QUERYCAP, answer)
    except OSError as error:
        raise CameraError(f"{path} is no video device; cameras are named like /dev/video0") from error
    finally:
        os.close(handle)
    if not takes_pictures(bytes(answer)):
        raise CameraError(
            f"{path} takes no pictures (it carries metadata, or plays out): try the camera's other devices; "
            "`fundusgate cameras` lists them"
        )


def takes_pictures(capability: bytes) -> bool:
    """Whether a v4l2_capability names a camera; a device's own abilities count where the driver tells them apart."""
    _, _, _, _, capabilities, own = CAPABILITY.unpack(capability)
    return bool((own if capabilities & DEVICE_CAPS else capabilities) & VIDEO_CAPTURE)


def video_number(path: Path) -> int:
    """The number N of /dev/videoN, also for a link to it such as those in /dev/v4l/by-id.

    Raises:
        CameraError: It is no such device.
    """
    number = re.fullmatch(r"video(\d+)", path.resolve().name)
    if number is None:
        raise CameraError(f"{path} is no video device; cameras are named like /dev/video0")
    return int(number[1])


def _number(entry: Path) -> int:
    digits = entry.name.removeprefix("video")
    return int(digits) if digits.isdigit() else 0


def _why_not_opened(error: OSError) -> str:
    if error.errno in (errno.EACCES, errno.EPERM):
        return "may not be opened by this user: run `sudo usermod -aG video $USER`, then log in again"
    if error.errno == errno.EBUSY:
        return "is used by another program: end that program (`fuser -v` names it)"
    if error.errno in (errno.ENODEV, errno.ENXIO):
        return "has gone: plug the camera in again"
    return f"cannot be opened ({error.strerror}): plug the camera in again"
