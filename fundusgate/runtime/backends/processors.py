"""How many processors a network may use."""

from __future__ import annotations

import os

from fundusgate.runtime.backends.base import BackendError


def threads_for(asked: int | None) -> int:
    """Threads for one operator.

    Args:
        asked: At least 1; None for every processor that this process may use.

    Raises:
        BackendError: Fewer than one was asked for.
    """
    if asked is None:
        return usable_processors()
    if asked < 1:
        raise BackendError(f"threads is {asked}, must be at least 1; leave it out for every processor")
    return asked


def usable_processors() -> int:
    """How many processors this process may use, 1 and up."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
