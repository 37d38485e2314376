"""Whatever stands in the files, reading them never raises and never makes a number up."""

from __future__ import annotations

import json
import math
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fundusgate.commands.doctor_board import board_findings
from fundusgate.device.board.board import read_board
from fundusgate.device.board.power_modes import most_allowing, parse_conf
from tests.device.board import nvpmodel
from tests.device.board.odd_trees import ODD_BOARDS
from tests.device.board.trees import BOARDS, plant

if TYPE_CHECKING:
    from pathlib import Path

ODD = st.one_of(
    st.sampled_from(
        [b"", b"\0", b"-1", b"0", b"-256000", b"99999999999999999999999", b"nan", b"1e9", b"\xff\xff", b"<"]
    ),
    st.binary(max_size=60),
    st.integers(-(2**63), 2**63).map(lambda number: str(number).encode()),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
)


EVERY_BOARD = {**BOARDS, **ODD_BOARDS}
# hundreds of files alike
del EVERY_BOARD["server_of_52_cores"]


@pytest.mark.parametrize("name", EVERY_BOARD)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_garbage_in_any_files(name: str, tmp_path: Path, data: st.DataObject) -> None:
    root = tmp_path / "root"
    shutil.rmtree(root, ignore_errors=True)
    plant(root, EVERY_BOARD[name]())
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    for path in data.draw(st.lists(st.sampled_from(files), max_size=len(files), unique=True)):
        path.write_bytes(data.draw(ODD))
    board = read_board(root)
    assert all(math.isfinite(number) for number in numbers(json.loads(json.dumps(board.to_json_object()))))
    assert all(finding.says for finding in board_findings(board))


def numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for inner in value.values() for number in numbers(inner)]
    if isinstance(value, list):
        return [number for inner in value for number in numbers(inner)]
    return [value] if isinstance(value, (int, float)) else []


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_torn_nvpmodel_conf(data: st.DataObject) -> None:
    lines = nvpmodel.ORIN_NANO_SUPER.splitlines()
    kept = data.draw(st.lists(st.sampled_from(lines) | st.text(max_size=30), max_size=80))
    modes, _ = parse_conf("\n".join(kept))
    best = most_allowing(modes, data.draw(st.none() | st.integers(1, 2**40)))
    assert best is None or best in modes


@pytest.mark.parametrize("name", BOARDS)
def test_every_file_gone_in_turn(name: str, tmp_path: Path) -> None:
    plant(tmp_path, BOARDS[name]())
    whole = read_board(tmp_path)
    for path in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
        content = path.read_bytes()
        path.unlink()
        board = read_board(tmp_path)
        assert board.power.watts is None or board.power.watts <= (whole.power.watts or 0) + 1e-9
        path.write_bytes(content)
