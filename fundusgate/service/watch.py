"""One thread beside the live gate: follows its snapshots for metrics, logs and the service manager's watchdog."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Protocol

from fundusgate.runtime.gate.state import LIVE
from fundusgate.service.logs import LOGGER

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from fundusgate.live.snapshot import Snapshot
    from fundusgate.service.metrics import Metrics
    from fundusgate.service.notify import Notifier

ALIVE_WITHIN = 5.0
"""Seconds within which a live gate that works publishes something: it does so several times a second."""


class Watched(Protocol):
    """What is watched: the live gate."""

    @property
    def alive(self) -> bool:
        """Whether every thread of it lives, and none has hung for long."""

    def snapshot(self) -> Snapshot:
        """How things stand."""

    def wait_for_newer(self, revision: int, timeout: float, /) -> Snapshot | None:
        """The first snapshot after `revision`, or None when there is none within `timeout` seconds."""


class Watch:
    """Watches a live gate; use it in a with statement.

    Args:
        gate: What is watched.
        metrics: What is counted.
        notifier: Who is told that we are alive; told nothing more once snapshots stop, so that a hung program is
            started again.
    """

    def __init__(self, gate: Watched, metrics: Metrics, notifier: Notifier) -> None:
        self._gate = gate
        self._metrics = metrics
        self._notifier = notifier
        self._stop = threading.Event()
        self._newest_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    @property
    def age(self) -> float:
        """Seconds since the gate last said something."""
        return time.monotonic() - self._newest_at

    @property
    def healthy(self) -> bool:
        """Whether the gate is alive; one that is closed because a camera is missing is."""
        return self._gate.alive and self.age < ALIVE_WITHIN

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(2 * ALIVE_WITHIN)

    def _run(self) -> None:
        pause = min(1.0, (self._notifier.watchdog or 4.0) / 4)
        before: Snapshot | None = None
        revision, told_at = -1, 0.0
        while not self._stop.is_set():
            newer = self._gate.wait_for_newer(revision, pause)
            now = time.monotonic()
            if newer is not None:
                self._newest_at, revision = now, newer.revision
                self._metrics.follow(newer)
                self._tell(before, newer)
                before = newer
            if self.healthy and now - told_at >= pause:
                self._notifier.alive()
                told_at = now

    def _tell(self, before: Snapshot | None, now: Snapshot) -> None:
        if before is None or now.phase is not before.phase:
            particulars = {"phase": now.phase.value, "prompt": None if now.prompt is None else now.prompt.value}
            # from prompt to prompt the live picture changes phase all day long
            level = logging.DEBUG if before is not None and {before.phase, now.phase} <= LIVE else logging.INFO
            LOGGER.log(level, "phase", extra=particulars | ({"why": now.why} if now.why else {}))
            self._notifier.status(f"{now.phase.value}; {now.rates.assessed:.0f} frames a second; {now.camera}")
        known = {card.id: card for card in before.captures} if before is not None else {}
        for card in reversed(now.captures):
            earlier = known.get(card.id)
            if before is not None and earlier is None:
                LOGGER.info(
                    "capture",
                    extra={
                        "capture": card.id,
                        "outcome": card.outcome,
                        "score": round(card.score, 1),
                        "cause": None if card.main is None else card.main.value,
                        "attempt": card.attempt,
                        "operator": now.operator,
                    },
                )
            if earlier is not None and card.overridden is not None and earlier.overridden is None:
                LOGGER.info("override", extra={"capture": card.id, "operator": now.operator})
