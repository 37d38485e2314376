"""Hashes of files, and whether an exported copy is still what was exported."""

from __future__ import annotations

import hashlib
import json
import secrets
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from fundusgate.archive.durable import replace_file

if TYPE_CHECKING:
    from fundusgate.archive.record import CaptureRecord, ExportMark

EXPORT_MARKER = "fundusgate-export.json"
_CHUNK = 2**20


class CopyState(str, Enum):
    """How an exported copy is found."""

    WHOLE = "whole"
    """Photograph and JSON are there, their hashes right."""
    AWAY = "away"
    """The disk or folder that it was copied to is not at hand."""
    LOST = "lost"
    """The folder is at hand; the copy in it is missing or altered."""


def file_sha256(path: Path) -> str:
    """A file's SHA-256 as hexadecimal digits, read piece by piece.

    Raises:
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def export_id_of(folder: Path) -> str | None:
    """What an export wrote into its folder to know it again; None where there is nothing of the kind."""
    try:
        said = json.loads((folder / EXPORT_MARKER).read_bytes())
    except (OSError, ValueError):
        return None
    known = said.get("export_id") if isinstance(said, dict) else None
    return known if isinstance(known, str) else None


def sign_export(folder: Path) -> str:
    """The export folder's identifier, written into it where it has none yet.

    Raises:
        OSError: It cannot be written.
    """
    known = export_id_of(folder)
    if known is None:
        known = secrets.token_hex(16)
        text = json.dumps({"made_by": "fundusgate captures export", "export_id": known}, indent=1)
        replace_file(folder / f".{EXPORT_MARKER}", folder / EXPORT_MARKER, text.encode())
    return known


def copy_state(mark: ExportMark, record: CaptureRecord) -> CopyState:
    """Whether the copy that an export made is still there and whole."""
    folder = Path(mark.folder)
    if export_id_of(folder) != mark.export_id:
        return CopyState.AWAY
    try:
        whole = (
            file_sha256(folder / mark.photograph) == record.photograph_sha256
            and file_sha256(folder / mark.sidecar) == mark.sidecar_sha256
        )
    except OSError:
        return CopyState.LOST
    return CopyState.WHOLE if whole else CopyState.LOST
