"""What `fundusgate doctor` says of what a screening day needs: the camera, the archive, its disk, the clock."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from fundusgate.archive.room import LEAST_FREE_BYTES
from fundusgate.commands.doctor_findings import SCREENING, good, to_fix, warning
from fundusgate.device.board.storage import DiskKind, space_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fundusgate.commands.doctor_findings import Finding
    from fundusgate.device.board.clock_time import ClockTime
    from fundusgate.device.board.storage import Storage
    from fundusgate.device.cameras.discovery import FoundCamera

THIS_RELEASE = 2026
"""No clock is right that says an earlier year than this program was made in."""
_GIB = 2**30
_LITTLE_ROOM = 5 * _GIB
_NEARLY_FULL = 0.95
_STILL_BYTES = 12e6
"""A lossless photograph of five megapixels."""
_CLOCKS_APART = 300
_SIMULATED = ("sim", "replay")


def archive_findings(folder: Path, storage: Storage) -> list[Finding]:
    """Whether captures can be kept in a folder, and for how long.

    Args:
        folder: The archive's; it need not be there yet and is not made.
        storage: The machine's disks.
    """
    place = next((parent for parent in (folder, *folder.absolute().parents) if parent.exists()), None)
    if place is None or not place.is_dir():
        fix = "choose another folder in the configuration's `archive`"
        return [to_fix("archive", f"{place or folder} is no folder: captures cannot be kept.", fix, SCREENING)]
    refused = _refusal(place)
    if refused:
        fix = f"sudo install -d -o $USER {folder}, or choose another folder in the configuration's `archive`"
        return [to_fix("archive", f"{place} cannot be written to ({refused}).", fix, SCREENING)]
    kept = f"Captures are kept in {folder}." if place == folder else f"Captures will be kept in {folder} (new)."
    return [good("archive", kept), *_disk(folder, storage)]


def _refusal(place: Path) -> str:
    """Why a file cannot be written there; empty where it can."""
    if not os.access(place, os.W_OK | os.X_OK):
        return "this user may not"
    try:
        with tempfile.TemporaryFile(dir=place) as stream:
            stream.write(b"fundusgate")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _disk(folder: Path, storage: Storage) -> list[Finding]:
    space = space_of(folder)
    if space is None or space.total == 0:
        return [warning("disk", "What the disk has left cannot be read.", f"df -h {folder}")]
    stills = f"about {space.free / _STILL_BYTES:,.0f} photographs"
    says = f"{space.free / 1e9:.1f} of {space.total / 1e9:.0f} GB are free: {stills}."
    fix = "fundusgate captures prune --help, or use another disk"
    if space.free < LEAST_FREE_BYTES:
        return [to_fix("disk", says, fix, SCREENING)]
    if space.free < _LITTLE_ROOM or space.free < (1 - _NEARLY_FULL) * space.total:
        return [warning("disk", f"{says} It is nearly full.", fix)]
    system = next((disk for disk in storage.disks if disk.name == storage.system), None)
    if system is not None and system.kind is DiskKind.SD:
        return [
            warning("disk", f"{says} The system runs from an SD card, which wears out.", "keep the archive on an SSD")
        ]
    return [good("disk", says)]


def clock_findings(clock: ClockTime, now: float) -> list[Finding]:
    """Whether the date that a photograph gets can be believed.

    Args:
        clock: What the machine says of its clock.
        now: Seconds since 1970, by the clock itself.
    """
    today = datetime.fromtimestamp(now, timezone.utc)
    says = f"The clock says {today:%Y-%m-%d %H:%M} UTC"
    if today.year < THIS_RELEASE:
        fix = "sudo date --set '2026-01-31 12:00' (today's), then sudo hwclock --systohc"
        return [to_fix("clock", f"{says}, which cannot be.", fix, SCREENING)]
    found: list[Finding] = []
    if clock.synchronised:
        found.append(good("clock", f"{says}, set by a time server."))
    elif clock.synchronised is None:
        found.append(
            warning(
                "clock",
                f"{says}; whether a time server set it cannot be seen.",
                "timedatectl shows it; or compare it with your watch",
            )
        )
    else:
        fix = "compare it with your watch; sudo timedatectl set-ntp true, and connect to a network"
        found.append(warning("clock", f"{says}; no time server has confirmed it since the start.", fix))
    apart = None if clock.hardware_seconds is None else abs(clock.hardware_seconds - now)
    if not clock.hardware_clock:
        fix = "after each start without a network, look at the clock"
        found.append(warning("hardware clock", "There is none: without power the time is lost.", fix))
    elif apart is not None and apart > _CLOCKS_APART and clock.synchronised:
        says = f"It is {apart / 60:,.0f} minutes off: without a network the next start has the wrong time."
        found.append(warning("hardware clock", says, "sudo hwclock --systohc"))
    return found


def camera_findings(found: Sequence[FoundCamera], wanted: str | None) -> list[Finding]:
    """Whether there is a camera.

    Args:
        found: What this machine has, and why not.
        wanted: The camera's URI of the configuration; None where there is no configuration.
    """
    usable = [one for one in found if one.problem is None and _kind(one.uri) not in _SIMULATED]
    absent = [one for one in found if one.problem is not None]
    if wanted is not None and _kind(wanted) in _SIMULATED:
        says = f"The configuration names {wanted}: no patient is photographed by it."
        return [to_fix("camera", says, "put the camera's URI in it; fundusgate cameras lists them", SCREENING)]
    if wanted is None:
        if usable:
            return [_camera(one, one.uri) for one in usable]
        listed = "; ".join(f"{one.uri}: {one.problem}" for one in absent)
        return [to_fix("camera", f"There is none ({listed}).", "plug it in, then fundusgate cameras", SCREENING)]
    plain = wanted.split("?")[0]
    # of CSI cameras the system tells the kind alone
    fits = [one for one in usable if one.uri == plain or _kind(one.uri) == _kind(plain) != "v4l2"]
    if fits:
        return [_camera(fits[0], wanted)]
    why = next((one.problem for one in absent if _kind(one.uri) == _kind(plain)), "it is not among this machine's")
    says = f"The configuration's camera {wanted} is not there ({why})."
    return [to_fix("camera", says, "plug it in, then fundusgate cameras", SCREENING)]


def _camera(one: FoundCamera, uri: str) -> Finding:
    # Argus shows its sensors to those alone who open them
    if _kind(uri) == "argus":
        return warning("camera", f"{uri}: whether it is connected is not known.", f"fundusgate cameras --try '{uri}'")
    return good("camera", f"{uri}: {one.label}.")


def _kind(uri: str) -> str:
    return uri.split(":")[0]
