"""EyeQ: 28,792 EyePACS photographs graded good, usable or reject (Fu et al., MICCAI 2019, arXiv 1907.05345)."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from fundusgate.evaluation.data_sets.base import Cut, DataSet, DataSetError, Item, Listing, Trouble, TroubleKind
from fundusgate.evaluation.data_sets.photograph_index import PhotographIndex, files_below
from fundusgate.evaluation.data_sets.tables import read_table
from fundusgate.evaluation.quality import Quality

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.evaluation.data_sets.tables import Row

FILE_COLUMNS = ("image",)
QUALITY_COLUMNS = ("quality",)

_NAME = re.compile(r"(?P<patient>\d+)_(?P<eye>left|right)", re.IGNORECASE)


class EyeqSplit(str, Enum):
    """Which of EyeQ's two tables."""

    TEST = "test"
    """16,249 photographs: what papers report on."""
    TRAIN = "train"
    """12,543 photographs."""


class Eyeq(DataSet[Quality]):
    """EyeQ as it is published: two tables, and EyePACS photographs that each user fetches and may crop.

    The tables name `10_left.jpeg`; EyeQ's own script leaves `10_left.png`, cropped to the disc at 800 x 800. Both are
    found. The number before the side is EyePACS's patient.

    Args:
        root: Folder with `Label_EyeQ_test.csv` and `Label_EyeQ_train.csv`, in it or below it.
        photographs: Folder of the photographs; `root` unless given.
        split: Which table.
        cut: Whether originals are cut to EyeQ's crop first.
    """

    name = "eyeq"

    def __init__(
        self,
        root: Path,
        photographs: Path | None = None,
        split: EyeqSplit = EyeqSplit.TEST,
        cut: Cut = Cut.NONE,
    ) -> None:
        self._root = root
        self._photographs = photographs or root
        self._split = split
        self._cut = cut

    def _do_list(self) -> Listing[Quality]:
        table = self._table()
        index = PhotographIndex([self._photographs])
        items: dict[Path, Item[Quality]] = {}
        conflicts: set[Path] = set()
        troubles: dict[Trouble, None] = {}
        for row in read_table(table, FILE_COLUMNS, QUALITY_COLUMNS):
            name = row.get(*FILE_COLUMNS)
            quality = _quality(table, row, name)
            if isinstance(quality, Trouble):
                troubles[quality] = None
                continue
            found = index.find(name)
            if isinstance(found, Trouble):
                troubles[found] = None
                continue
            known = items.get(found)
            if known is None:
                items[found] = Item(name, found, patient_of(name), (), quality, self._cut)
            elif known.truth == quality:
                troubles[Trouble(TroubleKind.DUPLICATE, name, f"line {row.line} names it again; counted once")] = None
            else:
                conflicts.add(found)
                reason = f"line {row.line} says {quality.label}, another says {known.truth.label}; it is left out"
                troubles[Trouble(TroubleKind.CONFLICT, name, reason)] = None
        kept = tuple(item for path, item in items.items() if path not in conflicts)
        return Listing(kept, tuple(troubles))

    def _table(self) -> Path:
        wanted = f"Label_EyeQ_{self._split.value}.csv"
        found = [path for path in files_below(self._root) if path.name.casefold() == wanted.casefold()]
        if len(found) == 1:
            return found[0]
        if found:
            raise DataSetError(f"{self._root} holds {wanted} {len(found)} times ({found[0]}, {found[1]}); leave one")
        raise DataSetError(f"{self._root} holds no {wanted}; it comes with EyeQ (github.com/HzFu/EyeQ, folder data)")


def patient_of(name: str) -> str:
    """EyePACS's patient in a photograph's name (`10_left` and `10_right` are patient 10); the name where it has none.

    A name may carry what a script put before or after it.
    """
    found = _NAME.search(name)
    return found["patient"] if found else name


def _quality(table: Path, row: Row, name: str) -> Quality | Trouble:
    text = row.get(*QUALITY_COLUMNS)
    place = f"{table.name} line {row.line}"
    if not name:
        return Trouble(TroubleKind.MISSING, place, "the row names no photograph")
    if not text or text.casefold() == "nan":
        return Trouble(TroubleKind.UNLABELLED, name, f"{place} gives no quality")
    try:
        grade = float(text)
        # 1.0 is a grade that went through a table of floats; 1.5 is none
        return Quality(int(grade) if grade.is_integer() else -1)
    except (ValueError, OverflowError):
        reason = f"{place}: the quality {text!r} is none of 0 (good), 1 (usable), 2 (reject)"
        return Trouble(TroubleKind.BAD_LABEL, name, reason)
