"""A bundle written whole or not at all.

Everything is written into a hidden folder beside the bundle, synchronised to the disk, and then put in the bundle's
place in one step. Killed at any moment, there is the old bundle or the new one; what an interrupted export left behind
is removed by the next one.
"""

from __future__ import annotations

import fcntl
import glob
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fundusgate import __version__
from fundusgate.export.exchange import ASIDE, put_in_place
from fundusgate.export.specs import ExportError
from fundusgate.runtime.bundle import MANIFEST_NAME, Bundle, BundleError, file_sha256
from fundusgate.runtime.manifest import FileEntry, Manifest, ModelManifest, Producer, schema_needed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def file_entry(path: Path) -> FileEntry:
    """What a manifest says of a file that was written."""
    return FileEntry(file=path.name, sha256=file_sha256(path), bytes=path.stat().st_size)


def write_manifest(folder: Path, models: Sequence[ModelManifest]) -> None:
    """Write `manifest.json`; the files that it names are already in the folder."""
    manifest = Manifest.model_validate(
        {"schema_version": schema_needed(models), "producer": Producer(version=__version__), "models": tuple(models)}
    )
    text = json.dumps(manifest.model_dump(mode="json"), indent=2, ensure_ascii=False)
    (folder / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give an empty folder to fill; when the block ends without an error it becomes the bundle at `folder`.

    Args:
        folder: Where the bundle shall be: nothing, an empty folder, or a bundle, which is replaced.

    Yields:
        The folder to write the files and the manifest into.

    Raises:
        ExportError: `folder` holds something that is no bundle, or files that would be lost with the old one.
        BundleError: What was written does not pass its own verification.
        OSError: The disk refused.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow a link that the user chose
    folder.parent.mkdir(parents=True, exist_ok=True)
    recover(folder)
    refuse_to_destroy(folder)
    staging = Path(tempfile.mkdtemp(prefix=_prefix(folder), dir=folder.parent))
    descriptor = os.open(staging, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        staging.chmod(0o755)
        yield staging
        Bundle.open(staging)
        _synchronise(staging)
        refuse_to_destroy(folder)
        put_in_place(staging, folder)
    finally:
        os.close(descriptor)
        # After the exchange this is the old bundle.
        shutil.rmtree(staging, ignore_errors=True)


def recover(folder: Path) -> None:
    """Clear away what killed exports to `folder` left beside it, and put back an old bundle that had stepped aside.

    Args:
        folder: The bundle's folder; exports that are at work on it now are left alone.

    Raises:
        OSError: The disk refused.
    """
    for left in sorted(folder.parent.glob(f"{glob.escape(_prefix(folder))}*"), reverse=True):
        if left.name.endswith(ASIDE) and not folder.exists():
            left.rename(folder)
            continue
        descriptor = os.open(left, os.O_RDONLY)
        try:
            # The kernel gives the lock back when an export dies, however it dies; one that is held is at work.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)


def refuse_to_destroy(folder: Path) -> None:
    """Make sure that putting a bundle at `folder` costs nobody anything but an older bundle.

    Raises:
        ExportError: `folder` holds something else.
    """
    if not folder.exists() and not folder.is_symlink():
        return
    if folder.is_symlink() or not folder.is_dir():
        raise ExportError(f"{folder} is not a folder: give --out another name")
    held = {path.name for path in folder.iterdir()}
    if not held:
        return
    try:
        extra = Bundle.open(folder).extra_files
    except BundleError as error:
        raise ExportError(
            f"{folder} is not empty and holds no sound bundle ({error}): give --out another name"
        ) from error
    if extra:
        raise ExportError(f"{folder} holds files that are not the bundle's ({', '.join(extra)}): move them away first")


def _prefix(folder: Path) -> str:
    return f".{folder.name}.export-"


def _synchronise(folder: Path) -> None:
    for path in (*folder.iterdir(), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
