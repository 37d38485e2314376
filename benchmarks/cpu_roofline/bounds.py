"""A record's bounds, round by round, so that a busy moment slows network and peaks alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .record import Held, Record

COPY = "copy"


@dataclass(frozen=True)
class Bounds:
    """One network against what the processor allows; milliseconds, a value a round."""

    measured: NDArray[np.float64]
    all_fused: NDArray[np.float64]
    as_engine: NDArray[np.float64]
    nothing_fused: NDArray[np.float64]


def peak(record: Record, what: str) -> NDArray[np.float64]:
    """The best operations a millisecond of any product of that type, round by round."""
    rates = [probe.amount / _rounds(probe.turns) for probe in record.probes if probe.what == what]
    return np.max(rates, axis=0)


def copying(record: Record, size: int) -> NDArray[np.float64]:
    """Bytes a millisecond of the copy whose size is nearest, round by round."""
    copies = [probe for probe in record.probes if probe.what == COPY]
    nearest = min(copies, key=lambda probe: abs(probe.amount - 2 * size))
    return nearest.amount / _rounds(nearest.turns)


def bounds(record: Record, held: Held) -> Bounds:
    """Of one network.

    All fused: its operations at the peaks, or the bytes of weights, photograph and result at the copy's rate, whichever
    takes longer. Nothing fused: the same of each node by itself, with all that it reads and writes. As an engine: that,
    but what changes value by value reads no more than its second operand.
    """
    rates = {0: peak(record, "fp32"), 1: peak(record, "int8")}
    memory = copying(record, held.alive)
    working = np.zeros(record.rounds)
    apart, engine = np.zeros(record.rounds), np.zeros(record.rounds)
    for count, multiplications, traffic, int8, kept in held.kinds:
        takes = 2 * multiplications / rates[int8]
        working += count * takes
        apart += count * np.maximum(takes, traffic / memory)
        engine += count * np.maximum(takes, kept / memory)
    return Bounds(_rounds(held.turns), np.maximum(working, held.compulsory / memory), engine, apart)


def _rounds(turns: list[list[float]]) -> NDArray[np.float64]:
    return np.array([np.median(turn) for turn in turns])
