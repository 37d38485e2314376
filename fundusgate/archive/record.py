"""What is written beside every photograph."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationInfo,
    model_validator,
)

from fundusgate.codes import Laterality
from fundusgate.runtime.gate.events import Outcome, Trigger
from fundusgate.runtime.gate.state import Field as RetinalField
from fundusgate.runtime.gate.state import Reason

SCHEMA_VERSION: Literal[1] = 1
SHA256 = r"^[0-9a-f]{64}$"


def plain(value: Any) -> Any:  # noqa: ANN401 - a walk over whatever a camera knows
    """The value as JSON can hold it, so that no odd piece of metadata ever costs a photograph.

    Arrays become lists, numbers that are not finite None, everything unknown its text.
    """
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        # halves of surrogate pairs, from undecodable bytes, are no Unicode
        return str(value).encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, bool | int):
        return value
    return plain(str(value))


def _plain_unless_json(value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - as `plain`
    return value if info.mode == "json" else plain(value)


PlainObject = Annotated[dict[str, Any], BeforeValidator(_plain_unless_json)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelUsed(_Part):
    """One network that judged the photograph."""

    name: str
    version: str
    sha256: str
    """Of the graph or engine that ran."""


class Override(_Part):
    """The operator kept the photograph against the advice."""

    reason: str = Field(min_length=1)
    operator: str | None
    at: AwareDatetime


class GivenUp(_Part):
    """The operator recorded that no readable photograph can be had."""

    reason: Reason
    note: str = ""
    operator: str | None
    at: AwareDatetime


class CaptureDraft(_Part):
    """What the live gate hands over with a photograph."""

    taken_at: AwareDatetime
    outcome: Outcome
    reason: Reason | None = None
    """Why nothing can be obtained, as the gate proposed it; the operator's own word is in `given_up`."""
    trigger: Trigger
    attempt: int = Field(ge=1)
    patient: str | None = None
    operator: str | None = None
    laterality: Laterality | None = None
    field: RetinalField | None = None
    camera: str
    camera_metadata: PlainObject = Field(default_factory=dict)
    assessment: PlainObject
    """As `Assessment.to_json_object()`: verdict, score, map, causes, prompt, precision, models, elapsed_ms."""
    models: tuple[ModelUsed, ...]
    bundle_sha256: str
    """Of the bundle's manifest."""
    timings_ms: dict[str, FiniteFloat] = Field(default_factory=dict)
    """From the press: "still", "judged"."""


class CaptureRecord(CaptureDraft):
    """One capture as it lies in the archive: `record.json`, and what was added to it since."""

    schema_version: Literal[1] = SCHEMA_VERSION
    id: str
    photograph: str = Field(pattern=r"^photograph\.[a-z0-9]{1,8}$")
    """File name in the capture's own folder."""
    photograph_sha256: str = Field(pattern=SHA256)
    photograph_bytes: int = Field(ge=1)
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    kept_at: AwareDatetime
    override: Override | None = None
    given_up: GivenUp | None = None


class Amendment(_Part):
    """Something that was added to a capture later: a file of its own, never changed."""

    schema_version: Literal[1] = SCHEMA_VERSION
    override: Override | None = None
    given_up: GivenUp | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Amendment:
        if self.override is None and self.given_up is None:
            raise ValueError("an amendment says an override or a reason for giving up")
        return self


class ExportMark(_Part):
    """A capture was copied out of the archive: a file of its own, never changed."""

    schema_version: Literal[1] = SCHEMA_VERSION
    at: AwareDatetime
    folder: str
    """Where to, an absolute path as it was then."""
    export_id: str
    """Written in the export's folder, so that another disk mounted at the same place is told apart."""
    photograph: str
    """The copy's path inside the folder."""
    sidecar: str
    """Its JSON's."""
    sidecar_sha256: str = Field(pattern=SHA256)
