"""A record as the table of docs/estimate.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .bounds import bounds, copying, peak

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .record import Record

QUIET = 0.05


def as_markdown(record: Record) -> str:
    """Where it was measured, the peaks, the table, and how far the bounds were off."""
    rows: list[str] = []
    over: dict[str, list[float]] = {"all-fused": [], "as-an-engine": [], "nothing-fused": []}
    for held in record.networks:
        found = bounds(record, held)
        multiplications = sum(kind[0] * kind[1] for kind in held.kinds) / 1e9
        cells = [held.name, f"{multiplications:.2f}", _ms(found.measured)]
        for name, bound in zip(over, (found.all_fused, found.as_engine, found.nothing_fused), strict=True):
            over[name].append(float(np.median(found.measured / bound)))
            cells += [_ms(bound), f"{over[name][-1]:.2f}"]
        rows.append(f"| {' | '.join(cells)} |")
    head = [
        "network",
        "billion multiplications",
        "measured, ms",
        "all fused, ms",
        "measured over it",
        "as an engine, ms",
        "measured over it",
        "nothing fused, ms",
        "measured over it",
    ]
    table = "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *rows])
    ranges = [f"{min(values):.2f} to {max(values):.2f} times the {name} bound" for name, values in over.items()]
    return f"{_told(record)}\n\n{table}\n\nMeasured is {', '.join(ranges[:-1])} and {ranges[-1]}."


def _told(record: Record) -> str:
    share = "unknown" if record.others_share is None else f"{100 * record.others_share:.0f} %"
    fp32, int8 = (float(np.median(peak(record, what))) / 1e6 for what in ("fp32", "int8"))
    sizes = sorted({held.alive for held in record.networks})
    rates = [float(np.median(copying(record, size))) / 1e6 for size in sizes]
    text = (
        f"`{record.command}`, {record.began_at[:10]}: {record.machine}; threads {record.threads}, rounds"
        f" {record.rounds}. Other programs took {share} of the processors meanwhile. Peaks: fp32 {fp32:.0f} and INT8"
        f" {int8:.0f} billion operations a second, copies {min(rates):.0f} to {max(rates):.0f} GB/s."
    )
    if record.others_share is None or record.others_share > QUIET:
        text += " **The machine was busy: measure again on a quiet one.**"
    return text


def _ms(values: NDArray[np.float64]) -> str:
    median = float(np.median(values))
    return f"{median:.0f}" if median >= 100 else f"{median:.1f}" if median >= 10 else f"{median:.2f}"
