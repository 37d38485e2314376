from __future__ import annotations

from typing import TYPE_CHECKING

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
