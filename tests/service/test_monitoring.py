from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from fundusgate.runtime.gate.state import Phase
from fundusgate.service.metrics import Metrics
from fundusgate.service.monitoring import MonitoringError, MonitoringServer
from tests.service.snapshots import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundusgate.live.snapshot import Snapshot


@dataclass
class Told:
    now: Snapshot
    age: float = 0.1
    healthy: bool = True

    def snapshot(self) -> Snapshot:
        return self.now


@pytest.fixture
def told() -> Told:
    return Told(snapshot(phase=Phase.READY))


@pytest.fixture
def server(told: Told) -> Iterator[MonitoringServer]:
    metrics = Metrics(CollectorRegistry())
    metrics.follow(told.now)
    with MonitoringServer("127.0.0.1", 0, told, told, metrics.registry) as server:
        yield server


def get(server: MonitoringServer, path: str) -> tuple[int, bytes]:
    try:
        with urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=10) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()


def test_an_open_gate_is_healthy(server: MonitoringServer) -> None:
    status, body = get(server, "/health")
    assert status == 200
    assert json.loads(body)["phase"] == "ready"
    assert b"00417" not in body


def test_a_closed_gate_is_not_and_says_why(server: MonitoringServer, told: Told) -> None:
    told.now = snapshot(phase=Phase.CLOSED, why="The camera is gone: plug it in.")
    status, body = get(server, "/health")
    assert status == 503
    assert json.loads(body)["why"] == "The camera is gone: plug it in."


def test_a_gate_that_says_nothing_is_not_healthy(server: MonitoringServer, told: Told) -> None:
    told.healthy = False
    assert get(server, "/health")[0] == 503


def test_prometheus_can_read_the_metrics(server: MonitoringServer) -> None:
    status, body = get(server, "/metrics")
    assert status == 200
    names = {family.name for family in text_string_to_metric_families(body.decode())}
    assert {"fundusgate_phase", "fundusgate_guidance_seconds", "fundusgate_captures"} <= names


@pytest.mark.parametrize("path", ["/", "/health/../metrics", "/etc/passwd", "/capture"])
def test_there_is_nothing_else(server: MonitoringServer, path: str) -> None:
    assert get(server, path)[0] == 404


def test_a_port_that_is_taken_is_one_sentence(told: Told) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(MonitoringError, match="choose another"):
            MonitoringServer("127.0.0.1", other.getsockname()[1], told, told, CollectorRegistry())
