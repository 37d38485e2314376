"""What the console needs of the live gate, and of the archive behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fundusgate.archive.record import CaptureRecord
    from fundusgate.live.commands import Command
    from fundusgate.live.snapshot import Snapshot


class GatePort(Protocol):
    """The live gate, as a screen sees it; every method may be called from any thread."""

    def submit(self, command: Command, /) -> None:
        """Ask for something.

        Raises:
            ValueError: It makes no sense now; the message is one plain sentence for the operator.
        """

    def snapshot(self) -> Snapshot:
        """How things stand."""

    def wait_for_newer(self, revision: int, timeout: float, /) -> Snapshot | None:
        """The first snapshot after `revision`, or None when there is none within `timeout` seconds."""

    def preview(self, max_side: int, /) -> tuple[int, bytes] | None:
        """Sequence number and JPEG of the newest assessed frame, at most `max_side` pixels a side; None before it."""

    def capture_thumbnail(self, capture: str, max_side: int, /) -> bytes:
        """JPEG of a kept photograph, at most `max_side` pixels a side.

        Raises:
            LookupError: There is no such capture.
        """


class CaptureReader(Protocol):
    """The archive, as far as the larger view of a capture needs it."""

    def get(self, capture: str, /) -> CaptureRecord:
        """What is written beside the photograph.

        Raises:
            ArchiveError: There is no such capture (`NoSuchCaptureError`), or it cannot be read.
        """
