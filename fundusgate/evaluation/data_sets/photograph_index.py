"""Find the photograph that a table's row means, whatever its ending and wherever it lies below the folder."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fundusgate.evaluation.data_sets.base import DataSetError, Trouble, TroubleKind
from fundusgate.runtime.photograph import OVERLAY_SUFFIX, SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class PhotographIndex:
    """Every photograph below some folders, found by name without its ending.

    Data sets' tables say `.jpeg` where the archive holds `.PNG`, or where a published script turned JPEG into PNG: the
    ending of a row's name is ignored, and the case of the name where nothing fits exactly.

    Args:
        folders: Folders, searched with their subfolders; hidden ones are passed over.
        leave_out: Files that are no photographs, such as annotations.

    Raises:
        DataSetError: A folder cannot be searched.
    """

    def __init__(self, folders: Sequence[Path], leave_out: Collection[Path] = ()) -> None:
        self._by_stem: dict[str, list[Path]] = defaultdict(list)
        self._by_folded: dict[str, list[Path]] = defaultdict(list)
        apart = {path.resolve() for path in leave_out}
        for path in dict.fromkeys(path for folder in folders for path in files_below(folder)):
            if path.suffix.lower() in SUFFIXES and not path.name.endswith(OVERLAY_SUFFIX):
                if apart and path.resolve() in apart:
                    continue
                self._by_stem[path.stem].append(path)
                self._by_folded[path.stem.casefold()].append(path)

    def __len__(self) -> int:
        """How many photographs there are."""
        return sum(len(paths) for paths in self._by_stem.values())

    def find(self, name: str) -> Path | Trouble:
        r"""The photograph of a row.

        Args:
            name: As the table has it: with or without folders and ending, with / or \.

        Returns:
            The file; or the trouble, where there is none, or where several files could be meant. Of several, the one
            whose folders and ending are the row's own is meant.
        """
        wanted = PurePosixPath(name.replace("\\", "/"))
        stem = wanted.stem if wanted.suffix.lower() in SUFFIXES else wanted.name
        found = self._by_stem.get(stem) or self._by_folded.get(stem.casefold()) or []
        if len(found) > 1:
            exact = [path for path in found if path.name == wanted.name]
            placed = [path for path in found if _lies_at(path, wanted, stem)]
            found = next((choice for choice in (placed, exact) if len(choice) == 1), found)
        if len(found) == 1:
            return found[0]
        if not found:
            return Trouble(TroubleKind.MISSING, name, "no photograph of that name, whatever its ending")
        places = ", ".join(str(path) for path in found[:3])
        return Trouble(
            TroubleKind.AMBIGUOUS,
            name,
            f"{len(found)} files could be meant ({places}); leave one copy of the photographs below the folder, or name"
            " the folder of those that are meant",
        )


def files_below(folder: Path) -> list[Path]:
    """Every file below a folder, sorted by path; hidden files and folders are passed over.

    Raises:
        DataSetError: The folder is not there or cannot be searched.
    """
    if not folder.is_dir():
        raise DataSetError(f"{folder} is not a folder; give the folder that the data set was unpacked into")

    def refuse(error: OSError) -> None:
        raise DataSetError(f"{error.filename} cannot be searched ({error.strerror}); check its permissions")

    found: list[Path] = []
    entered: set[str] = set()
    for parent, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        # a link may lead back to a folder above it
        real = os.path.realpath(parent)
        if real in entered:
            folders.clear()
            continue
        entered.add(real)
        # __MACOSX: what macOS leaves beside the files of an archive, under the same names
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        found += [Path(parent) / name for name in sorted(files) if not name.startswith(".")]
    return found


def _lies_at(path: Path, wanted: PurePosixPath, stem: str) -> bool:
    folders = [part for part in wanted.parts[:-1] if part not in ("/", ".", "..")]
    return bool(folders) and path.stem == stem and list(path.parent.parts[-len(folders) :]) == folders
