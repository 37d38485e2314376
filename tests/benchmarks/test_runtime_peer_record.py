"""A record written and read back, and the tables that follow from its raw samples."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from benchmarks.marked import between
from benchmarks.runtime_peer import ours, table
from benchmarks.runtime_peer.record import Flips, Parity, Record, Timed

REPOSITORY = Path(__file__).resolve().parents[2]
KEPT = REPOSITORY / "benchmarks" / "data" / "runtime_peers.json"
NETWORKS = ("edge", "score")


def record(share: float | None = 0.01) -> Record:
    timed = [
        Timed(network="edge", what=ours.OURS, apart=0.01, turns=[[5.0, 5.0, 9.0], [6.0]]),
        Timed(network="edge", what=ours.ORT_FP32, apart=0.0, turns=[[12.5], [15.0]]),
        Timed(network="edge", what=ours.COMPILED, failed="no compiler"),
        Timed(network="edge", what=ours.OPENVINO_FP32, apart=3e-6, turns=[[11.0], [11.0]]),
        Timed(network="score", what=ours.OURS, apart=0.01, turns=[[30.0], [30.0]]),
        Timed(network="score", what=ours.ORT_FP32, apart=0.0, turns=[[60.0], [60.0]]),
        Timed(network="", what="a hand feature", turns=[[0.35], [0.36]]),
    ]
    flips = {name: Flips(hits=1, trials=100, low=0.002, high=0.054) for name in (*NETWORKS, table.ALL)}
    return Record(
        command="python benchmarks/runtime_peers.py PHOTOGRAPHS",
        began_at="2026-11-29T10:00:00+00:00",
        machine="a processor",
        versions={"onnxruntime": "1.31.1"},
        threads=1,
        rounds=2,
        others_share=share,
        bundle={f"{name} fp32": "0" * 64 for name in NETWORKS},
        calibrated_on=300,
        measured_on=100,
        photographs_sha256="1" * 64,
        same_calibration=True,
        timed=timed,
        parity=[Parity(what=ours.OURS, flips=flips, score_p99=0.36, map_p99=0.008)],
    )


def row(text: str, name: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_it_is_read_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    record().save(path)
    assert Record.read(path) == record()
    path.write_text(path.read_text().replace('"threads"', '"thread"'))
    with pytest.raises(ValidationError):
        Record.read(path)


def test_times_and_ratios_follow_from_the_rounds() -> None:
    text = table.as_markdown(record())
    assert row(text, ours.ORT_FP32)[1:3] == ["13.8 (12.5 to 15.0)", "2.50 (2.50 to 2.50)"]
    assert row(text, ours.OURS)[1:3] == ["**5.50 (5.00 to 6.00)**", "1.00 (1.00 to 1.00)"]
    assert row(text, ours.COMPILED)[1:3] == ["not measured: no compiler", ""]
    assert row(text, ours.EAGER)[1] == "not asked for"
    assert "differ from ONNX Runtime's by 3.0e-06 at most" in text
    assert row(text, "both our networks, int8-cpu")[1] == "**35.5 (35.0 to 36.0)**"
    assert row(text, "a hand feature")[2].startswith("0.010")


def test_flips_are_told_with_their_interval() -> None:
    lines = [line for line in table.as_markdown(record()).splitlines() if line.startswith(f"| {ours.OURS} | 1 of 100")]
    assert len(lines) == 1
    assert "1 of 100 (0.2 to 5.4 %)" in lines[0]
    assert lines[0].rstrip("| ").endswith("| 0.36 | 0.008")


def test_a_busy_machine_is_told() -> None:
    assert "measure again on a quiet machine" in table.as_markdown(record(0.4))
    assert "measure again" not in table.as_markdown(record())


def test_the_docs_tables_follow_from_the_record_that_is_kept() -> None:
    """Every figure of docs/peers.md that a run made is derived again from the raw samples."""
    page = (REPOSITORY / "docs" / "peers.md").read_text(encoding="utf-8")
    assert between(page, "runtime_peers") == table.as_markdown(Record.read(KEPT)).strip()
