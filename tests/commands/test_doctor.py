"""`fundusgate doctor` as a whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from fundusgate.cli import app
from fundusgate.device.cameras import discovery
from fundusgate.device.cameras.discovery import FoundCamera
from fundusgate.runtime.engines import api, machine
from fundusgate.runtime.engines.api import EngineError, TensorRt
from tests.commands.bundles import write_bundle
from tests.device.board.trees import BOARDS, Files, orin_nx, pc, plant
from tests.runtime.engines.machines import ORIN_NANO

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _camera_and_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(discovery, "find_cameras", lambda: [FoundCamera("v4l2:/dev/video0", "fundus camera")])
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")


def doctor(tmp_path: Path, files: Files, *arguments: str) -> Result:
    bundle = tmp_path / "bundle"
    if not bundle.exists():
        write_bundle(bundle)
    root = plant(tmp_path / "root", files)
    root.mkdir(exist_ok=True)
    return CliRunner().invoke(app, ["doctor", "--root", str(root), "--bundle", str(bundle), *arguments])


def told(result: Result) -> dict[str, Any]:
    content = json.loads(result.stdout)
    assert isinstance(content, dict)
    return content


def test_a_machine_that_is_ready(tmp_path: Path) -> None:
    result = doctor(tmp_path, pc())
    assert result.exit_code == 0, result.output
    assert "Ready for a screening day." in result.stdout
    assert "Dell Inc. Latitude 7450" in result.stdout
    assert "fundus camera" in result.stdout


def test_what_is_wrong_makes_the_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = FoundCamera("v4l2:/dev/video0", "USB camera", "plug the camera in")
    monkeypatch.setattr(discovery, "find_cameras", lambda: [absent])
    result = doctor(tmp_path, pc())
    assert result.exit_code == 1
    assert "Not ready for a screening day: 1 thing to fix (✘)." in result.stdout
    assert "-> plug it in, then fundusgate cameras" in result.stdout
    # a benchmark needs no camera
    assert doctor(tmp_path, pc(), "--for", "benchmark").exit_code == 0


def test_json_holds_the_findings_and_the_board(tmp_path: Path) -> None:
    result = doctor(tmp_path, BOARDS["orin_nano_super"](), "--json", "--for", "benchmark")
    assert result.exit_code == 1
    found = told(result)
    assert (found["for"], found["ready"]) == ("benchmark", False)
    signs = {(finding["topic"], finding["sign"]) for finding in found["findings"]}
    assert {("power mode", "fix"), ("jetson_clocks", "fix"), ("TensorRT", "fix"), ("camera", "good")} <= signs
    assert found["board"]["power"]["counted"] == ["VDD_IN"]
    assert found["board"]["identity"]["kind"] == "jetson"


def test_the_same_findings_weigh_less_for_a_screening_day(tmp_path: Path) -> None:
    found = told(doctor(tmp_path, BOARDS["orin_nano_super"](), "--json"))
    signs = {finding["topic"]: finding["sign"] for finding in found["findings"]}
    assert (signs["power mode"], signs["jetson_clocks"]) == ("warning", "warning")


def test_the_configuration_tells_the_camera_and_the_archive(tmp_path: Path) -> None:
    config = tmp_path / "station.toml"
    config.write_text(f'camera = "v4l2:/dev/video7"\narchive = "{tmp_path / "kept"}"\n')
    result = doctor(tmp_path, pc(), "--config", str(config), "--json")
    assert result.exit_code == 1
    says = {finding["topic"]: finding["says"] for finding in told(result)["findings"]}
    assert "/dev/video7 is not there" in says["camera"]
    assert str(tmp_path / "kept") in says["archive"]
    assert not (tmp_path / "kept").exists()


def test_the_usual_configuration_is_looked_for_below_the_root(tmp_path: Path) -> None:
    result = doctor(tmp_path, {**pc(), "etc/fundusgate/fundusgate.toml": 'camera = "sim://"\n'}, "--json")
    assert "no patient is photographed" in str(told(result)["findings"])


def test_a_configuration_with_mistakes_is_one_finding(tmp_path: Path) -> None:
    config = tmp_path / "station.toml"
    config.write_text("camra = 1\n")
    result = doctor(tmp_path, pc(), "--config", str(config), "--json")
    assert result.exit_code == 1
    wrong = [finding for finding in told(result)["findings"] if finding["sign"] == "fix"]
    assert [finding["topic"] for finding in wrong] == ["configuration"]
    assert "camra" in wrong[0]["says"]


def test_what_could_not_be_read_is_said(tmp_path: Path) -> None:
    files = {**orin_nx(), "sys/class/thermal/thermal_zone0/temp": "broken"}
    assert "could not be read: /sys/class/thermal/thermal_zone0/temp" in doctor(tmp_path, files).stdout


def test_the_stopped_clock_of_a_copied_machine_is_no_fault(tmp_path: Path) -> None:
    topics = {finding["topic"] for finding in told(doctor(tmp_path, orin_nx(), "--json"))["findings"]}
    assert "hardware clock" not in topics


def test_a_device_with_tensorrt_and_without_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "load", lambda: TensorRt(SimpleNamespace(__version__="10.3.0")))
    monkeypatch.setattr(machine, "read_machine", lambda _root: ORIN_NANO)
    cache = tmp_path / "cache"
    result = doctor(tmp_path, BOARDS["orin_nano_super"](), "--json", "--cache", str(cache))
    signs = {finding["topic"]: finding for finding in told(result)["findings"]}
    assert signs["TensorRT"]["sign"] == "good"
    assert signs["engine"]["sign"] == "fix"
    assert signs["engine"]["fix"] == f"fundusgate compile {tmp_path / 'bundle'}"
    assert not cache.exists()


def test_a_device_whose_gpu_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(_root: Path) -> None:
        raise EngineError("the CUDA driver answers cuInit with error 999")

    monkeypatch.setattr(api, "load", lambda: TensorRt(SimpleNamespace(__version__="10.3.0")))
    monkeypatch.setattr(machine, "read_machine", dead)
    findings = told(doctor(tmp_path, BOARDS["orin_nano_super"](), "--json"))["findings"]
    assert ("GPU", "fix") in {(finding["topic"], finding["sign"]) for finding in findings}


def test_a_terminal_without_ticks(tmp_path: Path) -> None:
    root, bundle = plant(tmp_path / "root", orin_nx()), write_bundle(tmp_path / "bundle")
    command = [sys.executable, "-m", "fundusgate", "doctor", "--root", str(root), "--bundle", str(bundle)]
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert result.returncode == 1, result.stderr
    assert "FIX" in result.stdout
    assert "Traceback" not in result.stderr


def test_a_root_that_is_none(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", "--root", str(tmp_path / "nowhere")])
    assert result.exit_code == 2


@pytest.mark.parametrize("name", BOARDS)
def test_every_board_gets_a_verdict(name: str, tmp_path: Path) -> None:
    result = doctor(tmp_path, BOARDS[name]())
    assert result.exit_code in (0, 1)
    assert "eady for a screening day" in result.stdout


def test_neither_torch_nor_onnx_is_loaded(tmp_path: Path) -> None:
    root = plant(tmp_path / "root", pc())
    code = (
        "import sys\n"
        "for name in ('torch', 'onnx', 'transformers', 'matplotlib'): sys.modules[name] = None\n"
        f"sys.argv = ['fundusgate', 'doctor', '--root', {str(root)!r}, '--for', 'benchmark']\n"
        "from fundusgate.cli import app; app()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "Ready for a benchmark." in result.stdout
