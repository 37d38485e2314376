from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from fundusgate.service.notify import Notifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(5)
        yield channel


def test_the_service_manager_hears_every_state(manager: socket.socket) -> None:
    notifier = Notifier(manager.getsockname(), None)
    notifier.ready("serving\nhere")
    notifier.alive()
    notifier.status("ready")
    notifier.stopping()
    heard = [manager.recv(1000).decode() for _ in range(4)]
    assert heard == ["READY=1\nSTATUS=serving here", "WATCHDOG=1", "STATUS=ready", "STOPPING=1"]


def test_an_abstract_address_works() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(f"\0fundusgate-test-{os.getpid()}")
        channel.settimeout(5)
        Notifier(f"@fundusgate-test-{os.getpid()}", None).alive()
        assert channel.recv(100) == b"WATCHDOG=1"


def test_without_a_service_manager_nothing_happens() -> None:
    notifier = Notifier.from_environment({})
    notifier.ready("here")
    assert notifier.watchdog is None


@pytest.mark.parametrize(
    ("pid", "expected"), [("", 10.0), ("42", 10.0), ("43", None)], ids=["any", "ours", "another process's"]
)
def test_a_watchdog_is_taken_where_it_is_meant_for_us(pid: str, expected: float | None) -> None:
    variables = {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "10000000", "WATCHDOG_PID": pid}
    assert Notifier.from_environment(variables, pid=42).watchdog == expected


@pytest.mark.parametrize("text", ["", "0", "ten", "-5"])
def test_a_watchdog_time_that_makes_no_sense_is_none(text: str) -> None:
    assert Notifier.from_environment({"WATCHDOG_USEC": text}).watchdog is None
