"""What is written beside every photograph."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from fundusgate.codes import Laterality
from fundusgate.runtime.gate.events import Outcome, Trigger
from fundusgate.runtime.gate.state import Field as RetinalField
from fundusgate.runtime.gate.state import Reason


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
    trigger: Trigger
    attempt: int = Field(ge=1)
    patient: str | None = None
    operator: str | None = None
    laterality: Laterality | None = None
    field: RetinalField | None = None
    camera: str
    camera_metadata: dict[str, Any] = Field(default_factory=dict)
    assessment: dict[str, Any]
    """As `Assessment.to_json_object()`: verdict, score, map, causes, prompt, precision, models, elapsed_ms."""
    models: tuple[ModelUsed, ...]
    bundle_sha256: str
    """Of the bundle's manifest."""
    timings_ms: dict[str, float] = Field(default_factory=dict)
    """From the press: "still", "judged"."""


class CaptureRecord(CaptureDraft):
    """One capture as it lies in the archive (`record.json`)."""

    schema_version: Literal[1] = 1
    id: str
    photograph: str
    """File name in the capture's own folder."""
    photograph_sha256: str
    photograph_bytes: int = Field(ge=1)
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    kept_at: AwareDatetime
    override: Override | None = None
    given_up: GivenUp | None = None
