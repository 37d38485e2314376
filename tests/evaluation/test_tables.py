from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook

from fundusgate.evaluation.data_sets.base import DataSetError
from fundusgate.evaluation.data_sets.tables import read_table
from tests.evaluation.pictures import write_csv

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = (("file_name",), ("score", "MOS"))


def test_text_in_every_usual_encoding_and_delimiter(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "gb18030"):
        for delimiter in ",;\t":
            path = write_csv(
                tmp_path / "t.csv", f"file_name{delimiter}MOS", f"眼底-é.jpg{delimiter}71.5", encoding=encoding
            )
            (row,) = read_table(path, *COLUMNS)
            assert row.get("file_name") == "眼底-é.jpg", (encoding, delimiter)
            assert row.get("score", "MOS") == "71.5"
            assert row.line == 2


def test_a_workbook_whatever_its_name_says(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["file_name", "score", None])
    book.active.append([12.0, 71.25, None])
    book.active.append([None, None, None])
    book.active.append(["b.jpeg", 0, None])
    for name in ("fold.xlsx", "fold.csv"):
        with (tmp_path / name).open("wb") as stream:
            book.save(stream)
        rows = read_table(tmp_path / name, *COLUMNS)
        assert [(row.line, row.get("file_name"), row.get("score")) for row in rows] == [
            (2, "12", "71.25"),
            (4, "b.jpeg", "0"),
        ]


def test_text_that_kept_a_workbooks_name(tmp_path: Path) -> None:
    (row,) = read_table(write_csv(tmp_path / "fold.xlsx", "file_name,score", "a.jpeg,7"), *COLUMNS)
    assert row.get("score") == "7"


def test_column_names_differ_in_case_and_space_and_rows_may_be_short(tmp_path: Path) -> None:
    rows = read_table(write_csv(tmp_path / "t.csv", " File_Name , SCORE", "a.jpg", "", ",,", " b.jpg , 5 "), *COLUMNS)
    assert [(row.get("file_name"), row.get("score")) for row in rows] == [("a.jpg", ""), ("b.jpg", "5")]


def test_a_quoted_name_may_hold_the_delimiter(tmp_path: Path) -> None:
    (row,) = read_table(write_csv(tmp_path / "t.csv", "file_name,score", '"a, left.jpg",5'), *COLUMNS)
    assert row.get("file_name") == "a, left.jpg"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"file_name,other\r\na,1", "no column score or MOS; it has file_name, other"),
        (b"PK\x03\x04 and then nothing of a workbook", "damaged Excel workbook"),
        (b"\xd0\xcf\x11\xe0 old", "save it as .xlsx or .csv"),
        (b"\xff\xfea", "neither UTF-8"),
        (b"file_name,score\n\xff\xff\xff,1", "neither UTF-8"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(DataSetError, match=says):
        read_table(path, *COLUMNS)


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="cannot be read"):
        read_table(tmp_path / "none.csv", *COLUMNS)
