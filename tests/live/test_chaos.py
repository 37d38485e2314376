"""Everything that can go wrong, at random moments of one session: what is shown stays true, and it ends well."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

import pytest

from fundusgate.archive.verification import verify
from fundusgate.live.commands import Continue, Press
from fundusgate.live.engine import CommandRefused
from fundusgate.runtime.gate.events import Outcome
from fundusgate.runtime.gate.state import PASSED, Phase
from tests.live.parts import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from fundusgate.live.snapshot import Snapshot
    from tests.live.conftest import Rig

    Open = Callable[..., AbstractContextManager[Rig]]

SWITCHES = 12
GOOD = (Outcome.ACCEPTED, Outcome.ACCEPTED_WITH_NOTE)


def watch(live: Rig, stop: threading.Event, wrong: list[str]) -> None:
    """Look at every snapshot that can be had and note what must never be seen."""
    revision = 0
    while not stop.is_set():
        snapshot = live.gate.wait_for_newer(revision, 0.1)
        if snapshot is None:
            continue
        if snapshot.revision <= revision:
            wrong.append(f"revision {snapshot.revision} after {revision}")
        revision = snapshot.revision
        wrong += broken_promises(live, snapshot)


def broken_promises(live: Rig, snapshot: Snapshot) -> list[str]:
    wrong = []
    if snapshot.phase in PASSED:
        card = snapshot.captures[0] if snapshot.captures else None
        if card is None or live.archive.get(card.id).outcome not in GOOD:
            wrong.append(f"{snapshot.phase.value} shown, and the archive does not say so")
    if (snapshot.promise == 1) != (snapshot.phase is Phase.READY):
        wrong.append(f"promise {snapshot.promise} in {snapshot.phase.value}")
    if snapshot.phase is Phase.CLOSED and (snapshot.map is not None or snapshot.frame is not None):
        wrong.append("a picture in a closed gate")
    return wrong


@pytest.mark.parametrize("seed", range(2))
def test_what_is_shown_stays_true_whatever_breaks(rig: Open, seed: int) -> None:
    chance = random.Random(seed)
    with rig() as live:
        wrong: list[str] = []
        stop = threading.Event()
        watcher = threading.Thread(target=watch, args=(live, stop, wrong))
        watcher.start()
        faults = (live.camera.unplugged, live.camera.covered, live.faults.raises)
        try:
            for _ in range(SWITCHES):
                fault = chance.choice(faults)
                (fault.clear if fault.is_set() else fault.set)()
                time.sleep(chance.uniform(0.02, 0.3))
                try:
                    live.gate.submit(chance.choice([Press(), Continue()]))
                except CommandRefused:
                    continue
            for fault in faults:
                fault.clear()
            # all is mended: the gate comes back by itself, and a still can be taken
            ready = wait_for(live.gate, lambda s: s.phase is Phase.READY or s.phase in PASSED)
            if ready.phase in PASSED:
                live.gate.submit(Continue())
                wait_for(live.gate, lambda s: s.phase is Phase.READY)
            before = len(live.gate.snapshot().captures)
            live.gate.submit(Press())
            wait_for(live.gate, lambda s: s.phase in PASSED and len(s.captures) > before)
        finally:
            stop.set()
            watcher.join(30)
        assert wrong == []
    looked_at, findings = verify(live.archive)
    assert looked_at >= 1
    assert findings == []
