"""FunPiQ: 300 photographs from three data sets with a quality for each pixel (Wang et al., arXiv 2606.25915)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from fundusgate.evaluation.data_sets.annotation import is_annotation
from fundusgate.evaluation.data_sets.base import Cut, DataSet, DataSetError, Item, Listing, Trouble, TroubleKind
from fundusgate.evaluation.data_sets.eyeq import patient_of
from fundusgate.evaluation.data_sets.eyeq_crop import CUT_HERE
from fundusgate.evaluation.data_sets.photograph_index import PhotographIndex, files_below
from fundusgate.evaluation.data_sets.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

PHOTOGRAPHS = 300
"""Annotated photographs in the release."""

_PATIENT_COLUMNS = {"brset": (("image_id",), ("patient_id",)), "mbrset": (("file",), ("patient",))}
_MBRSET_NAME = re.compile(r"(?P<patient>\d+)\.\d+")
_ADDED = re.compile(r"[_-](mask|annotation|label|gt)$", re.IGNORECASE)


class Source(str, Enum):
    """Where FunPiQ's photographs come from; they are fetched from there, FunPiQ has only the annotations."""

    EYEQ = "EyeQ"
    """EyePACS photographs cropped to the disc by EyeQ's own script."""
    BRSET = "BRSET"
    """PhysioNet's Brazilian photographs from table-top cameras."""
    MBRSET = "mBRSET"
    """PhysioNet's Brazilian photographs from a hand-held camera."""


@dataclass(frozen=True)
class Annotated:
    """Where a photograph's annotation lies.

    Attributes:
        annotation: The indexed PNG.
        source: Which data set the photograph comes from.
    """

    annotation: Path
    source: Source


class Funpiq(DataSet[Annotated]):
    """FunPiQ: a folder of indexed PNG, and the photographs in folders of their own.

    An annotation belongs to the photograph of its name. Where the folder that it lies in is called after a source,
    only that source is searched, because names such as `1.1` may occur in more than one.

    Args:
        root: Folder of the annotations, searched with its subfolders.
        photographs: Folder of each source's photographs; a source that is left out is named in the troubles.
        cut: Whether EyeQ's photographs are EyePACS's originals, to be cut to EyeQ's crop, which annotations lie on.
    """

    name = "funpiq"

    def __init__(self, root: Path, photographs: Mapping[Source, Path], cut: Cut = Cut.NONE) -> None:
        self._root = root
        self._cut = cut
        self._photographs = dict(photographs)

    def _do_list(self) -> Listing[Annotated]:
        if not self._photographs:
            raise DataSetError(
                "FunPiQ has no photographs of its own: give at least one of --eyeq, --brset, --mbrset, the folders of"
                " the data sets that it annotates"
            )
        pictures = [path for path in files_below(self._root) if path.suffix.lower() == ".png"]
        if not pictures:
            raise DataSetError(f"{self._root} holds no PNG; unpack FunPiQ's annotations there (release v1.0.0)")
        # photographs may lie below the same folder: they are no annotations
        known = {file.resolve() for folder in self._photographs.values() for file in files_below(folder)}
        annotations = [path for path in pictures if path.resolve() not in known or is_annotation(path)]
        indexes = {s: PhotographIndex([folder], leave_out=annotations) for s, folder in self._photographs.items()}
        patients = {s: _patients(s, folder) for s, folder in self._photographs.items()}
        items: dict[Path, Item[Annotated]] = {}
        troubles: list[Trouble] = []
        for path in annotations:
            name = path.relative_to(self._root).as_posix()
            found = self._find(path, indexes)
            if isinstance(found, Trouble):
                troubles.append(Trouble(found.kind, name, found.reason))
                continue
            source, photograph = found
            if photograph in items:
                other = items[photograph].name
                reason = f"{other} annotates the same photograph ({photograph}); the first is counted"
                troubles.append(Trouble(TroubleKind.DUPLICATE, name, reason))
                continue
            patient = f"{source.value}:{patients[source].get(photograph.stem) or _patient_by_name(source, photograph)}"
            cut = self._cut if source is Source.EYEQ else Cut.NONE
            items[photograph] = Item(name, photograph, patient, (), Annotated(path, source), cut)
        return Listing(tuple(items.values()), tuple(troubles), (), self._remarks(items.values()))

    def _find(self, path: Path, indexes: Mapping[Source, PhotographIndex]) -> tuple[Source, Path] | Trouble:
        hint = _source_of(path.relative_to(self._root).parts)
        if hint is not None and hint not in indexes:
            reason = f"its photograph comes from {hint.value}: give that folder with --{hint.value.lower()}"
            return Trouble(TroubleKind.MISSING, path.name, reason)
        searched = {hint: indexes[hint]} if hint is not None else indexes
        found: list[tuple[Source, Path]] = []
        for source, index in searched.items():
            for stem in dict.fromkeys((path.stem, _ADDED.sub("", path.stem))):
                match = index.find(stem + ".png")
                if isinstance(match, Trouble):
                    if match.kind is TroubleKind.AMBIGUOUS:
                        return match
                    continue
                found.append((source, match))
                break
        if len(found) == 1:
            return found[0]
        if not found:
            places = ", ".join(source.value for source in searched)
            return Trouble(TroubleKind.MISSING, path.name, f"no photograph of that name in {places}")
        places = ", ".join(str(photograph) for _, photograph in found)
        reason = (
            f"photographs of that name lie in several data sets ({places}); sort the annotations into folders EyeQ,"
            " BRSET and mBRSET"
        )
        return Trouble(TroubleKind.AMBIGUOUS, path.name, reason)

    def _remarks(self, items: Collection[Item[Annotated]]) -> tuple[str, ...]:
        remarks = []
        if len(items) != PHOTOGRAPHS:
            remarks.append(
                f"{len(items)} of FunPiQ's {PHOTOGRAPHS} photographs could be used: not the paper's figures."
            )
        cut = sum(item.cut is Cut.EYEQ for item in items)
        if cut:
            remarks.append(f"{cut} photographs of EyeQ, where they were not 800 x 800, were {CUT_HERE}")
        return tuple(remarks)


def _source_of(parts: Sequence[str]) -> Source | None:
    """The source that a folder, or the start of the file's name, is called after."""
    for part in reversed(parts):
        words = re.split(r"[^a-z]+", part.casefold())
        for source in Source:
            if source.value.casefold() in words:
                return source
    return None


def _patients(source: Source, folder: Path) -> dict[str, str]:
    """Patient by photograph, from the source's own table where it lies in the folder, beside it or below it."""
    columns = _PATIENT_COLUMNS.get(source.value.casefold())
    if columns is None:
        return {}
    beside = [path for path in folder.resolve().parent.iterdir() if path.is_file()]
    tables = [path for path in (*files_below(folder), *beside) if path.suffix.lower() == ".csv"]
    for table in tables:
        try:
            rows = read_table(table, *columns)
        except DataSetError:
            # another table of the same folder
            continue
        return {_stem(row.get(*columns[0])): row.get(*columns[1]) for row in rows if row.get(*columns[1])}
    return {}


def _stem(name: str) -> str:
    path = PurePosixPath(name)
    return path.stem if path.suffix.lower() in (".jpg", ".jpeg", ".png") else path.name


def _patient_by_name(source: Source, photograph: Path) -> str:
    if source is Source.EYEQ:
        return patient_of(photograph.stem)
    named = _MBRSET_NAME.fullmatch(photograph.stem) if source is Source.MBRSET else None
    return named["patient"] if named else photograph.stem
