"""Whether the machine's clock can be believed: a photograph's date is part of the patient's record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundusgate.device.board.tree import Tree

_TIMESYNC = "run/systemd/timesync/synchronized"
_DAEMONS = {"chronyd": "run/chrony/chronyd.pid", "ntpd": "run/ntpd.pid", "timesyncd": "run/systemd/timesync"}
_UPTIME = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(?: |$)", re.ASCII)


@dataclass(frozen=True)
class ClockTime:
    """What says whether the clock is right."""

    synchronised: bool | None
    """Whether systemd's own time service has reached a server since the start; None where it does not run."""
    daemon: str | None
    """The time service that runs."""
    hardware_clock: bool
    """Whether there is one that goes on while the power is off."""
    hardware_seconds: int | None
    """What it says, in seconds since 1970."""
    uptime: float | None
    """Seconds since the start."""


def read_clock_time(tree: Tree) -> ClockTime:
    """Ask systemd's folder, the process files of the other services, and the hardware clock."""
    daemon = next((name for name, path in _DAEMONS.items() if tree.exists(path)), None)
    reached = tree.exists(_TIMESYNC)
    clocks = tree.folder("sys/class/rtc")
    uptime = _UPTIME.match(tree.text("proc/uptime") or "")
    return ClockTime(
        synchronised=True if reached else (False if daemon == "timesyncd" else None),
        daemon=daemon,
        hardware_clock=bool(clocks),
        hardware_seconds=tree.integer(f"sys/class/rtc/{clocks[0]}/since_epoch") if clocks else None,
        uptime=float(uptime[1]) if uptime else None,
    )
