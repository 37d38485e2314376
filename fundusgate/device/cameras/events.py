"""What a supervised camera reports of itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CameraEventKind(str, Enum):
    """What happened to a camera."""

    OPENED = "opened"
    """It was opened and nothing has been asked of it yet."""
    FAILED = "failed"
    """It reported an error, was unplugged, or could not be reopened."""
    HUNG = "hung"
    """It has sent nothing for too long."""
    RESTORED = "restored"
    """It sends frames again after it was reopened."""
    RESIZED = "resized"
    """Its frames have another size than before."""
    SLOW = "slow"
    """It sends fewer frames a second than it should."""
    STEADY = "steady"
    """It is no longer slow."""
    ENDED = "ended"
    """It has no more frames, or is not reopened any more."""


@dataclass(frozen=True)
class CameraEvent:
    """One thing that happened.

    Attributes:
        kind: What.
        text: The same in one plain sentence, with the next step where there is one.
        at: When, seconds on the monotonic clock.
    """

    kind: CameraEventKind
    text: str
    at: float


@dataclass(frozen=True)
class CameraState:
    """How a supervised camera does.

    Attributes:
        healthy: Whether it is open and sends frames.
        why: One plain sentence; None while nothing is wrong.
        restarts: How often it has been reopened.
        lost: Frames that were exposed and never delivered.
        rate: Frames a second of late; None before there are enough.
        size: Width and height of the newest frame.
    """

    healthy: bool
    why: str | None
    restarts: int
    lost: int
    rate: float | None
    size: tuple[int, int] | None
