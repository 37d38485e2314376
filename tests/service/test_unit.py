from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fundusgate.cli import app
from fundusgate.service.unit import UnitError, unit_text


def text(folder: Path) -> str:
    return unit_text(folder / "fundusgate.toml", folder / "captures", "root", Path(sys.executable))


def test_nothing_is_left_to_fill_in(tmp_path: Path) -> None:
    lines = [line for line in text(tmp_path).splitlines() if not line.startswith("#")]
    assert not any("@" in line for line in lines)
    assert f"ReadWritePaths={tmp_path}/captures" in lines
    assert "WatchdogSec=10" in lines


def test_systemd_finds_nothing_to_say(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here: the unit's grammar goes unchecked")
    file = tmp_path / "fundusgate.service"
    file.write_text(text(tmp_path), encoding="utf-8")
    result = subprocess.run([analyze, "verify", str(file)], capture_output=True, text=True, check=False)
    said = [line for line in result.stderr.splitlines() if "fundusgate" in line]
    assert not said
    broken = file.read_text(encoding="utf-8").replace("Type=notify", "Type=notifyy")
    file.write_text(broken, encoding="utf-8")
    result = subprocess.run([analyze, "verify", str(file)], capture_output=True, text=True, check=False)
    assert "notifyy" in result.stderr


@pytest.mark.parametrize("path", ["relative/fundusgate.toml", "/a folder/f.toml", "/100%/f.toml", "/a\nUser=root"])
def test_a_path_that_systemd_would_misread_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(UnitError, match="absolute path"):
        unit_text(Path(path), tmp_path, "camera")


def test_the_command_takes_the_archive_from_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "fundusgate.toml"
    config.write_text('archive = "/srv/eyes"\n')
    result = CliRunner().invoke(app, ["service", "unit", "--config", str(config), "--user", "camera"])
    assert result.exit_code == 0, result.output
    assert "ReadWritePaths=/srv/eyes" in result.output
    assert "User=camera" in result.output


def test_check_names_a_camera_that_cannot_be(tmp_path: Path) -> None:
    config = tmp_path / "fundusgate.toml"
    config.write_text('camera = "webcam"\n')
    result = CliRunner().invoke(app, ["service", "check", str(config)])
    assert result.exit_code == 1
    assert "webcam" in result.output


def test_the_printed_example_can_be_checked(tmp_path: Path) -> None:
    runner = CliRunner()
    config = tmp_path / "fundusgate.toml"
    config.write_text(runner.invoke(app, ["service", "example"]).output)
    assert runner.invoke(app, ["service", "check", str(config)]).exit_code == 0
