"""`fundusgate compile` where there is no TensorRT, and on a played device."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from fundusgate.cli import app
from fundusgate.runtime.engines import api, machine
from tests.export.engines.bundles import COARSER, write_deployable
from tests.runtime.engines.machines import ORIN_NANO
from tests.runtime.engines.surfaces import release

if TYPE_CHECKING:
    from tests.runtime.engines.fake_cuda import FakeCuda


@pytest.mark.skipif(importlib.util.find_spec("tensorrt") is not None, reason="TensorRT is installed here")
def test_without_tensorrt_it_says_where_it_comes_from(tmp_path: Path) -> None:
    write_deployable(tmp_path / "bundle")
    said = CliRunner().invoke(app, ["compile", str(tmp_path / "bundle"), "--cache", str(tmp_path / "cache")])
    assert said.exit_code == 1
    assert "comes with JetPack" in " ".join(said.output.split())
    assert not (tmp_path / "cache").exists()


def test_a_bundle_that_is_none(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["compile", str(tmp_path)])
    assert said.exit_code == 1
    assert "manifest.json" in said.output


def test_on_a_device(tmp_path: Path, cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "load", lambda: release("10.3.0", cuda))
    monkeypatch.setattr(machine, "read_machine", lambda: ORIN_NANO)
    write_deployable(tmp_path / "bundle", COARSER)
    arguments = ["compile", str(tmp_path / "bundle"), "--cache", str(tmp_path / "cache")]
    built = CliRunner(env={"COLUMNS": "200"}).invoke(app, arguments)
    assert built.exit_code == 0, built.output
    assert "score differs by 10.00 points" in " ".join(built.output.split())
    said = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert [network["network"] for network in said["networks"]] == ["red-light", "dark-cells"]
    for network in said["networks"]:
        assert network["reused"] == ["fp16", "int8-fp16", "typed-int8-fp16", "typed-fp16"]
        assert Path(network["plan"]).is_file()
    assert said["networks"][0]["kept"] != "int8-fp16"
