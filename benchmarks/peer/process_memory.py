"""The most memory that this process has ever held; imports nothing but the standard library."""

from __future__ import annotations

from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_mib(status: Path = STATUS) -> float:
    """Peak resident memory, MiB, from the kernel's own account.

    `resource.getrusage` is no substitute: a child inherits its parent's peak there.

    Raises:
        OSError: There is no such account: this is no Linux.
        ValueError: The account names no peak.
    """
    for line in status.read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"{status} names no VmHWM: the peak of memory cannot be told here")
