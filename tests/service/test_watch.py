from __future__ import annotations

import json
import logging
import socket
import time
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry

from fundusgate.live.board import Board
from fundusgate.runtime.gate.state import Phase
from fundusgate.service import watch as watching
from fundusgate.service.logs import JsonLines
from fundusgate.service.metrics import Metrics
from fundusgate.service.notify import Notifier
from fundusgate.service.watch import Watch
from tests.service.snapshots import BLURRED, card, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fundusgate.live.snapshot import Snapshot


class Boarded:
    """The live gate's real board, published to by hand."""

    def __init__(self) -> None:
        self.board = Board(snapshot())
        self.alive = True

    def snapshot(self) -> Snapshot:
        return self.board.newest

    def wait_for_newer(self, revision: int, timeout: float) -> Snapshot | None:
        return self.board.wait_for_newer(revision, timeout)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(10)
        yield channel


def heard(manager: socket.socket, what: str) -> str:
    while not (message := manager.recv(1000).decode()).startswith(what):
        continue
    return message


def silent_within(manager: socket.socket, seconds: float) -> bool:
    """Whether WATCHDOG=1 stays out for a second within so many seconds."""
    manager.settimeout(1)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            manager.recv(1000)
        except TimeoutError:
            return True
    return False


def test_a_live_gate_is_reported_alive_and_one_that_is_silent_is_not(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "ALIVE_WITHIN", 1.0)
    gate = Boarded()
    with Watch(gate, Metrics(CollectorRegistry()), Notifier(manager.getsockname(), 0.8)) as watch:
        assert heard(manager, "WATCHDOG=1")
        gate.board.publish(snapshot(revision=1, phase=Phase.READY))
        assert "ready" in heard(manager, "STATUS=")
        assert silent_within(manager, 15)
        assert not watch.healthy
        gate.board.publish(snapshot(revision=2, phase=Phase.READY))
        manager.settimeout(10)
        assert heard(manager, "WATCHDOG=1")
        assert watch.healthy


def test_a_gate_with_a_dead_thread_is_not_alive_however_much_it_says() -> None:
    gate = Boarded()
    with Watch(gate, Metrics(CollectorRegistry()), Notifier("", None)) as watch:
        assert watch.healthy
        gate.alive = False
        gate.board.publish(snapshot(revision=1))
        assert not watch.healthy


def test_phases_captures_and_overrides_are_logged_once_and_without_the_patient(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = Boarded()
    blurred = card("a", **BLURRED)
    with caplog.at_level(logging.INFO, "fundusgate"), Watch(gate, Metrics(CollectorRegistry()), Notifier("", None)):
        steps = [
            {"phase": Phase.RETAKE, "captures": (blurred,)},
            {"phase": Phase.RETAKE, "captures": (card("a", **BLURRED, overridden="MRN 00417"),)},
            {"phase": Phase.NO_EYE, "captures": (card("a", **BLURRED, overridden="MRN 00417"),)},
        ]
        for revision, changes in enumerate(steps, start=1):
            before = len(caplog.records)
            gate.board.publish(snapshot(revision=revision, **changes))
            until = time.monotonic() + 10
            while len(caplog.records) == before and time.monotonic() < until:
                time.sleep(0.01)
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    assert [line["event"] for line in lines if line["event"] != "phase"] == ["capture", "override"]
    capture = next(line for line in lines if line["event"] == "capture")
    assert (capture["outcome"], capture["cause"], capture["operator"]) == ("retake", "FOCUS", "asha")
    assert "00417" not in json.dumps(lines)
