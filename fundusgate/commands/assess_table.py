"""Outcomes as a table for a person."""

from __future__ import annotations

import os
import statistics
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from fundusgate.codes import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fundusgate.commands.assess_batch import Outcome

_ICONS = {Verdict.ACCEPT: "✓", Verdict.ACCEPT_WITH_NOTE: "!", Verdict.RETAKE: "↻", Verdict.CANNOT_OBTAIN: "⊘"}
_PLAIN_ICONS = {Verdict.ACCEPT: "+", Verdict.ACCEPT_WITH_NOTE: "!", Verdict.RETAKE: "R", Verdict.CANNOT_OBTAIN: "0"}
_STYLES = {
    Verdict.ACCEPT: "bold green",
    Verdict.ACCEPT_WITH_NOTE: "bold yellow",
    Verdict.RETAKE: "bold red",
    Verdict.CANNOT_OBTAIN: "bold magenta",
}


def table_of(outcomes: Sequence[Outcome], encoding: str) -> Table:
    """A row for each outcome, and what they come to.

    Args:
        outcomes: The outcomes, in order.
        encoding: The terminal's; without Unicode the icons are plain letters.

    Returns:
        The table; file names and prompts are shown as they are, never read as markup.
    """
    shortened = _shortener([outcome.image for outcome in outcomes])
    icons = _ICONS if encoding.lower().startswith("utf") else _PLAIN_ICONS
    table = Table(caption=_summary(outcomes), caption_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("photograph", overflow="fold", ratio=2, min_width=16)
    table.add_column("verdict", no_wrap=True)
    table.add_column("score", justify="right")
    table.add_column("hidden", justify="right")
    table.add_column("why, and what to do", ratio=3)
    for outcome in outcomes:
        name = Text(_shown(str(shortened(outcome.image)), encoding))
        said = outcome.assessment
        if said is None or outcome.error is not None:
            error = Text(_shown(outcome.error or "", encoding))
            table.add_row(name, Text("x unreadable" if said is None else "x no overlay", style="bold"), "", "", error)
            continue
        verdict = Text(f"{icons[said.verdict]} {said.verdict.value.replace('_', ' ')}", style=_STYLES[said.verdict])
        advice = Text(said.prompt) if said.main is None else Text.assemble((f"{said.main.value} ", "bold"), said.prompt)
        hidden = f"{100 * said.degraded_fraction:.0f} %"
        table.add_row(name, verdict, f"{said.score:.0f}", hidden, advice)
    return table


def _shortener(images: Sequence[Path]) -> Callable[[Path], Path]:
    """What leaves out of each path the folder that all of them share."""
    if len(images) < 2 or len({image.is_absolute() for image in images}) > 1:
        return lambda image: image
    shared = os.path.commonpath([image.parent for image in images])
    return lambda image: Path(os.path.relpath(image, shared)) if shared else image


def _shown(text: str, encoding: str) -> str:
    """The text with what the terminal cannot show (also undecodable bytes and line breaks in names) escaped."""
    printable = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
    return printable.encode(encoding, "backslashreplace").decode(encoding)


def _summary(outcomes: Sequence[Outcome]) -> str:
    assessed = [outcome.assessment for outcome in outcomes if outcome.assessment is not None]
    counts = Counter(assessment.verdict for assessment in assessed)
    parts = [f"{counts[verdict]} {verdict.value.replace('_', ' ')}" for verdict in Verdict if counts[verdict]]
    unreadable = len(outcomes) - len(assessed)
    if unreadable:
        parts.append(f"{unreadable} unreadable")
    if assessed:
        parts.append(f"{statistics.median(said.elapsed_ms['total'] for said in assessed):.0f} ms a photograph (median)")
    return ", ".join(parts)
