"""Find what is missing or altered, by hash."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.archive.capture_folder import NOTE, RECORD, SUMS, TEMPORARY_NOTE, read_capture
from fundusgate.archive.copies import file_sha256
from fundusgate.archive.errors import UnreadableRecordError, archive_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fundusgate.archive.reader import ArchiveReader

_SUM = re.compile(r"([0-9a-f]{64})  (record\.json|photograph\.[a-z0-9]{1,8})")


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written.

    Attributes:
        id: the capture.
        what: one sentence without patient data.
        lost: whether something that was kept is missing or altered; otherwise only something was added.
    """

    id: str
    what: str
    lost: bool = True


def verify(
    reader: ArchiveReader, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> tuple[int, list[Finding]]:
    """Read every file of every capture and compare it with its hash.

    Args:
        reader: The archive, open.
        progress: Called with (done, all).

    Returns:
        How many captures were looked at, and what was found, oldest capture first.

    Raises:
        ArchiveError: The archive cannot be read.
    """
    folders = list(reader.layout.folders())
    missing = [Finding(gone.id, gone.why) for gone in reader.unreadable() if gone.missing]
    found = [*missing]
    for done, folder in enumerate(folders, start=1):
        try:
            found += [Finding(folder.name, what, lost) for what, lost in _check(folder)]
        except OSError as error:
            found.append(Finding(folder.name, str(archive_error(error, "check a capture", folder))))
        progress(done, len(folders))
    return len(folders) + len(missing), sorted(found, key=lambda finding: finding.id)


def _check(folder: Path) -> list[tuple[str, bool]]:
    """What is wrong with a capture, each with whether something was lost."""
    names = {path.name for path in folder.iterdir()}
    sums, found = _sums(folder)
    for name, wanted in sums.items():
        if name not in names:
            found.append((f"{name} is missing: look for it in a backup, or in an export", True))
        elif file_sha256(folder / name) != wanted:
            found.append((f"{name} was altered: its hash is another", True))
    try:
        kept = read_capture(folder)
    except UnreadableRecordError as error:
        return found if found else [(str(error), True)]
    found += [(fault, True) for fault in kept.faults]
    if sums and sums.get(kept.record.photograph) != kept.record.photograph_sha256:
        found.append((f"{SUMS} and {RECORD} do not agree on the photograph", True))
    known = {RECORD, SUMS, TEMPORARY_NOTE, kept.record.photograph}
    strays = sorted(name for name in names - known if not NOTE.fullmatch(name))
    return found + [(f"a file that fundusgate did not write lies in it: {name}", False) for name in strays]


def _sums(folder: Path) -> tuple[dict[str, str], list[tuple[str, bool]]]:
    try:
        lines = (folder / SUMS).read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return {}, [(f"{SUMS} is missing: look for it in a backup", True)]
    except UnicodeDecodeError:
        return {}, [(f"{SUMS} was altered: it cannot be read", True)]
    matches = [_SUM.fullmatch(line) for line in lines]
    sums = {match[2]: match[1] for match in matches if match is not None}
    if len(matches) != 2 or len(sums) != 2 or RECORD not in sums:
        return sums, [(f"{SUMS} was altered: it does not name {RECORD} and a photograph", True)]
    return sums, []
