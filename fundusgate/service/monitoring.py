"""`/health` and `/metrics` on a port of their own, for the machine's own agents: no patient, no picture, no command."""

from __future__ import annotations

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Protocol

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

if TYPE_CHECKING:
    from types import TracebackType

    from prometheus_client import CollectorRegistry
    from typing_extensions import Self

    from fundusgate.live.snapshot import Snapshot


class MonitoringError(RuntimeError):
    """Health and metrics cannot be served; the message says why and what to do next."""


class Pulse(Protocol):
    """Whether the live gate is alive (`Watch`)."""

    @property
    def age(self) -> float:
        """Seconds since it last said something."""

    @property
    def healthy(self) -> bool:
        """Whether that is short enough."""


class HealthReport(BaseModel):
    """The body of `/health`; 200 while the loop is alive and the gate open, 503 otherwise."""

    healthy: bool
    phase: str
    why: str | None
    camera: str
    assessed_per_second: float
    seconds_since_news: float


def health_of(snapshot: Snapshot, pulse: Pulse) -> HealthReport:
    """What `/health` says: healthy only when the loop is alive and the gate is not closed."""
    return HealthReport(
        healthy=pulse.healthy and snapshot.phase.value != "closed",
        phase=snapshot.phase.value,
        why=snapshot.why,
        camera=snapshot.camera,
        assessed_per_second=round(snapshot.rates.assessed, 2),
        seconds_since_news=round(pulse.age, 3),
    )


class Gate(Protocol):
    """What is reported on."""

    def snapshot(self) -> Snapshot:
        """How things stand."""


class MonitoringServer:
    """Serves the two; use it in a with statement.

    Args:
        host: Keep it on loopback: whoever reaches it reads it.
        port: 0 takes a free one.
        gate: What is reported on.
        pulse: Whether it is alive.
        registry: What is counted.

    Raises:
        MonitoringError: The port is taken, or the host is not one of this machine's.
    """

    def __init__(self, host: str, port: int, gate: Gate, pulse: Pulse, registry: CollectorRegistry) -> None:
        class Handler(BaseHTTPRequestHandler):
            server_version = "fundusgate"
            sys_version = ""
            timeout = 5

            def do_GET(self) -> None:
                if self.path == "/health":
                    report = health_of(gate.snapshot(), pulse)
                    status = HTTPStatus.OK if report.healthy else HTTPStatus.SERVICE_UNAVAILABLE
                    self._answer(status, "application/json", report.model_dump_json().encode())
                elif self.path == "/metrics":
                    self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry))
                else:
                    self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"there are /health and /metrics\n")

            def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing: an agent asks every few seconds."""

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except OSError as error:
            raise MonitoringError(
                f"cannot serve health and metrics on {host} port {port}: {error.strerror or error};"
                " choose another [monitoring] port, or 0 for none"
            ) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="monitoring", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
