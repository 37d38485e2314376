"""A bundle on disk: a folder with `manifest.json` and ONNX graphs, verified to the byte before anything runs.

Reads only; `fundusgate.export.bundle_writer` writes. Loads neither onnx nor onnxruntime.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from fundusgate.runtime.manifest import PRODUCER, SCHEMA_VERSION, FileEntry, Manifest, ModelManifest, Precision, Role

MANIFEST_NAME: str = "manifest.json"

_MANIFEST_LIMIT = 8 * 2**20
_CHUNK = 2**20


class BundleError(ValueError):
    """A bundle that must not be used; the message says why and what to do."""


def shipped_bundle() -> Path:
    """Folder of the reference bundle that is installed with the package (it is not opened or checked here)."""
    return Path(__file__).resolve().parent.parent / "bundles" / "reference"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, lower-case hexadecimal, read in pieces of 1 MiB.

    Raises:
        OSError: The file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@dataclass(frozen=True)
class Bundle:
    """A bundle whose every file was checked against its manifest."""

    folder: Path
    manifest: Manifest
    extra_files: tuple[str, ...]
    """Names in the folder that the manifest does not mention: tolerated, never read."""

    @classmethod
    def open(cls, folder: Path) -> Bundle:
        """Read and verify a bundle.

        Args:
            folder: The bundle's folder.

        Returns:
            The bundle; every file that its manifest names is there, has the stated size and the stated SHA-256.

        Raises:
            BundleError: Not a bundle, written by a newer version or by something else, incomplete, or altered.
        """
        folder = Path(folder)
        manifest = _read_manifest(folder)
        for entry in manifest.every_file():
            _verify(folder, entry)
        known = {MANIFEST_NAME, *(entry.file for entry in manifest.every_file())}
        extra = tuple(sorted(path.name for path in folder.iterdir() if path.name not in known))
        return cls(folder=folder, manifest=manifest, extra_files=extra)

    def model(self, name: str) -> ModelManifest:
        """The network of that name.

        Raises:
            BundleError: The bundle does not hold it.
        """
        for model in self.manifest.models:
            if model.name == name:
                return model
        held = ", ".join(model.name for model in self.manifest.models)
        raise BundleError(f"{self.folder} holds no network {name!r}; it holds {held}")

    def first(self, role: Role) -> ModelManifest | None:
        """The preferred network of a role, or None where the bundle holds none."""
        return next((model for model in self.manifest.models if model.role is role), None)

    def graph_path(self, name: str, precision: Precision) -> Path:
        """Path of one network's graph.

        Raises:
            BundleError: The bundle does not hold that network in that precision.
        """
        model = self.model(name)
        graph = model.files.get(precision)
        if graph is None:
            held = ", ".join(held.value for held in model.files)
            raise BundleError(
                f"{self.folder} holds {name} as {held}, not as {precision.value}; export it again with it"
            )
        return self.folder / graph.file


def _read_manifest(folder: Path) -> Manifest:
    if not folder.is_dir():
        raise BundleError(f"{folder} is not a folder; a bundle is a folder with a {MANIFEST_NAME}")
    path = folder / MANIFEST_NAME
    try:
        if path.stat().st_size > _MANIFEST_LIMIT:
            raise BundleError(f"{path} is larger than {_MANIFEST_LIMIT} bytes: not a bundle of {PRODUCER}")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BundleError(f"{folder} has no {MANIFEST_NAME}: not a bundle; make one with `fundusgate export`") from None
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BundleError(f"{path} is not UTF-8 text: the file is damaged; copy the bundle again") from error
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BundleError(f"{path} is not JSON ({error}): truncated or damaged; copy the bundle again") from error
    return _checked_manifest(path, text, content)


def _checked_manifest(path: Path, text: str, content: object) -> Manifest:
    producer = content.get("producer") if isinstance(content, dict) else None
    name = producer.get("name") if isinstance(producer, dict) else None
    if not isinstance(content, dict) or name != PRODUCER:
        raise BundleError(f"{path} was not written by {PRODUCER} (producer: {name!r}): another program's folder")
    version = content.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BundleError(f"{path} has schema version {version!r}, expected {SCHEMA_VERSION}")
    if version > SCHEMA_VERSION:
        raise BundleError(
            f"{path} has schema version {version}, newer than {SCHEMA_VERSION}, which this {PRODUCER} reads;"
            f" upgrade {PRODUCER} or export the bundle again"
        )
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        mistakes = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'manifest'}: {item['msg']}" for item in error.errors()
        )
        raise BundleError(f"{path} does not follow the bundle's schema: {mistakes}") from error


def _verify(folder: Path, entry: FileEntry) -> None:
    path = folder / entry.file
    try:
        if not path.resolve(strict=True).is_relative_to(folder.resolve()):
            raise BundleError(f"{path} is a link that leads out of the bundle; copy the file itself")
        if not path.is_file():
            raise BundleError(f"{path} is not a file; copy the bundle again")
        size = path.stat().st_size
        if size != entry.bytes:
            state = "truncated" if size < entry.bytes else "altered"
            raise BundleError(
                f"{path} is {state}: {size} bytes, the manifest says {entry.bytes}; copy the bundle again"
            )
        digest = file_sha256(path)
    except FileNotFoundError:
        raise BundleError(f"{path} is missing though the manifest names it; copy the bundle again") from None
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}") from error
    if digest != entry.sha256:
        raise BundleError(
            f"{path} is altered: its SHA-256 is {digest[:12]}..., the manifest says {entry.sha256[:12]}...;"
            " copy or export the bundle again"
        )
