"""Serving the console: until told to stop, or beside other work."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from fundusgate.console.hosts import HostPolicy, is_loopback
from fundusgate.console.live_socket import RECEIPT_BYTES
from fundusgate.console.pairing import Pairing
from fundusgate.console.server import make_app

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from starlette.routing import BaseRoute
    from typing_extensions import Self

    from fundusgate.console.gate_port import CaptureReader, GatePort
    from fundusgate.console.hub import Hub

PORT = 8800
MOST_CONNECTIONS = 256
GRACE = 3
"""Seconds that open connections are given when the server stops."""


class ConsoleError(RuntimeError):
    """The console cannot be served; the message says why and what to do next."""


@dataclass(frozen=True)
class Address:
    """Where the console is served.

    Attributes:
        host: Address or name to listen on; anything but loopback asks every screen to pair.
        port: 0 takes a free one.
        certificate: PEM file of the TLS certificate; together with `key`, or neither.
        key: PEM file of its private key.
        names: Further names under which this machine is reached.
    """

    host: str = "127.0.0.1"
    port: int = PORT
    certificate: Path | None = None
    key: Path | None = None
    names: tuple[str, ...] = ()

    @property
    def secure(self) -> bool:
        """Whether TLS is on."""
        return self.certificate is not None

    def check(self) -> None:
        """Look at the TLS files before anything is opened.

        Raises:
            ConsoleError: One of the two is missing or does not fit.
        """
        if (self.certificate is None) != (self.key is None):
            raise ConsoleError("TLS needs both --tls-cert and --tls-key: give both or neither")
        if self.certificate is None or self.key is None:
            return
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            raise ConsoleError(
                f"{self.certificate} and {self.key} are no certificate with its key: {error}; give PEM files"
            ) from error

    def listen(self) -> socket.socket:
        """A socket that listens.

        Raises:
            ConsoleError: The port is taken, or the host is not one of this machine's.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((self.host, self.port))
            listening.listen(128)
        except OSError as error:
            listening.close()
            raise ConsoleError(
                f"cannot listen on {self.host} port {self.port}: {error.strerror or error}; "
                "choose another with --host and --port"
            ) from error
        return listening


class ConsoleServer:
    """The console, served by a thread of its own; use it in a with statement.

    Args:
        gate: What is shown and told.
        address: Where.
        captures: The archive, for the map and the causes in a capture's larger view.
        more_routes: What else is served behind the same guard.

    Raises:
        ConsoleError: It cannot be served there.
    """

    def __init__(
        self,
        gate: GatePort,
        address: Address | None = None,
        *,
        captures: CaptureReader | None = None,
        more_routes: Sequence[BaseRoute] = (),
    ) -> None:
        self._address = address or Address()
        self._address.check()
        self.pairing = None if is_loopback(self._address.host) else Pairing()
        """The code that every screen must show; None on loopback."""
        hosts = HostPolicy.of(self._address.host, self._address.names, secure=self._address.secure)
        self._app = make_app(gate, hosts, captures=captures, pairing=self.pairing, more_routes=more_routes)
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._app,
                log_level="warning",
                access_log=False,  # its lines would hold capture identifiers
                server_header=False,
                proxy_headers=False,
                ws="websockets-sansio",
                ws_max_size=2 * RECEIPT_BYTES,
                ws_per_message_deflate=False,
                limit_concurrency=MOST_CONNECTIONS,
                timeout_graceful_shutdown=GRACE,
                ssl_certfile=self._address.certificate,
                ssl_keyfile=self._address.key,
            )
        )
        self._listening = self._address.listen()
        self._thread = threading.Thread(target=self._run, name="console-server", daemon=True)

    @property
    def url(self) -> str:
        """What to open in a browser."""
        host, port = self._listening.getsockname()[:2]
        if host in ("0.0.0.0", "::"):
            host = socket.gethostname()
        scheme = "https" if self._address.secure else "http"
        return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"

    @property
    def serving(self) -> bool:
        """Whether requests are answered and the gate is asked for news."""
        hub: Hub = self._app.state.hub
        return self._thread.is_alive() and self._server.started and not hub.ended

    def start(self) -> None:
        """Begin to serve; returns once requests are answered.

        Raises:
            ConsoleError: The server ended before it began.
        """
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise ConsoleError("the console's server ended before it began: the log says why")
            time.sleep(0.01)

    def stop(self) -> None:
        """Say goodbye to every screen and end; stopping twice does nothing."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join()
        self._listening.close()

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the server has ended, or `timeout` seconds."""
        self._thread.join(timeout)

    def _run(self) -> None:
        self._server.run(sockets=[self._listening])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(
    gate: GatePort,
    address: Address | None = None,
    *,
    captures: CaptureReader | None = None,
    more_routes: Sequence[BaseRoute] = (),
    on_ready: Callable[[str, str | None], None] | None = None,
) -> None:
    """Serve the console until interrupted (Ctrl-C raises KeyboardInterrupt here, in the caller's thread).

    Args:
        gate: What is shown and told.
        address: Where; this machine alone, port 8800, if not given.
        captures: The archive, for the map and the causes in a capture's larger view.
        more_routes: What else is served behind the same guard.
        on_ready: Called with the URL, and with the pairing code where one is needed, once requests are answered.

    Raises:
        ConsoleError: It cannot be served there.
    """
    with ConsoleServer(gate, address, captures=captures, more_routes=more_routes) as server:
        if on_ready is not None:
            on_ready(server.url, None if server.pairing is None else server.pairing.code)
        while server.serving:
            # a short wait, so that a signal is heard at once on every system
            server.wait(0.5)
    raise ConsoleError("the console has ended by an error: the log says which; start it again")
