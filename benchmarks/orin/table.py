"""Published latencies beside what the estimate says of the same networks on the same boards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fundusgate.export.readiness.networks import CountedNetwork
from fundusgate.export.readiness.power_modes import POWER_MODES

from .published import PRECISIONS, PUBLISHED, ULTRALYTICS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .published import Published


def read_counts(path: Path) -> dict[str, CountedNetwork]:
    """YOLO11's counts by size, as `published_orin.py --count` keeps them."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return {name: CountedNetwork.from_json_object(item) for name, item in content.items()}


def range_of(counts: Mapping[str, CountedNetwork], figure: Published) -> tuple[float, float]:
    """The estimate's two ends in milliseconds."""
    (mode,) = (mode for mode in POWER_MODES if (mode.module, mode.mode) == figure.board)
    work = counts[figure.network].work(figure.precision)
    return work.fastest(mode), work.usual(mode)


def as_markdown(counts: Mapping[str, CountedNetwork]) -> str:
    """A row a network and board, and how the published figures lie in the ranges."""
    head = ["board, power mode", "network", *(f"{precision}: published, ms (estimate)" for precision in PRECISIONS)]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    inside, above, below = 0, [], []
    for board in dict.fromkeys(figure.board for figure in PUBLISHED):
        for network in counts:
            cells = [", ".join(board), f"YOLO11{network}"]
            for figure in PUBLISHED:
                if (figure.board, figure.network) != (board, network):
                    continue
                low, high = range_of(counts, figure)
                inside += low <= figure.milliseconds <= high
                above.append(figure.milliseconds / low)
                below.append(high / figure.milliseconds)
                cells.append(f"{figure.milliseconds:.1f} ({low:.1f} to {high:.1f})")
            lines.append(f"| {' | '.join(cells)} |")
    said = (
        f"{inside} of {len(PUBLISHED)} lie inside the estimate's range: published is {min(above):.1f} to"
        f" {max(above):.1f} times the lower end, the upper end {min(below):.2f} to {max(below):.2f} times published."
        f" Source: <{ULTRALYTICS}>."
    )
    return "\n".join(lines) + f"\n\n{said}"
