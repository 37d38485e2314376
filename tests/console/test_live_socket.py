"""The socket of a screen: news as it comes, the newest only, and nothing that a screen does can hold the gate up."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from fundusgate.console.live_socket import MOST_SCREENS, PREVIEW_HEADER, PULSE, WINDOW
from fundusgate.console.serve import Address, ConsoleServer
from fundusgate.live.commands import SignIn
from fundusgate.runtime.gate.state import Phase
from tests.console.scripted_gate import ScriptedGate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fundusgate.live.snapshot import Snapshot


class Screen:
    """Receives, and gives receipts unless told not to."""

    def __init__(self, server: ConsoleServer, **headers: str) -> None:
        url = server.url.replace("http", "ws") + "live"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._open = ExitStack()
        opening = connect(url, additional_headers=named, max_size=None, compression=None)
        self.socket: ClientConnection = self._open.enter_context(opening)

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def drain(self) -> None:
        """Receive until the server ends it."""
        while True:
            self.socket.recv(timeout=10)

    def next(self, *, receipt: bool = True) -> dict[str, Any]:
        data = self.socket.recv(timeout=10)
        if isinstance(data, bytes):
            number, sequence = PREVIEW_HEADER.unpack_from(data)
            message = {"type": "preview", "n": number, "frame": sequence, "jpeg": data[PREVIEW_HEADER.size :]}
        else:
            message = json.loads(data)
        if receipt:
            self.socket.send(json.dumps({"seen": message["n"]}))
        return message

    def of(self, kind: str) -> Iterator[dict[str, Any]]:
        while True:
            message = self.next()
            if message["type"] == kind:
                yield message


def closed_with(screen: Screen) -> int:
    with pytest.raises(ConnectionClosed) as ended:
        screen.drain()
    assert ended.value.rcvd is not None
    return int(ended.value.rcvd.code)


def test_a_screen_gets_hello_snapshots_and_pictures(server: ConsoleServer, gate: ScriptedGate) -> None:
    gate.show("top")
    with Screen(server) as screen:
        assert screen.next()["type"] == "hello"
        states = screen.of("snapshot")
        state = next(s["state"] for s in states if s["state"]["phase"] == "nearly")
        assert state["prompt"] == "CRESCENT_TOP"
        assert np.shape(state["map"]) == (16, 16)
        preview = next(screen.of("preview"))
        assert cv2.imdecode(np.frombuffer(preview["jpeg"], np.uint8), cv2.IMREAD_COLOR).shape == (720, 720, 3)
        frames = [next(states)["state"]["frame"] for _ in range(4)]
        assert frames == sorted(frames)


def test_captures_are_sent_once_and_again_only_when_they_change(server: ConsoleServer) -> None:
    with Screen(server) as screen:
        snapshots = screen.of("snapshot")
        assert next(snapshots)["captures"] == []
        assert all("captures" not in next(snapshots) for _ in range(8))


def test_two_screens_see_the_same(server: ConsoleServer, gate: ScriptedGate) -> None:
    with Screen(server) as one, Screen(server) as two:
        gate.submit(SignIn(operator="Asha"))
        for screen in (one, two):
            assert any(s["state"]["operator"] == "Asha" for s, _ in zip(screen.of("snapshot"), range(20), strict=False))


def test_a_screen_that_gives_no_receipts_gets_a_window_and_then_the_newest(
    server: ConsoleServer, gate: ScriptedGate
) -> None:
    with Screen(server) as slow, Screen(server) as quick:
        for _ in range(WINDOW):
            last = slow.next(receipt=False)
        with pytest.raises(TimeoutError):
            slow.socket.recv(timeout=3 * PULSE)
        # the other screen was never held up
        ahead = next(quick.of("snapshot"))["state"]["revision"]
        while ahead < gate.snapshot().revision - 5:
            ahead = next(quick.of("snapshot"))["state"]["revision"]
        slow.socket.send(json.dumps({"seen": last["n"]}))
        behind = next(slow.of("snapshot"))["state"]["revision"]
        assert behind >= ahead - 5


def test_a_gate_that_says_nothing_new_leaves_pulses_that_say_so(server: ConsoleServer, gate: ScriptedGate) -> None:
    with Screen(server) as screen:
        next(screen.of("snapshot"))
        gate.hang()
        pulses = screen.of("pulse")
        first, second = next(pulses)["age"], next(pulses)["age"]
        assert second > first
        gate.go_on()
        next(screen.of("snapshot"))


@pytest.mark.parametrize(
    "message",
    [
        "hello",
        '{"seen":-1}',
        '{"seen":true}',
        '{"seen":1e9}',
        '{"seen":999999}',
        '{"command":"press"}',
        "[1]",
        " " * 65,
        b"\x00\x01",
    ],
)
def test_nonsense_ends_the_socket_and_nothing_else(
    server: ConsoleServer, gate: ScriptedGate, message: str | bytes
) -> None:
    with Screen(server) as bad, Screen(server) as good:
        bad.next()
        bad.socket.send(message)
        assert closed_with(bad) == 1008
        next(good.of("snapshot"))
    assert gate.commands == []


def test_a_message_too_long_to_be_a_receipt_is_not_read(server: ConsoleServer) -> None:
    with Screen(server) as bad:
        bad.next()
        bad.socket.send("x" * 100_000)
        assert closed_with(bad) == 1009


def test_a_flood_of_receipts_ends_the_socket(server: ConsoleServer) -> None:
    with Screen(server) as bad, Screen(server) as good:
        number = bad.next()["n"]
        with suppress(ConnectionClosed):
            for _ in range(5000):
                bad.socket.send(json.dumps({"seen": number}))
        with pytest.raises(ConnectionClosed):
            bad.drain()
        next(good.of("snapshot"))


def test_there_are_so_many_screens_and_no_more(server: ConsoleServer) -> None:
    with ExitStack() as open_screens:
        for _ in range(MOST_SCREENS):
            open_screens.enter_context(Screen(server)).next()
        with Screen(server) as one_more:
            assert closed_with(one_more) == 1013
    end = time.monotonic() + 10
    while True:  # the places are free again
        with Screen(server) as screen:
            try:
                assert screen.next()["type"] == "hello"
            except ConnectionClosed:
                assert time.monotonic() < end
                continue
            return


def test_pictures_are_made_once_for_all_and_for_nobody_not_at_all(server: ConsoleServer, gate: ScriptedGate) -> None:
    time.sleep(0.5)
    assert gate.previews == 0
    with ExitStack() as stack:
        screens = [stack.enter_context(Screen(server)) for _ in range(4)]
        frames = {
            frame["frame"] for screen in screens for frame, _ in zip(screen.of("preview"), range(3), strict=False)
        }
        assert frames
        assert gate.previews <= gate.snapshot().frame


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "cross-site"}])
def test_a_strangers_page_gets_no_socket(server: ConsoleServer, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        Screen(server, **headers)
    assert refused.value.response.status_code == 403


def test_our_own_page_gets_one(server: ConsoleServer) -> None:
    with Screen(server, Origin=server.url.rstrip("/")) as screen:
        assert screen.next()["type"] == "hello"


class Broken(ScriptedGate):
    """A gate that raises what no gate should."""

    def wait_for_newer(self, revision: int, timeout: float) -> Snapshot | None:
        if revision > 0:
            raise RuntimeError("a gate that breaks its word")
        return super().wait_for_newer(revision, timeout)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_when_nothing_can_come_any_more_every_screen_is_told() -> None:
    with Broken() as broken, ConsoleServer(broken, Address(port=0)) as server:
        with Screen(server) as screen, pytest.raises(ConnectionClosed) as ended:
            next(screen.of("nothing"))
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == 1011
        assert not server.serving


def test_a_closed_gate_says_why(server: ConsoleServer, gate: ScriptedGate) -> None:
    gate.close("The camera is unplugged: plug it in.")
    with Screen(server) as screen:
        state = next(s["state"] for s in screen.of("snapshot") if s["state"]["phase"] == Phase.CLOSED.value)
        assert state["why"] == "The camera is unplugged: plug it in."
