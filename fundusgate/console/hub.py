"""The newest snapshot and preview, fetched from the gate and encoded once for all screens."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

    from fundusgate.console.gate_port import GatePort
    from fundusgate.live.snapshot import Snapshot

PREVIEW_SIDE = 720
"""Pixels: what a 7-inch screen shows of the picture."""
PREVIEWS_A_SECOND = 20.0
SNAPSHOTS_A_SECOND = 25.0
REST = 0.02
"""Seconds between a question without an answer and the next."""
ASK_FOR = 0.25
"""Seconds that one question to the gate may last; so long does stopping take."""


@dataclass(frozen=True)
class Parcel:
    """What there is to send.

    Attributes:
        version: Counts up with every change.
        fetched_at: When the snapshot came from the gate, seconds on the monotonic clock.
        state: The snapshot as a JSON object, without its captures.
        captures: The captures as a JSON array; the same text as long as they are the same.
        preview: Sequence number and JPEG; None before the first frame, or while nobody watches.
    """

    version: int
    fetched_at: float
    state: str
    captures: str
    preview: tuple[int, bytes] | None


class Hub:
    """One thread that asks the gate; any number of screens wait for what it brings.

    A screen never makes the gate work: however many there are, each snapshot is encoded once, and each frame at most
    once, as often as `PREVIEWS_A_SECOND` allows.

    Args:
        gate: Where the news comes from.
    """

    def __init__(self, gate: GatePort) -> None:
        self._gate = gate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="console-hub", daemon=True)
        self._waiting: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last_preview = 0.0
        self.watchers = 0
        """How many screens are connected."""
        self.parcel: Parcel | None = None
        """The newest; None before the first."""

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.to_thread(self._thread.join)

    @property
    def ended(self) -> bool:
        """Whether nothing will come any more."""
        return not self._thread.is_alive()

    async def newer(self, version: int, timeout: float) -> Parcel | None:
        """The newest parcel as soon as it is newer than `version`; None when there is none within `timeout` seconds."""
        if self.parcel is not None and self.parcel.version > version:
            return self.parcel
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            await asyncio.wait_for(event.wait(), timeout)
        except asyncio.TimeoutError:
            return None
        finally:
            self._waiting.discard(event)
        return self.parcel

    def _run(self) -> None:
        revision, pause = -1, 1 / SNAPSHOTS_A_SECOND
        while not self._stop.is_set():
            snapshot = self._gate.wait_for_newer(revision, ASK_FOR)
            if snapshot is None:
                # a gate that has ended answers at once: do not spin
                self._stop.wait(REST)
                continue
            began = time.monotonic()
            revision = snapshot.revision
            self._publish(snapshot, began)
            self._stop.wait(max(0.0, pause - (time.monotonic() - began)))

    def _publish(self, snapshot: Snapshot, now: float) -> None:
        plain = snapshot.to_json_object()
        captures = plain.pop("captures")
        if plain["map"] is not None:
            plain["map"] = [[cell if cell is None else round(cell, 2) for cell in row] for row in plain["map"]]
        version = 0 if self.parcel is None else self.parcel.version + 1
        preview = self._preview(snapshot, now)
        self.parcel = Parcel(version, now, _compact(plain), _compact(captures), preview)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _preview(self, snapshot: Snapshot, now: float) -> tuple[int, bytes] | None:
        last = None if self.parcel is None else self.parcel.preview
        if snapshot.frame is None or self.watchers == 0:
            return None
        fresh_enough = now - self._last_preview < 1 / PREVIEWS_A_SECOND
        if last is not None and (last[0] == snapshot.frame or fresh_enough):
            return last
        self._last_preview = now
        return self._gate.preview(PREVIEW_SIDE)

    def _wake(self) -> None:
        for event in self._waiting:
            event.set()


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
