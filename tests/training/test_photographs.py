from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fundusgate.training.photographs import LabelsError, Quality, read_records
from tests.training.photographs import write_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_rows_become_records(tmp_path: Path) -> None:
    records = read_records(write_folder(tmp_path))
    assert [record.quality for record in records[:2]] == [Quality.GOOD, Quality.REJECT]
    assert {record.source for record in records} == {"north", "south"}
    assert records[-1].split == "val"
    assert records[0].patient == "north-0.png"


def test_no_table(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"labels\.csv does not exist"):
        read_records(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,quality\na.png,good\n", "lacks the columns source"),
        ("file,source\n", "no rows"),
        ("file,source,quality\na.png,x,superb\n", "line 2: quality 'superb'"),
        ("file,source,quality\na.png,x,good\n", "1 of 1 photographs"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(LabelsError, match=message):
        read_records(tmp_path)
