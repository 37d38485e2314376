"""`fundusgate run` as systemd runs it: a process of its own, told by signals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 90.0


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fundusgate", "run", "--archive", str(folder / "captures"), "--port", "0"]
    return subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=(folder / "log").open("w"),
        text=True,
        env=os.environ | environment,
    )


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(PATIENCE)
        yield channel


def heard(manager: socket.socket, what: str) -> str:
    while not (message := manager.recv(1000).decode()).startswith(what):
        continue
    return message


def free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return int(some.getsockname()[1])


def health(port: int) -> dict[str, object]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
            found: dict[str, object] = json.load(answer)
    except HTTPError as error:
        found = json.load(error)
    except URLError:
        return {"healthy": False}
    return found


def test_a_service_from_start_to_stop(tmp_path: Path, manager: socket.socket) -> None:
    port = free_port()
    process = start(
        tmp_path,
        *("--camera", "sim://?seed=7", "--monitoring-port", str(port)),
        NOTIFY_SOCKET=manager.getsockname(),
        WATCHDOG_USEC="4000000",
    )
    try:
        assert "serving http://127.0.0.1:" in heard(manager, "READY=1")
        assert heard(manager, "WATCHDOG=1")
        until = time.monotonic() + PATIENCE
        while not health(port)["healthy"] and time.monotonic() < until:
            time.sleep(0.1)
        assert health(port)["healthy"]
        process.send_signal(signal.SIGTERM)
        assert heard(manager, "STOPPING=1")
        out, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 0
    url = re.search(r"http://127\.0\.0\.1:\d+/", out)
    assert url is not None
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert any(line["event"] == "phase" for line in lines)


def test_a_camera_that_is_not_there_keeps_the_gate_closed_and_says_why(tmp_path: Path) -> None:
    port = free_port()
    process = start(tmp_path, "--camera", f"v4l2:{tmp_path}/video9", "--monitoring-port", str(port))
    try:
        until = time.monotonic() + PATIENCE
        while not (found := health(port)).get("why") and time.monotonic() < until:
            time.sleep(0.1)
        assert found["phase"] == "closed"
        assert "video9" in str(found["why"])
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--camera", "webcam"), 1, "webcam"),
        (("--precision", "int4"), 2, "networks.precision"),
        (("--config", "/nowhere.toml"), 2, "cannot be read"),
        (("--tls-cert", "/nowhere.pem"), 2, "belong together"),
    ],
)
def test_what_cannot_be_started_says_why_in_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    process = start(tmp_path, *arguments)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    log = (tmp_path / "log").read_text()
    assert said in log
    assert "Traceback" not in log
