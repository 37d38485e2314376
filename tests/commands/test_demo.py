from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.request import urlopen

from PIL import Image
from typer.testing import CliRunner

from fundusgate.cli import app
from tests.commands.bundles import write_bundle

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["demo", *arguments])
    return result.exit_code, result.output


def test_headless_prints_verdicts_and_leaves_a_sheet(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle")
    code, output = run("--headless", "--seconds", "1.5", "--bundle", str(bundle), "--out", str(tmp_path / "out"))
    assert code == 0, output
    assert "approach" in output
    assert "frames judged of" in output
    with Image.open(tmp_path / "out" / "contact-sheet.png") as sheet:
        assert sheet.width > 1000


def test_without_a_terminal_it_is_headless(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle")
    code, output = run("--seconds", "0.6", "--bundle", str(bundle), "--out", str(tmp_path / "out"))
    assert code == 0
    assert "->" in output


def test_with_a_terminal_it_is_the_page(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "fundusgate", "demo", "--port", "0", "--out", str(tmp_path / "out")]
    with subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=subprocess.DEVNULL, close_fds=True
    ) as process:
        os.close(terminal)
        said = b""
        while b"Ctrl-C ends" not in said:
            said += os.read(controller, 1000)
        found = re.search(rb"http://127\.0\.0\.1:\d+/", said)
        assert found is not None
        with urlopen(found.group().decode(), timeout=30) as page:
            assert b"<html" in page.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    os.close(controller)
    assert (tmp_path / "out" / "captures").is_dir()


def test_a_damaged_bundle_is_one_sentence(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle")
    graph = next(bundle.glob("*.onnx"))
    graph.write_bytes(graph.read_bytes()[:-1])
    code, output = run("--seconds", "0.6", "--bundle", str(bundle), "--out", str(tmp_path / "out"))
    assert code == 1
    assert "no demo:" in output
    assert "Traceback" not in output


def test_wrong_use(tmp_path: Path) -> None:
    assert run("--seconds", "0")[0] == 2
    assert run("--bundle", str(tmp_path / "nowhere"))[0] == 2
