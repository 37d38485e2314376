"""What a screen shows: one immutable value, and one JSON object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fundusgate.codes import CauseCode, Laterality, RetakeHelps, Verdict
    from fundusgate.runtime.cues.centring import Side
    from fundusgate.runtime.gate.state import Field, Phase, Reason


@dataclass(frozen=True)
class CaptureCard:
    """One capture in the strip.

    Attributes:
        id: the archive's identifier of the capture.
        number: the gate's number of the still.
        taken_at: UTC, ISO 8601.
        outcome: "accepted", "accepted_with_note", "retake" or "cannot_obtain".
        verdict: what the networks said.
        score: mean opinion score, 0..100.
        main: the cause whose fix comes first.
        laterality: which eye, where chosen.
        field: which field, where chosen.
        attempt: which attempt at this target, 1 and up.
        overridden: the operator's reason, where the operator kept it against the advice.
        patient: who is photographed; None where not entered.
    """

    id: str
    number: int
    taken_at: str
    outcome: str
    verdict: Verdict
    score: float
    main: CauseCode | None
    laterality: Laterality | None
    field: Field | None
    attempt: int
    overridden: str | None
    patient: str | None = None


@dataclass(frozen=True)
class Rates:
    """How the loop is doing.

    Attributes:
        camera: frames a second that the camera delivers.
        assessed: frames a second for which guidance was given.
        mapped: frames a second whose map was made.
        scored: frames a second whose score was made.
        dropped: frames since the start that nobody looked at, because a newer one had come.
        lost: frames since the start that the camera never delivered (gaps in its numbering).
        guidance_ms: milliseconds from a frame's exposure to its guidance: "p50", "p90", "p99", "max".
    """

    camera: float
    assessed: float
    mapped: float
    scored: float
    dropped: int
    lost: int
    guidance_ms: Mapping[str, float]


@dataclass(frozen=True)
class Snapshot:
    """The live gate at one moment.

    Attributes:
        revision: counts up with every snapshot of this run.
        phase: what the gate does.
        prompt: the cause to mend now; None where there is none.
        dark_side: with OFF_CENTRE in the live picture, where light is missing; None where that cannot be said.
        retake_helps: for the last still, whether another attempt helps.
        why: one plain English sentence in CLOSED or after a failed still.
        reason: why nothing can be obtained, in CANNOT_OBTAIN.
        promise: 0..1, fills the readiness ring; 1 only in READY.
        retakes: advised retakes of the present target so far.
        max_retakes: the cap.
        laterality: which eye is photographed.
        field: which field.
        patient: who; None while not entered.
        operator: who holds the camera; None while not signed in.
        automatic: whether the still is taken by itself.
        camera: the camera's name.
        frame: the sequence number of the newest assessed frame; None before the first.
        map: its newest map, 16 rows of 16, 0..1 with 1 = hidden, None outside the disc; None while there is none.
        box: the map's square in the frame's pixels, x0, y0, x1, y1.
        frame_size: the frame's width and height, pixels.
        rates: how the loop is doing.
        captures: the captures of this run for the strip, newest first, at most 60.
    """

    revision: int
    phase: Phase
    prompt: CauseCode | None
    retake_helps: RetakeHelps | None
    why: str | None
    reason: Reason | None
    promise: float
    retakes: int
    max_retakes: int
    laterality: Laterality | None
    field: Field | None
    patient: str | None
    operator: str | None
    automatic: bool
    camera: str
    frame: int | None
    map: tuple[tuple[float | None, ...], ...] | None
    box: tuple[int, int, int, int] | None
    frame_size: tuple[int, int] | None
    rates: Rates
    captures: tuple[CaptureCard, ...]
    dark_side: Side | None = None

    def to_json_object(self) -> dict[str, Any]:
        """Plain types only, keys as the attributes' names."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


def _plain(value: Any) -> Any:  # noqa: ANN401 - a walk over whatever the snapshot holds
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    # the words of codes and phases are str-Enums
    return value.value if hasattr(value, "value") else value
