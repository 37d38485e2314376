"""Starting, stopping, pairing beyond loopback, TLS."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from fundusgate.console.pairing import COOKIE, GUESSES
from fundusgate.console.serve import Address, ConsoleError, ConsoleServer
from tests.console.http import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.console.scripted_gate import ScriptedGate

SERVED = """
import sys
from fundusgate.console.serve import Address, serve
from tests.console.scripted_gate import ScriptedGate
with ScriptedGate() as gate:
    serve(gate, Address(port=int(sys.argv[1])), on_ready=lambda url, code: print(url, code, flush=True))
"""


@pytest.fixture
def abroad(gate: ScriptedGate) -> Iterator[tuple[ConsoleServer, Client]]:
    with ConsoleServer(gate, Address("0.0.0.0", 0)) as server:
        yield server, Client(f"http://127.0.0.1:{server.url.rstrip('/').rpartition(':')[2]}")


def pair(client: Client, code: str) -> str | None:
    """The cookie, or None."""
    body = json.dumps({"code": code}).encode()
    answer = client.ask("POST", "/pair", body, Content_Type="application/json", Origin=client.origin)
    assert answer.status in (204, 403, 429)
    return answer.headers.get("set-cookie")


def drain(screen: ClientConnection) -> None:
    while True:
        screen.recv(timeout=10)


def test_loopback_needs_no_code(server: ConsoleServer, client: Client) -> None:
    assert server.pairing is None
    assert server.url.startswith("http://127.0.0.1:")
    assert client.get("/pair").headers["location"] == "/"


def test_beyond_loopback_nothing_of_a_patient_is_shown_before_pairing(abroad: tuple[ConsoleServer, Client]) -> None:
    _, client = abroad
    assert client.get("/").headers["location"] == "/pair"
    assert b"<form" in client.get("/pair").body
    assert client.get("/static/js/pair.js").status == 200
    for path in ("/session", "/captures/x", "/captures/x/photograph?side=160"):
        assert client.get(path).status == 401
    assert client.command({"command": "press"}).status == 401
    with pytest.raises(InvalidStatus):
        connect(f"ws://{client.host}:{client.port}/live")


def test_the_code_opens_the_console(abroad: tuple[ConsoleServer, Client], gate: ScriptedGate) -> None:
    server, client = abroad
    assert server.pairing is not None
    assert pair(client, "00") is None
    given = pair(client, server.pairing.code)
    assert given is not None
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in given.split(";")}
    cookie = given.partition(";")[0]
    assert cookie.startswith(f"{COOKIE}=")
    assert b'id="shutter"' in client.get("/", Cookie=cookie).body
    assert client.command({"command": "automatic", "on": True}, Cookie=cookie, Origin=client.origin).status == 200
    assert len(gate.commands) == 1
    with connect(f"ws://{client.host}:{client.port}/live", additional_headers={"Cookie": cookie}) as screen:
        assert '"hello"' in str(screen.recv(timeout=10))
    assert client.get("/session", Cookie=f"{COOKIE}=stolen").status == 401


def test_guessing_is_slowed_down(abroad: tuple[ConsoleServer, Client]) -> None:
    server, client = abroad
    assert server.pairing is not None
    for _ in range(GUESSES):
        assert pair(client, "1") is None
    assert pair(client, server.pairing.code) is None
    wait = client.ask("POST", "/pair", b'{"code":"1"}', Content_Type="application/json")
    assert wait.status == 429
    assert b"wait 60 seconds" in wait.body


def test_another_site_cannot_pair_and_nonsense_is_no_guess(abroad: tuple[ConsoleServer, Client]) -> None:
    server, client = abroad
    assert server.pairing is not None
    body = json.dumps({"code": server.pairing.code}).encode()
    kind = {"Content_Type": "application/json"}
    refused = client.ask("POST", "/pair", body, **kind, Origin="http://evil.example")
    assert (refused.status, "set-cookie" in refused.headers) == (403, False)
    assert client.ask("POST", "/pair", b"code=1", Content_Type="application/x-www-form-urlencoded").status == 415
    assert client.ask("POST", "/pair", b"[]", **kind).status == 422


def test_a_taken_port_is_one_sentence(server: ConsoleServer, gate: ScriptedGate) -> None:
    port = int(server.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(ConsoleError, match=rf"cannot listen on 127\.0\.0\.1 port {port}: .*--port"):
        ConsoleServer(gate, Address(port=port))


def test_an_address_of_another_machine_is_one_sentence(gate: ScriptedGate) -> None:
    with pytest.raises(ConsoleError, match=r"cannot listen on 192\.0\.2\.1"):
        ConsoleServer(gate, Address("192.0.2.1", 0))


def test_tls_needs_a_certificate_and_its_key(gate: ScriptedGate, tmp_path: Path) -> None:
    with pytest.raises(ConsoleError, match="both --tls-cert and --tls-key"):
        ConsoleServer(gate, Address(port=0, certificate=tmp_path / "cert.pem"))
    (tmp_path / "cert.pem").write_text("nothing")
    with pytest.raises(ConsoleError, match="no certificate with its key"):
        ConsoleServer(gate, Address(port=0, certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem"))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to make a certificate with")
def test_over_tls(gate: ScriptedGate, tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject, *files],
        check=True,
        capture_output=True,
    )
    with ConsoleServer(gate, Address("0.0.0.0", 0, certificate, key)) as server:
        assert server.url.startswith("https://")
        assert server.pairing is not None
        origin = f"https://localhost:{server.url.rstrip('/').rpartition(':')[2]}"
        trusted = ssl.create_default_context(cafile=str(certificate))
        body = json.dumps({"code": server.pairing.code}).encode()
        headers = {"Origin": origin, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{origin}/pair", body, headers)
        with urllib.request.urlopen(request, timeout=10, context=trusted) as answer:
            assert "secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_a_screen_open(by: signal.Signals) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", SERVED, "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            assert process.stdout is not None
            url, code = process.stdout.readline().split()
            assert code == "None"
            with connect(url.replace("http", "ws") + "live") as screen:
                screen.recv(timeout=10)
                process.send_signal(by)
                process.wait(timeout=15)
                with pytest.raises(ConnectionClosed):
                    drain(screen)
        finally:
            process.kill()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((url.split("/")[2].split(":")[0], int(url.rstrip("/").rpartition(":")[2])), timeout=5)
