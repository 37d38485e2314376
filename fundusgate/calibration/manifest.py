"""The calibration manifest: which photographs, by content, and why those.

Two sets that share no patient and no content: one that ranges are learnt from, one that shows what INT8 cost. The
manifest's own hash goes into every bundle that was calibrated with it.
"""

from __future__ import annotations

import hashlib
import json
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from fundusgate.runtime.bundle import file_sha256

SCHEMA_VERSION: int = 1
"""The manifest schema that this code reads and writes."""


class CalibrationError(ValueError):
    """A calibration that must not go on; the message says why and what to do."""


class Band(str, Enum):
    """How good a photograph is, roughly: a stratum, not a verdict."""

    HIGH = "high"
    """Labelled good; or in the sharpest third of the photographs of its source that nobody labelled."""
    MIDDLE = "middle"
    """Labelled usable; or in the middle third."""
    LOW = "low"
    """Labelled reject; or in the least sharp third."""


class Brightness(str, Enum):
    """Third of all candidates by mean luminance."""

    DARK = "dark"
    MIDDLE = "middle"
    BRIGHT = "bright"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PhotographEntry(_Strict):
    """One photograph and its stratum."""

    file: str
    """Relative to the manifest's folder of photographs, with forward slashes."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    source: str
    """Data set or camera: the label's, or the first folder below the root."""
    patient: str | None
    band: Band
    band_by: Literal["label", "sharpness"]
    brightness: Brightness


class CalibrationManifest(_Strict):
    """The two sets."""

    schema_version: Literal[1] = 1
    seed: int
    folder: str
    """Where the photographs lie; a relative one starts at the manifest's file. No part of the hash."""
    calibration: Annotated[tuple[PhotographEntry, ...], Field(min_length=1)]
    parity: Annotated[tuple[PhotographEntry, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _disjoint(self) -> CalibrationManifest:
        contents = [entry.sha256 for entry in (*self.calibration, *self.parity)]
        if len(set(contents)) != len(contents):
            raise ValueError("the same photograph stands twice")
        shared = {entry.patient for entry in self.calibration} & {entry.patient for entry in self.parity} - {None}
        if shared:
            raise ValueError(f"{len(shared)} patients are in both sets, such as {sorted(map(str, shared))[0]}")
        return self

    @property
    def sha256(self) -> str:
        """SHA-256 of what was chosen, wherever it lies: the JSON without `folder`, keys sorted, no spaces."""
        chosen = self.model_dump(mode="json", exclude={"folder"})
        return hashlib.sha256(json.dumps(chosen, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def save(self, path: Path) -> None:
        """Write it as JSON.

        Raises:
            OSError: The disk refused.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8")


def read_manifest(path: Path) -> CalibrationManifest:
    """Read a manifest; its `folder` becomes absolute.

    Raises:
        CalibrationError: Not there, not JSON, or not what the schema says.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CalibrationError(
            f"{path} cannot be read ({error.strerror}); make one with `fundusgate calibration make FOLDER --out FILE`"
        ) from error
    except UnicodeDecodeError as error:
        raise CalibrationError(f"{path} is not UTF-8 text: not a calibration manifest") from error
    try:
        manifest = CalibrationManifest.model_validate_json(text)
    except ValidationError as error:
        mistakes = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5])
        raise CalibrationError(f"{path} is no calibration manifest: {mistakes}; make it again") from error
    folder = (path.parent / manifest.folder).resolve()
    return manifest.model_copy(update={"folder": str(folder)})


def verified_path(manifest: CalibrationManifest, entry: PhotographEntry) -> Path:
    """The file of one entry, its content checked.

    Raises:
        CalibrationError: It is gone, or another one now.
    """
    path = Path(manifest.folder) / entry.file
    try:
        digest = file_sha256(path)
    except OSError as error:
        raise CalibrationError(
            f"{path} cannot be read ({error.strerror}): the manifest names it; put it back or make the manifest again"
        ) from error
    if digest != entry.sha256:
        raise CalibrationError(f"{path} is not the photograph that the manifest names: make the manifest again")
    return path
