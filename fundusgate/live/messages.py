"""What the workers tell the gate's thread, beside the gate's own observations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.archive.record import CaptureRecord
    from fundusgate.device.cameras.base import Frame
    from fundusgate.live.commands import Command
    from fundusgate.runtime.assessment import Assessment
    from fundusgate.runtime.gate.events import Trigger
    from fundusgate.runtime.gate.observations import LiveView, Observation
    from fundusgate.runtime.glance import Glance


class Part(str, Enum):
    """What can break, in the order in which it is named."""

    PROGRAM = "program"
    """A thread of the live gate ended by an error."""
    CAMERA = "camera"
    NETWORKS = "networks"
    HANG = "hang"
    """The networks do not come back from a picture."""


@dataclass(frozen=True)
class Health:
    """A part works again, or why it does not.

    Attributes:
        part: which.
        why: one plain sentence with the next step; None when it works.
    """

    part: Part
    why: str | None


@dataclass(frozen=True, eq=False)
class Guidance:
    """One live frame was assessed.

    Attributes:
        frame: the frame.
        glance: what the runtime made of it.
        view: what the gate makes of it.
        mapped: the glance, of this frame or a recent one, whose map holds for it; None where none does.
    """

    frame: Frame
    glance: Glance
    view: LiveView
    mapped: Glance | None


@dataclass(frozen=True, eq=False)
class Kept:
    """A capture's record lies in the archive, or was amended there.

    Attributes:
        still: the gate's number of it.
        record: the record.
        small: the photograph made small, H x W x 3 uint8, RGB; None where the record was only amended.
    """

    still: int
    record: CaptureRecord
    small: NDArray[np.uint8] | None = None


@dataclass(frozen=True, eq=False)
class TakenStill:
    """A still that the camera delivered.

    Attributes:
        number: the gate's number of it.
        trigger: what asked for it.
        asked_at: when, seconds on the monotonic clock.
        frame: the photograph.
        taken_at: when its exposure began, UTC.
        came_at: when the camera delivered it, seconds on the monotonic clock.
    """

    number: int
    trigger: Trigger
    asked_at: float
    frame: Frame
    taken_at: datetime
    came_at: float


@dataclass(frozen=True, eq=False)
class JudgedStill:
    """A still and what every network says of it.

    Attributes:
        taken: the still.
        attempt: which attempt at its target, 1 and up.
        assessment: what the networks say.
        judged_at: when, seconds on the monotonic clock.
    """

    taken: TakenStill
    attempt: int
    assessment: Assessment
    judged_at: float


@dataclass(frozen=True)
class Ordered:
    """A screen's command."""

    command: Command


Message: TypeAlias = "Observation | Health | Guidance | Kept | TakenStill | JudgedStill | Ordered"
