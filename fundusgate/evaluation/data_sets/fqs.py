"""FQS: mean opinion scores of six doctors, and ten rounds of test files (Gong et al., Scientific Reports 15:40524)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.evaluation.data_sets.base import DataSet, DataSetError, Item, Listing, Trouble, TroubleKind
from fundusgate.evaluation.data_sets.photograph_index import PhotographIndex, files_below
from fundusgate.evaluation.data_sets.tables import TABLE_SUFFIXES, read_table
from fundusgate.evaluation.quality import Quality

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fundusgate.evaluation.data_sets.tables import Row

FOLDS = 10
"""Rounds in the paper."""

NO_PATIENTS = (
    "FQS names no patients: every photograph is resampled as a patient of its own, so the intervals are too narrow"
    " where an eye was photographed twice."
)

FILE_COLUMNS = ("file_name", "image_name", "image")
SCORE_COLUMNS = ("meanOpinionScore", "opinion_score", "score", "MOS")
LEVEL_COLUMNS = ("qualityLevel", "quality_level")

_LEVELS: dict[float, Quality] = {0: Quality.GOOD, 1: Quality.USABLE, 2: Quality.REJECT}
_TEST = re.compile(r"(?<![a-z])(test|val|valid|validation)(?![a-z])", re.IGNORECASE)
_TRAIN = re.compile(r"(?<![a-z])(train|training)(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True)
class Opinion:
    """What the doctors thought of a photograph.

    Attributes:
        score: Mean opinion score, 0..100, high is good.
        level: Median of the three graders; None where the table does not say.
    """

    score: float
    level: Quality | None


class Fqs(DataSet[Opinion]):
    """FQS as it is published: photographs, a table of them all, and a table for each of ten test folds.

    Args:
        root: Folder with the tables, searched with its subfolders. Tables whose name says test or val are folds, those
            that say train are passed over, any other holds all photographs.
        photographs: Folder of the photographs; `root` unless given.
    """

    name = "fqs"

    def __init__(self, root: Path, photographs: Path | None = None) -> None:
        self._root = root
        self._photographs = photographs or root

    def _do_list(self) -> Listing[Opinion]:
        whole, folds = self._tables()
        index = PhotographIndex([self._photographs])
        book = _Book(index)
        for path in whole:
            book.read(path, fold=None)
        for path in folds:
            book.read(path, fold=path.stem)
        remarks = [NO_PATIENTS]
        if folds and len(folds) != FOLDS:
            remarks.append(f"{len(folds)} fold files were found, the paper has {FOLDS}.")
        if not folds:
            remarks.append("No fold files were found (a name with 'test'): one figure over all photographs.")
        if folds:
            remarks.append(
                "The folds overlap (ten random 80/20 rounds), and one network is judged on all of them: only a fold"
                " that its weights were not trained on says how good it is."
            )
        return book.listing(tuple(path.stem for path in folds), tuple(remarks))

    def _tables(self) -> tuple[list[Path], list[Path]]:
        tables = [
            path
            for path in files_below(self._root)
            if path.suffix.lower() in TABLE_SUFFIXES and not path.name.startswith("~$") and _may_be_of_scores(path)
        ]
        if not tables:
            raise DataSetError(
                f"{self._root} holds no table with a column {FILE_COLUMNS[0]} and a column {SCORE_COLUMNS[0]};"
                " unpack FQS there, photographs and tables"
            )
        # "cross_validation-00-train" says validation, too: what it trains on is asked first
        tables = [path for path in tables if not _TRAIN.search(path.stem)]
        folds = [path for path in tables if _TEST.search(path.stem)]
        whole = [path for path in tables if not _TEST.search(path.stem)]
        stems = [path.stem for path in folds]
        twice = sorted({stem for stem in stems if stems.count(stem) > 1})
        if twice:
            raise DataSetError(f"{self._root} holds the fold {twice[0]} more than once; leave one copy of each")
        return whole, folds


def _may_be_of_scores(path: Path) -> bool:
    """Whether to read a table; one whose name says that it is a fold is read, and its faults are told."""
    if path.suffix.lower() != ".txt" and _TEST.search(path.stem):
        return True
    try:
        read_table(path, FILE_COLUMNS, SCORE_COLUMNS)
    except DataSetError:
        # a README, or another program's table, beside those of the data set
        return False
    return True


class _Book:
    """Puts the tables together: one photograph, one opinion, its folds."""

    def __init__(self, index: PhotographIndex) -> None:
        self._index = index
        self._items: dict[Path, tuple[str, Opinion, list[str]]] = {}
        self._conflicts: set[Path] = set()
        self._troubles: dict[Trouble, None] = {}

    def read(self, path: Path, fold: str | None) -> None:
        """Take a table's rows in, as the fold of that name or, with None, as no fold."""
        seen: set[Path] = set()
        for row in read_table(path, FILE_COLUMNS, SCORE_COLUMNS):
            name = row.get(*FILE_COLUMNS)
            opinion = _opinion(path, row, name)
            found = self._index.find(name) if not isinstance(opinion, Trouble) else opinion
            if isinstance(found, Trouble):
                self._troubles[found] = None
            elif isinstance(opinion, Opinion):
                if found in seen:
                    self._note(TroubleKind.DUPLICATE, name, f"{path.name} line {row.line} names it again; counted once")
                seen.add(found)
                self._add(found, name, opinion, fold, f"{path.name} line {row.line}")

    def _add(self, found: Path, name: str, opinion: Opinion, fold: str | None, place: str) -> None:
        known = self._items.setdefault(found, (name, opinion, []))
        if not math.isclose(known[1].score, opinion.score, abs_tol=0.01):
            self._conflicts.add(found)
            self._note(
                TroubleKind.CONFLICT,
                name,
                f"{place} gives it {opinion.score:g}, elsewhere it has {known[1].score:g}; it is left out",
            )
        elif known[1].level is None and opinion.level is not None:
            self._items[found] = (known[0], opinion, known[2])
        if fold is not None and fold not in known[2]:
            known[2].append(fold)

    def _note(self, kind: TroubleKind, what: str, reason: str) -> None:
        self._troubles[Trouble(kind, what, reason)] = None

    def listing(self, folds: Sequence[str], remarks: tuple[str, ...]) -> Listing[Opinion]:
        """Every photograph whose tables agree."""
        items = tuple(
            Item(name, path, patient=name, folds=tuple(inside), truth=opinion)
            for path, (name, opinion, inside) in self._items.items()
            if path not in self._conflicts
        )
        return Listing(items, tuple(self._troubles), tuple(folds), remarks)


def _opinion(path: Path, row: Row, name: str) -> Opinion | Trouble:
    text = row.get(*SCORE_COLUMNS)
    place = f"{path.name} line {row.line}"
    if not name:
        return Trouble(TroubleKind.MISSING, place, "the row names no photograph")
    if not text:
        return Trouble(TroubleKind.UNLABELLED, name, f"{place} gives no score")
    try:
        # a decimal comma, where Excel was set to a language that writes one
        score = float(text.replace(",", "."))
    except ValueError:
        return Trouble(TroubleKind.BAD_LABEL, name, f"{place}: the score {text!r} is not a number")
    if math.isnan(score):
        return Trouble(TroubleKind.UNLABELLED, name, f"{place} gives no score")
    if not 0 <= score <= 100:
        return Trouble(TroubleKind.BAD_LABEL, name, f"{place}: the score {text} does not lie between 0 and 100")
    level = row.get(*LEVEL_COLUMNS)
    try:
        # a level that went through a table of floats: 1.0, or nan where there is none
        value = float(level) if level else math.nan
        return Opinion(score, None if math.isnan(value) else _LEVELS[value])
    except (ValueError, KeyError):
        return Trouble(TroubleKind.BAD_LABEL, name, f"{place}: the level {level!r} is none of 0, 1, 2")
