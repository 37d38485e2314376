"""A side thread that reads clocks, heat, throttling and power while the networks run."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from fundusgate.bench.soaked import Reading
from fundusgate.device.board.clocks import read_clocks
from fundusgate.device.board.heat import read_heat
from fundusgate.device.board.power import read_power
from fundusgate.device.board.throttling import read_throttling
from fundusgate.device.board.tree import Tree

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_ROOT = Path("/")
INTERVAL = 1.0
"""Seconds between readings: one takes some milliseconds of one core, which the samples pay for."""


def read_now(root: Path = _ROOT) -> Reading:
    """Read the machine once."""
    tree = Tree(root)
    clocks, heat = read_clocks(tree), read_heat(tree)
    hottest = heat.hottest
    return Reading(
        at_s=time.monotonic(),
        watts=read_power(tree).watts,
        celsius=None if hottest is None else hottest.celsius,
        gpu_hz=None if clocks.gpu is None else clocks.gpu.current,
        cpu_hz=[clock.current for clock in clocks.cpus],
        memory_hz=None if clocks.memory is None else clocks.memory.current,
        braking=[brake.name for brake in heat.braking],
        throttle_events=sum(events.count for events in read_throttling(tree).events),
        load=os.getloadavg()[0],
    )


class Watch:
    """Reads the machine at an interval; use it as a context manager. One reading is at the start, one at the end.

    Args:
        root: Of the machine's files.
        interval: Seconds between readings.
    """

    def __init__(self, root: Path = _ROOT, interval: float = INTERVAL) -> None:
        self._root = root
        self._interval = interval
        self._readings: list[Reading] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="fundusgate-bench-watch", daemon=True)

    @property
    def readings(self) -> list[Reading]:
        """What was read so far."""
        return list(self._readings)

    def __enter__(self) -> Self:
        self._readings.append(read_now(self._root))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._readings.append(read_now(self._root))

    def _read(self) -> None:
        while not self._over.wait(self._interval):
            self._readings.append(read_now(self._root))
