"""`fundusgate readiness` as a user meets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import onnx
import pytest
from typer.testing import CliRunner

from fundusgate.cli import app
from tests.export.engines.bundles import write_deployable
from tests.export.readiness.cases import CASES

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["readiness", "--no-audit", *arguments])


def graph(name: str, folder: Path) -> str:
    path = folder / f"{name}.onnx"
    onnx.save(next(case for case in CASES if case.name == name).model(), path)
    return str(path)


def test_a_sound_graph(tmp_path: Path) -> None:
    said = run(graph("float_weights_with_a_pair", tmp_path), "--jetpack", "5.1", "--jetpack", "6.2")
    assert said.exit_code == 0, said.output
    assert "ready" in said.output


@pytest.mark.parametrize(
    ("name", "words"), [("int32_bias", "bias_dq"), ("weights_by_input_channel", "silently not INT8")]
)
def test_a_graph_that_is_not_ready(name: str, words: str, tmp_path: Path) -> None:
    said = run(graph(name, tmp_path), "--jetpack", "6.2")
    assert said.exit_code == 1
    assert words in said.output
    assert "not ready" in said.output


def test_int8_constants_wait_for_tensorrt_10(tmp_path: Path) -> None:
    stored = graph("per_channel_weights", tmp_path)
    assert run(stored, "--jetpack", "6.2").exit_code == 0
    said = run(stored, "--jetpack", "6.0", "--json")
    assert said.exit_code == 1
    findings = json.loads(said.stdout)["graphs"][0]["targets"][0]["findings"]
    assert [(finding["rule"], finding["node"]) for finding in findings if finding["severity"] == "refused"] == [
        ("stored-weights", "w_dq")
    ]


def test_json_names_every_target(tmp_path: Path) -> None:
    said = json.loads(run(graph("residual", tmp_path), "--jetpack", "7.x", "--json").stdout)
    assert [target["jetpack"] for target in said["graphs"][0]["targets"]] == ["7.0", "7.1", "7.2", "7.2.2"]
    assert said["graphs"][0]["targets"][-1]["tensorrt"] == "11.4.1"


def test_a_bundle_is_its_graphs_for_tensorrt(tmp_path: Path) -> None:
    write_deployable(tmp_path / "bundle")
    said = json.loads(run(str(tmp_path / "bundle"), "--jetpack", "6.0", "--json").stdout)
    by_name = {item["graph"]: item for item in said["graphs"]}
    assert set(by_name) == {
        f"{network} {precision}"
        for network in ("red-light", "dark-cells")
        for precision in ("fp32", "int8-trt", "fp16-trt", "int8-fp16-trt")
    }
    for typed in ("fp16-trt", "int8-fp16-trt"):
        assert by_name[f"red-light {typed}"]["not_used_on"] == ["6.0"]
        assert by_name[f"red-light {typed}"]["targets"] == []


def test_the_estimate_is_called_one(tmp_path: Path) -> None:
    path = graph("residual", tmp_path)
    said = run(path, "--jetpack", "6.2", "--estimate")
    assert "ESTIMATE" in said.output
    assert "Nothing was measured on a Jetson" in said.output
    assert "ESTIMATE" not in run(path, "--jetpack", "6.2").output
    estimate = json.loads(run(path, "--jetpack", "6.2", "--json").stdout)["graphs"][0]["estimate"]
    assert estimate["estimate"] is True
    assert all(0 < board["at_least_ms"] < board["rather_ms"] for board in estimate["boards"])


def test_a_board_without_int8(tmp_path: Path) -> None:
    quantized = graph("float_weights_with_a_pair", tmp_path)
    said = run(quantized, "--jetpack", "4.6", "--board", "nano", "--json")
    rules = {finding["rule"]: finding for finding in json.loads(said.stdout)["graphs"][0]["targets"][0]["findings"]}
    assert rules["int8-hardware"]["severity"] == "not_int8"
    assert rules["opset"]["severity"] == "refused"


def test_the_accelerator(tmp_path: Path) -> None:
    quantized = graph("float_weights_with_a_pair", tmp_path)
    without = run(quantized, "--jetpack", "6.2", "--board", "orin-nano", "--dla")
    assert (without.exit_code, "no deep-learning accelerator" in without.output) == (1, True)
    with_one = run(quantized, "--jetpack", "6.2", "--board", "orin-nx", "--dla")
    assert (with_one.exit_code, "takes no Q/DQ" in with_one.output) == (0, True)
    gone = run(quantized, "--jetpack", "7.2.2", "--board", "orin-nx", "--dla")
    assert (gone.exit_code, "drives no DLA" in gone.output) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--jetpack", "3.0"), "not known"),
        (("--board", "pi"), "not known"),
        (("--jetpack", "7.0", "--board", "nano"), ""),
    ],
)
def test_wrong_use_is_exit_code_2(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    said = run(graph("residual", tmp_path), *arguments)
    assert said.exit_code == 2
    assert words in said.output


def test_what_is_no_graph(tmp_path: Path) -> None:
    (tmp_path / "photo.onnx").write_bytes(b"\xff\xd8\xff\xe0 not a graph")
    for path, words in (
        ("photo.onnx", "not a readable ONNX graph"),
        ("none.onnx", "is not there"),
        ("", "manifest.json"),
    ):
        said = run(str(tmp_path / path))
        assert (said.exit_code, words in said.output) == (1, True), said.output
