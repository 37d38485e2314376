"""Label tables as people publish them: comma, semicolon or tab, any usual encoding, or an Excel workbook.

The file's own bytes say what it is, not the ending of its name: FQS's folds are workbooks, and copies of them are
comma-separated text that kept the name.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from fundusgate.evaluation.data_sets.base import DataSetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".txt", ".xlsx"})
"""Endings of files that may be label tables, lower case."""

_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes:
        line: Its line in the file; the header is line 1.
        cells: Text by column name, stripped; an empty cell is an empty text.
    """

    line: int
    cells: Mapping[str, str]

    def get(self, *columns: str) -> str:
        """The cell of the first of these columns that the table has, whatever its case; empty where it has none."""
        by_name = {name.casefold(): text for name, text in self.cells.items()}
        return next((by_name[column.casefold()] for column in columns if column.casefold() in by_name), "")


def read_table(path: Path, *needed: Sequence[str]) -> list[Row]:
    """Read a table.

    Args:
        path: Text in UTF-8 (with or without its mark), UTF-16 or GB 18030, or an Excel workbook (its first sheet).
        needed: Each a set of column names of which the table must have one, whatever their case.

    Returns:
        Its rows, without those that are wholly empty.

    Raises:
        DataSetError: It cannot be read, or lacks a column.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataSetError(f"{path} cannot be read ({error.strerror}); check the name and its permissions") from error
    if data.startswith(_OLD_EXCEL):
        raise DataSetError(f"{path} is an old Excel workbook (.xls); save it as .xlsx or .csv")
    lines = _from_workbook(path, data) if data.startswith(_ZIP) else _from_text(path, data)
    if not lines:
        raise DataSetError(f"{path} is empty; copy it from the data set again")
    header = [name.strip() for name in lines[0][1]]
    known = {name.casefold() for name in header}
    for choices in needed:
        if not known & {choice.casefold() for choice in choices}:
            held = ", ".join(name or "(unnamed)" for name in header)
            raise DataSetError(f"{path} has no column {' or '.join(choices)}; it has {held}")
    rows = []
    for line, cells in lines[1:]:
        if any(cell.strip() for cell in cells):
            filled = [cell.strip() for cell in cells] + [""] * (len(header) - len(cells))
            rows.append(Row(line, dict(zip(header, filled, strict=False))))
    return rows


def _from_text(path: Path, data: bytes) -> list[tuple[int, list[str]]]:
    text = _decoded(path, data)
    first = text.lstrip("\r\n").splitlines()[:1]
    if not first:
        return []
    delimiter = max(_DELIMITERS, key=first[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        raise DataSetError(f"{path}, line {reader.line_num}: not a table ({error}); copy the file again") from error


def _decoded(path: Path, data: bytes) -> str:
    encodings = ("utf-16",) if data.startswith(_UTF16) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DataSetError(f"{path} is neither UTF-8, UTF-16 nor GB 18030 text; save it as UTF-8")


def _from_workbook(path: Path, data: bytes) -> list[tuple[int, list[str]]]:
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise DataSetError(
            f"{path} is an Excel workbook, which needs openpyxl: pip install 'fundusgate[evaluation]'"
        ) from error
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            rows = list(enumerate(sheet.iter_rows(values_only=True), start=1))
        finally:
            book.close()
    except (BadZipFile, InvalidFileException, KeyError, IndexError, ValueError) as error:
        raise DataSetError(f"{path} is a damaged Excel workbook ({error}); copy it again") from error
    return [(line, [_text(cell) for cell in cells]) for line, cells in rows if any(cell is not None for cell in cells)]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    # Excel keeps whole numbers as floats: a patient 12 must not become "12.0"
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
