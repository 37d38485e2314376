from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.peer.results import read_results
from tests.benchmarks.results import OURS, THEIRS, some_results

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    some_results().save(tmp_path / "modelopt.json")
    assert read_results(tmp_path / "modelopt.json") == some_results()


@pytest.mark.parametrize("text", ["", "[]", '{"rows": []}', '{"rows": [{"variant": "x"}], "together": {}}'])
def test_something_else_is_refused_with_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "modelopt.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="run it again"):
        read_results(path)


def test_a_row_is_found_by_variant_and_network() -> None:
    assert some_results().row(THEIRS, "fthnet-s").figures["srcc"] == 0.9943
    with pytest.raises(KeyError, match="fthnet-l"):
        some_results().row(OURS, "fthnet-l")
