"""The first bytes of a plan: who wrote it, before anything deserializes it."""

from __future__ import annotations

from dataclasses import dataclass

LENGTH = 28
_VERSION = slice(24, 28)
_WRITERS = {b"ftrt": "TensorRT", b"vtrt": "TensorRT-RTX"}


@dataclass(frozen=True)
class PlanHeader:
    """What a plan says of itself."""

    writer: str
    """`TensorRT` or `TensorRT-RTX`; empty where it is no plan."""
    version: tuple[int, int, int, int]
    """Of the writer: major, minor, patch, build."""


def read_header(start: bytes) -> PlanHeader:
    """Read a plan's first bytes.

    Args:
        start: At least the first 28 bytes; fewer are no plan.
    """
    writer = _WRITERS.get(start[:4], "") if len(start) >= LENGTH else ""
    major, minor, patch, build = start[_VERSION] if writer else (0, 0, 0, 0)
    return PlanHeader(writer, (major, minor, patch, build))
