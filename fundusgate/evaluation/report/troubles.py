"""What was left out of an evaluation, in lines for a person."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from fundusgate.evaluation.data_sets.base import Trouble

SHOWN = 5
"""Troubles that are named one by one; all are in the JSON."""


def trouble_counts(troubles: Sequence[Trouble]) -> dict[str, int]:
    """How many troubles of each kind, the most frequent first."""
    return dict(Counter(trouble.kind.value for trouble in troubles).most_common())


def trouble_lines(troubles: Sequence[Trouble]) -> list[RenderableType]:
    """How many of each kind, and the first of them by name."""
    if not troubles:
        return []
    counts = ", ".join(f"{count} {kind}" for kind, count in trouble_counts(troubles).items())
    lines: list[RenderableType] = [Text(f"\nNot as it should be: {counts}", style="bold")]
    lines += [Text(f"  {one.kind.value}: {one.what}: {one.reason}") for one in troubles[:SHOWN]]
    if len(troubles) > SHOWN:
        lines.append(Text(f"  and {len(troubles) - SHOWN} more, all in results.json"))
    return lines
