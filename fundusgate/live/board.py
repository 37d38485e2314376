"""Where snapshots hang: one is published, any number of screens wait for a newer one, none holds another up."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fundusgate.live.snapshot import Snapshot


class Board:
    """The newest snapshot.

    Args:
        first: what hangs there from the start.
    """

    def __init__(self, first: Snapshot) -> None:
        self._newest = first
        self._changed = threading.Condition()

    @property
    def newest(self) -> Snapshot:
        """The newest snapshot."""
        return self._newest

    def publish(self, snapshot: Snapshot) -> None:
        """Hang up a newer snapshot; never waits for a reader."""
        with self._changed:
            self._newest = snapshot
            self._changed.notify_all()

    def wait_for_newer(self, revision: int, timeout: float) -> Snapshot | None:
        """The first snapshot after a revision that is still there; a slow reader misses those between.

        Args:
            revision: the newest that the reader has seen.
            timeout: seconds to wait at most.

        Returns:
            None when there is none in time.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._newest.revision > revision, timeout)
            return self._newest if self._newest.revision > revision else None
