"""The console over real HTTP: what it answers, and what it refuses."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from fundusgate.codes import Laterality
from fundusgate.console.bodies import MOST_BYTES
from fundusgate.live.commands import Choose, Press, SignIn
from fundusgate.runtime.gate.state import Field, Phase

if TYPE_CHECKING:
    from tests.console.http import Client
    from tests.console.scripted_gate import ScriptedGate

STRANGER = "http://evil.example"


def until_captured(gate: ScriptedGate) -> str:
    gate.show("top")
    gate.submit(Choose(laterality=Laterality.OD, field=Field.DISC))
    time.sleep(0.15)
    gate.submit(Press())
    while gate.snapshot().phase is not Phase.RETAKE:
        time.sleep(0.02)
    return gate.snapshot().captures[0].id


def test_the_page_and_all_it_asks_for_come_from_here(client: Client) -> None:
    page = client.get("/")
    assert page.status == 200
    assert b"fundusgate" in page.body
    for path in ("/static/js/main.js", "/static/css/parts.css", "/texts/ar.json", "/icons.svg", "/session"):
        assert client.get(path).status in (200, 204), path
    assert b"http://" not in page.body.replace(b"http://www.w3.org", b"")
    assert b"https://" not in page.body


@pytest.mark.parametrize("path", ["/", "/static/js/main.js", "/commands", "/nowhere", "/captures/x"])
def test_every_answer_says_what_browsers_may_do(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")
    assert "server" not in headers


def test_a_command_reaches_the_gate(client: Client, gate: ScriptedGate) -> None:
    answer = client.command({"command": "sign_in", "operator": "  Asha "}, Origin=client.origin)
    assert (answer.status, answer.json()) == (200, {"done": True})
    assert gate.commands == [SignIn(operator="Asha")]


def test_a_refusal_is_the_gates_sentence(client: Client, gate: ScriptedGate) -> None:
    gate.close("The camera is unplugged: plug it in.")
    while gate.snapshot().phase is not Phase.CLOSED:
        time.sleep(0.02)
    answer = client.command({"command": "press"})
    assert (answer.status, answer.json()["refused"]) == (
        409,
        "No photograph can be taken now: wait for the live picture.",
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "Invalid JSON"),
        (b"[]", "Not understood"),
        (b'{"command":"open_the_door"}', "open_the_door"),
        (b'{"command":"choose","laterality":"OX","field":"disc"}', "choose.laterality"),
        (b'{"command":"press","force":true}', "press.force"),
        (b'{"command":"identify","patient":"a\\u0007b"}', "identify.patient"),
        (b"[" * 2000, "Not understood"),
    ],
)
def test_nonsense_is_named_and_reaches_nobody(client: Client, gate: ScriptedGate, body: bytes, told: str) -> None:
    answer = client.ask("POST", "/commands", body, Content_Type="application/json")
    assert answer.status == 422
    assert told in answer.json()["refused"]
    assert gate.commands == []


def test_a_strangers_page_is_refused(client: Client, gate: ScriptedGate) -> None:
    press = {"command": "press"}
    assert client.command(press, Origin=STRANGER).status == 403
    assert client.command(press, Origin="null").status == 403
    assert client.command(press, Sec_Fetch_Site="cross-site").status == 403
    # what a form or a fetch without permission may send has another type
    assert client.ask("POST", "/commands", b'{"command":"press"}', Content_Type="text/plain").status == 415
    assert client.get("/captures/x/photograph?side=160", Sec_Fetch_Site="cross-site").status == 403
    assert client.get("/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate").status == 200
    assert gate.commands == []


def test_a_strangers_name_for_this_machine_is_refused(client: Client) -> None:
    for host in ("evil.example", f"evil.example:{client.port}", f"127.0.0.1.evil.example:{client.port}", ""):
        answer = client.get("/", Host=host)
        assert answer.status in (400, 421), host
    assert client.get("/", Host=f"localhost:{client.port}").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../routes.py",
        "/static/%2e%2e/routes.py",
        "/static/..%2froutes.py",
        "/static//etc/passwd",
        "/texts/..%2f..%2f..%2fpyproject.toml",
        "/texts/%00",
        "/captures/..%2f..%2fetc%2fpasswd",
        "/captures/..%2f..%2fetc%2fpasswd/photograph?side=160",
        "/captures/../../etc/passwd/photograph?side=160",
    ],
)
def test_no_path_leads_out(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status in (400, 404), path
    assert b"import" not in answer.body
    assert b"root:" not in answer.body


def test_an_oversized_body_is_refused_by_its_length_and_by_its_bytes(client: Client, gate: ScriptedGate) -> None:
    long = b'{"command":"identify","patient":"' + b"x" * MOST_BYTES + b'"}'
    assert client.ask("POST", "/commands", long, Content_Type="application/json").status == 413
    head = (
        f"POST /commands HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection((client.host, client.port), timeout=10) as wire:
        wire.sendall(head.encode() + b"1000\r\n" + b" " * 4096 + b"\r\n" + b"10\r\n" + b" " * 16 + b"\r\n")
        assert b" 413 " in wire.recv(200)
    assert gate.commands == []


def test_a_flood_of_commands_is_slowed_down(client: Client, gate: ScriptedGate) -> None:
    statuses = [client.command({"command": "automatic", "on": True}).status for _ in range(60)]
    assert statuses[:20] == [200] * 20
    assert 429 in statuses
    assert len(gate.commands) == statuses.count(200)


def test_a_capture_is_shown_with_its_record(client: Client, gate: ScriptedGate) -> None:
    name = until_captured(gate)
    small, large = (client.get(f"/captures/{name}/photograph?side={side}") for side in (160, 900))
    assert small.headers["content-type"] == "image/jpeg"
    assert cv2.imdecode(np.frombuffer(small.body, np.uint8), cv2.IMREAD_COLOR).shape == (160, 160, 3)
    assert len(large.body) > len(small.body)
    record = client.get(f"/captures/{name}").json()
    assert record["assessment"]["causes"][0]["code"] == "CRESCENT_TOP"
    assert np.shape(record["assessment"]["map"]) == (16, 16)


def test_an_unknown_capture_and_an_odd_size_are_refused(client: Client) -> None:
    assert client.get("/captures/none").status == 404
    assert client.get("/captures/none/photograph?side=160").status == 404
    assert client.get("/captures/none/photograph?side=100000").status == 400
    assert client.get("/captures/none/photograph").status == 400


def test_only_the_methods_that_are_meant(client: Client) -> None:
    assert client.get("/commands").status == 405
    assert client.ask("DELETE", "/captures/x").status == 405
    assert client.ask("PUT", "/static/js/main.js", b"x").status == 405
