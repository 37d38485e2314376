from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import cv2
import pytest
from typer.testing import CliRunner

from fundusgate.bench.record import read_record
from fundusgate.bench.series import VERDICT
from fundusgate.cli import app
from fundusgate.phantom import render
from tests.bench.records import record_with, series_of, setup_with
from tests.commands.bundles import write_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

QUICK = ("--seconds", "0", "--least", "3", "--warmup", "0", "--size", "128", "--threads", "1")


def run(*arguments: object, columns: int = 200) -> Result:
    return CliRunner().invoke(app, ["bench", *map(str, arguments)], env={"COLUMNS": str(columns)})


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundles") / "small")


@pytest.fixture
def written(tmp_path: Path, bundle: Path) -> Path:
    result = run("--bundle", bundle, "--cadence", "50,max", *QUICK, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    return tmp_path / "out"


def test_record_table_and_plot(written: Path) -> None:
    record = read_record(written / "bench.json")
    assert [series.name for series in record.series] == ["50 Hz", "back to back"]
    assert record.environment.flags["least"] == 3
    picture = cv2.imread(str(written / "bench.png"))
    assert picture is not None
    # drawn upon, not blank
    assert picture.shape[1] > 1000
    assert (picture < 128).any(axis=2).mean() > 0.005


def test_tables_tell_every_stage(bundle: Path) -> None:
    result = run("--bundle", bundle, "--cadence", "50", *QUICK)
    assert result.exit_code == 0
    for word in ("wake", "capture", "framing", "map", "score", "judge", "gate", "verdict", "disc", "cues", "p99"):
        assert word in result.stdout
    assert "our runtime, which is everything else," in result.stdout
    assert "verdicts late" in result.stdout


def test_json_is_the_record(bundle: Path) -> None:
    result = run("--bundle", bundle, "--cadence", "max", *QUICK, "--json")
    assert result.exit_code == 0
    content = json.loads(result.stdout)
    assert content["schema_version"] == 2
    assert len(content["series"][0]["stages_ms"][VERDICT]) >= 3
    assert content["setup"]["sizes"] == [[128, 128]]


def test_photographs_of_a_folder_and_a_camera(tmp_path: Path, bundle: Path) -> None:
    folder = tmp_path / "clinic"
    folder.mkdir()
    for seed in range(3):
        cv2.imwrite(str(folder / f"{seed}.png"), render(seed, size=160).rgb[:, 20:, ::-1])
    result = run("--bundle", bundle, "--cadence", "max", "--photographs", folder, *QUICK, "--json")
    assert json.loads(result.stdout)["setup"]["sizes"] == [[128, 112]]
    result = run("--bundle", bundle, "--cadence", "max", "--camera", "sim://3?size=64", *QUICK, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["setup"]["camera"].startswith("sim://3")


def test_without_matplotlib_the_figures_are_safe(tmp_path: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    result = run("--bundle", bundle, "--cadence", "max", *QUICK, "--out", tmp_path)
    assert result.exit_code == 0
    assert "no plot" in result.stderr
    assert read_record(tmp_path / "bench.json").series
    assert not (tmp_path / "bench.png").exists()


def test_without_loadgen_it_says_so(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlperf_loadgen", None)
    result = run("--bundle", bundle, "--cadence", "max", *QUICK, "--loadgen")
    assert result.exit_code == 1
    assert "pip install 'fundusgate[loadgen]'" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--cadence", "0"),
        ("--cadence", "5,,10"),
        ("--cadence", "fast"),
        ("--cadence", "nan"),
        ("--seconds", "-1"),
        ("--least", "0"),
        ("--soak", "0"),
        ("--size", "3"),
        ("--precision", "int4"),
        ("--backend", "abacus"),
    ],
)
def test_wrong_use(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--bundle", "nowhere"), "nowhere"),
        (("--photographs", "nowhere"), "no such file"),
        (("--camera", "abacus:1"), "abacus"),
        (("--trtexec", "nowhere.log"), "nowhere.log"),
        (("--precision", "int8"), "int8"),
        (("--out", "/dev/null/here"), "/dev/null"),
    ],
)
def test_what_cannot_be_measured(bundle: Path, arguments: tuple[str, ...], why: str) -> None:
    given = arguments if "--bundle" in arguments else ("--bundle", bundle, *arguments)
    result = run("--cadence", "max", *QUICK, *given)
    assert result.exit_code == 1
    assert "not measured" in result.stderr
    assert why in result.stderr


def write(path: Path, verdicts: list[float], **other: Any) -> Path:  # noqa: ANN401 - any field of a set-up
    path.write_text(record_with([series_of(verdicts)], setup_with(**other)).model_dump_json(), encoding="utf-8")
    return path


def test_compare(tmp_path: Path) -> None:
    spread = [10.0 + 0.01 * place for place in range(50)]
    before, after = write(tmp_path / "a.json", spread), write(tmp_path / "b.json", [2 * each for each in spread])
    result = run("compare", before, after)
    assert result.exit_code == 0
    verdicts = [line for line in result.stdout.splitlines() if line.startswith(" verdict")]
    assert len(verdicts) == 2
    assert all("slower" in line for line in verdicts)
    assert "noise" in result.stdout
    quicker = json.loads(run("compare", after, before, "--json").stdout)
    found = [row for row in quicker["differences"] if row["stage"] == VERDICT]
    assert [row["larger_than_noise"] for row in found] == [True, True]
    assert found[0]["change_ms"] == pytest.approx(-10.24)


def test_a_narrow_terminal_cuts_no_figure(tmp_path: Path) -> None:
    before, after = write(tmp_path / "a.json", [123.456, 234.567] * 30), write(tmp_path / "b.json", [987.654] * 60)
    assert "…" not in run("compare", before, after, columns=72).stdout


def test_compare_refuses_the_unlike(tmp_path: Path) -> None:
    before = write(tmp_path / "a.json", [10.0, 11.0])
    after = write(tmp_path / "b.json", [10.0, 11.0], power_mode="15W", sizes=[(512, 512)])
    refused = run("compare", before, after)
    assert refused.exit_code == 1
    assert "not compared" in refused.stderr
    assert "the power mode (MAXN_SUPER and 15W)" in refused.stderr
    assert "1024 x 1024 and 512 x 512" in refused.stderr
    forced = run("compare", before, after, "--force")
    assert forced.exit_code == 0
    assert "Differs: the power mode" in forced.stdout


def test_a_run_compares_with_itself(written: Path) -> None:
    result = run("compare", written / "bench.json", written / "bench.json", "--json")
    assert result.exit_code == 0
    content = json.loads(result.stdout)
    assert content["unlike"] == []
    assert not any(row["larger_than_noise"] for row in content["differences"])
    assert run("compare", written / "bench.json", written / "bench.png").exit_code == 1


def test_trtexec(tmp_path: Path, bundle: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(
        "&&&& RUNNING TensorRT.trtexec [TensorRT v100300] # trtexec --loadEngine=a.plan --useCudaGraph\n"
        "[I] GPU Compute Time: min = 0.4 ms, max = 0.9 ms, mean = 0.5 ms, median = 0.45 ms, percentile(99%) = 0.8 ms\n"
    )
    result = run("trtexec", log)
    assert result.exit_code == 0
    for word in ("TensorRT 10.3.0", "--useCudaGraph", "0.450", "GPU Compute Time"):
        assert word in result.stdout
    assert json.loads(run("trtexec", log, "--json").stdout)["rows_ms"]["GPU Compute Time"]["p50"] == 0.45
    assert run("trtexec", tmp_path / "b.log").exit_code == 1
    beside = run("--bundle", bundle, "--cadence", "max", *QUICK, "--trtexec", log, "--out", tmp_path)
    assert "--useCudaGraph" in beside.stdout
    assert "verdict" in beside.stdout
    kept = read_record(tmp_path / "bench.json").trtexec
    assert kept is not None
    assert kept["flags"] == ["--loadEngine=a.plan", "--useCudaGraph"]


def test_estimate_measures_nothing(bundle: Path) -> None:
    result = run("--bundle", bundle, "--estimate", "orin-nano", "--json")
    assert result.exit_code == 0, result.output
    content = json.loads(result.stdout)
    assert content["estimate"] is True
    assert {graph["graph"] for graph in content["graphs"]} == {"red-light fp32", "dark-cells fp32"}
    assert {board["module"] for board in content["graphs"][0]["boards"]} == {"Orin Nano 8GB", "Orin Nano 8GB Super"}
    told = run("--bundle", bundle, "--estimate", "AGX Orin").stdout
    assert "ESTIMATE" in told
    assert "MAXN" in told
    assert "Orin Nano" not in told


def test_estimate_needs_no_bundle_and_covers_every_network_and_mode() -> None:
    result = run("--estimate", "all", "--json")
    assert result.exit_code == 0, result.output
    graphs = {graph["graph"]: graph for graph in json.loads(result.stdout)["graphs"]}
    for network in ("efiqa-cp-edge", "fthnet-s", "fthnet-l", "efiqa-cp@224", "efiqa-cp@512", "efiqa-cp@1024"):
        for precision in ("fp32", "fp16", "int8"):
            boards = graphs[f"{network} {precision}"]["boards"]
            assert len(boards) == 14
            assert all(0 < board["at_least_ms"] < board["rather_ms"] for board in boards)
    told = run("--estimate", "orin-nx").stdout
    assert "efiqa-cp@1024 int8" in told
    assert "assumptions" in told


def test_estimate_of_an_unknown_board_and_of_no_bundle(tmp_path: Path) -> None:
    unknown = run("--estimate", "abacus")
    assert unknown.exit_code == 2
    assert "Orin NX 16GB" in unknown.stderr
    assert run("--estimate", "").exit_code == 2
    nothing = run("--estimate", "orin-nx", "--bundle", tmp_path)
    assert nothing.exit_code == 1
    assert "not estimated" in nothing.stderr
