"""One capture's folder: the photograph, `record.json`, `SHA256SUMS` of both, and notes that were added later.

Nothing in it is ever changed. A note is a file of its own, `0001-amendment-<hash>.json`: its number says when it came,
the hash in its name whether it is still whole.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from fundusgate.archive.durable import replace_file, write_file
from fundusgate.archive.errors import UnreadableRecordError
from fundusgate.archive.locks import locked_folder
from fundusgate.archive.record import SCHEMA_VERSION, Amendment, CaptureRecord, ExportMark

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.device.cameras.base import Original

RECORD = "record.json"
SUMS = "SHA256SUMS"
TEMPORARY_NOTE = ".note"
"""A note that is being written; a program that is killed may leave it, and the next note replaces it."""
NOTE = re.compile(r"(\d{4,})-(amendment|export)-([0-9a-f]{16})\.json", re.ASCII)
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class Kept:
    """A capture as its folder tells it.

    Attributes:
        record: with the newest override and reason for giving up in place.
        amendments: everything that was added, oldest first.
        exports: every copy that was made, oldest first.
        current_exports: the copies that were made since the last amendment and lack nothing.
        notes: the number of the last note; 0 where there is none.
        faults: a sentence for each note that cannot be read, or is gone.
    """

    record: CaptureRecord
    amendments: tuple[Amendment, ...] = ()
    exports: tuple[ExportMark, ...] = ()
    current_exports: tuple[ExportMark, ...] = ()
    notes: int = 0
    faults: tuple[str, ...] = ()

    @property
    def exported(self) -> bool:
        """Whether a copy was made since the last amendment."""
        return bool(self.current_exports)


def sha256(data: bytes | memoryview) -> str:
    """The SHA-256 as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def write_photograph(folder: Path, file: Original) -> None:
    """Write the photograph into a new folder, durably."""
    write_file(folder / f"photograph{file.suffix}", file.data)


def write_record(folder: Path, record: CaptureRecord) -> None:
    """Write the record and the sums of record and photograph, durably.

    Raises:
        UnreadableRecordError: The record would not come back as it is.
    """
    data = _dump(record)
    if CaptureRecord.model_validate_json(data) != record:
        raise UnreadableRecordError("the record does not come back from JSON as it was: this is a fault of fundusgate")
    write_file(folder / RECORD, data)
    sums = f"{record.photograph_sha256}  {record.photograph}\n{sha256(data)}  {RECORD}\n"
    write_file(folder / SUMS, sums.encode())


def add_note(folder: Path, note: Amendment | ExportMark) -> None:
    """Add a note to a capture, durably, whoever else adds one at the same time."""
    kind = "amendment" if isinstance(note, Amendment) else "export"
    data = _dump(note)
    with locked_folder(folder):
        number = 1 + max((int(match[1]) for match, _ in _notes(folder)), default=0)
        name = f"{number:04d}-{kind}-{sha256(data)[:16]}.json"
        replace_file(folder / TEMPORARY_NOTE, folder / name, data)


def read_capture(folder: Path) -> Kept:
    """What a capture's folder holds.

    Raises:
        UnreadableRecordError: The record is missing, damaged, or of a newer fundusgate.
        OSError: The files cannot be read.
    """
    try:
        record = _read(CaptureRecord, (folder / RECORD).read_bytes())
    except FileNotFoundError:
        raise UnreadableRecordError(f"{folder.name} has no {RECORD}: run `fundusgate captures verify`") from None
    except ValueError as error:
        raise UnreadableRecordError(f"{folder.name}: {RECORD} {error}") from error
    if record.id != folder.name:
        raise UnreadableRecordError(f"{folder.name}: {RECORD} belongs to {record.id}: the folder was renamed or copied")
    amendments: list[Amendment] = []
    exports: list[ExportMark] = []
    faults: list[str] = []
    current: list[ExportMark] = []
    last = 0
    for match, path in _notes(folder):
        if int(match[1]) > last + 1:
            faults.append(f"note {last + 1:04d} is gone")
        last = int(match[1])
        try:
            data = path.read_bytes()
            if not sha256(data).startswith(match[3]):
                raise ValueError("was altered: its hash is another")
            if match[2] == "amendment":
                amendments.append(_read(Amendment, data))
                current.clear()
            else:
                exports.append(_read(ExportMark, data))
                current.append(exports[-1])
        except ValueError as error:
            faults.append(f"{path.name} {error}")
            current.clear()
    folded = _folded(record, amendments)
    return Kept(folded, tuple(amendments), tuple(exports), tuple(current), last, tuple(faults))


def _folded(record: CaptureRecord, amendments: list[Amendment]) -> CaptureRecord:
    for amendment in amendments:
        said = {name: value for name in ("override", "given_up") if (value := getattr(amendment, name)) is not None}
        record = record.model_copy(update=said)
    return record


def _notes(folder: Path) -> list[tuple[re.Match[str], Path]]:
    """The notes' files, oldest first."""
    matched = [(match, path) for path in folder.iterdir() if (match := NOTE.fullmatch(path.name))]
    return sorted(matched, key=lambda pair: (int(pair[0][1]), pair[0][0]))


def _dump(part: BaseModel) -> bytes:
    return (part.model_dump_json(indent=1) + "\n").encode()


def _read(model: type[_Model], data: bytes) -> _Model:
    """The model from its JSON, or a ValueError whose text tells nothing of the patient."""
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        if _newer(data):
            raise ValueError(f"is of a newer fundusgate (this one reads schema {SCHEMA_VERSION}): update") from error
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "JSON"
        raise ValueError(f"cannot be read ({place}: {first['msg']}): it was altered") from error


def _newer(data: bytes) -> bool:
    """Whether the JSON says a schema version above ours."""
    try:
        version = _Version.model_validate_json(data)
    except ValidationError:
        return False
    return version.schema_version > SCHEMA_VERSION


class _Version(BaseModel):
    schema_version: int
