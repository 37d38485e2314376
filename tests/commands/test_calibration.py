from __future__ import annotations

from typing import TYPE_CHECKING

from typer.testing import CliRunner

from fundusgate.calibration.manifest import read_manifest
from fundusgate.cli import app
from tests.calibration.test_selection import write_photograph

if TYPE_CHECKING:
    from pathlib import Path


def test_it_writes_a_manifest_and_says_what_is_in_it(tmp_path: Path) -> None:
    for number in range(6):
        write_photograph(tmp_path / "photographs" / f"{number}.png", number, 100, 20)
    (tmp_path / "photographs" / "broken.png").write_bytes(b"no picture")
    out = tmp_path / "made" / "calibration.json"
    result = CliRunner().invoke(
        app, ["calibration", "make", str(tmp_path / "photographs"), "--out", str(out), "--count", "4"]
    )
    assert result.exit_code == 0, result.output
    manifest = read_manifest(out)
    assert (len(manifest.calibration), len(manifest.parity)) == (3, 3)
    assert f"SHA-256 {manifest.sha256[:12]}" in result.stdout
    assert "passed over broken.png" in result.stderr
    assert "fewer than the 4 asked for" in result.stderr


def test_a_folder_without_photographs_is_explained(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["calibration", "make", str(tmp_path), "--out", str(tmp_path / "c.json")])
    assert result.exit_code == 1
    assert "no photographs in this folder" in " ".join(result.stderr.split())
    assert not (tmp_path / "c.json").exists()
