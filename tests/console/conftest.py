"""A scripted gate and its console on a free port, for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.console.serve import Address, ConsoleServer
from tests.console.browser import Browser, open_browser
from tests.console.http import Client
from tests.console.scripted_gate import ScriptedGate

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def gate() -> Iterator[ScriptedGate]:
    with ScriptedGate() as scripted:
        yield scripted


@pytest.fixture
def server(gate: ScriptedGate) -> Iterator[ConsoleServer]:
    with ConsoleServer(gate, Address(port=0), captures=gate) as console:
        yield console


@pytest.fixture
def client(server: ConsoleServer) -> Client:
    return Client(server.url)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for a module's tests, or a skip that says why."""
    with open_browser() as opened:
        yield opened
