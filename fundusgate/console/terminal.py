"""The technician's screen in a terminal: picture, map, one verdict, one reason, one thing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from rich.console import Group
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.style import Style
from rich.table import Table
from rich.text import Text

from fundusgate.codes import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.console import RenderableType

    from fundusgate.console.play import Judged, Tally

PICTURE = 34
"""Characters across the picture; each shows two pixels, one above the other."""

SIGNS: dict[Verdict, tuple[str, str]] = {
    Verdict.ACCEPT: ("✔  ACCEPT", "bold black on green"),
    Verdict.ACCEPT_WITH_NOTE: ("✔  ACCEPT WITH A NOTE", "bold black on yellow"),
    Verdict.RETAKE: ("↻  RETAKE", "bold white on red"),
    Verdict.CANNOT_OBTAIN: ("■  CANNOT OBTAIN", "bold white on magenta"),
}


def screen(judged: Judged, tally: Tally) -> RenderableType:
    """One refresh of the whole screen: what to do above, picture and map side by side; fits 80 x 24 characters."""
    told = judged.assessment
    sign, style = SIGNS[told.verdict]
    head = Text.assemble((f" {sign} ", style), "  ", (told.prompt, "bold"))
    bars = Table.grid(padding=(0, 1))
    bars.add_row(
        "score",
        ProgressBar(total=100, completed=told.score, width=16),
        f"{told.score:3.0f} of 100   hidden",
        ProgressBar(total=1, completed=told.degraded_fraction, width=16),
        f"{100 * told.degraded_fraction:3.0f} %",
    )
    sides = Table.grid(padding=(0, 3))
    sides.add_row(picture_text(judged.frame.pixels), map_text(told.map))
    phase = judged.frame.metadata.get("phase", "")
    counted = f"{tally.judged} judged of {tally.frames} frames, {tally.rate:.1f} a second"
    foot = Text(f"{counted} · {phase} · right: what is hidden", style="dim")
    title = "fundusgate · simulated camera · Ctrl-C ends"
    return Panel(Group(head, bars, sides, foot), title=title, border_style="dim", width=80)


def picture_text(rgb: NDArray[np.uint8], width: int = PICTURE) -> Text:
    """H x W x 3 uint8 as half blocks, ``width`` characters across."""
    height = max(2, round(rgb.shape[0] / rgb.shape[1] * width / 2) * 2)
    small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    text = Text()
    for upper, lower in zip(small[::2], small[1::2], strict=True):
        for (r, g, b), (r2, g2, b2) in zip(upper.tolist(), lower.tolist(), strict=True):
            text.append("▀", Style(color=f"rgb({r},{g},{b})", bgcolor=f"rgb({r2},{g2},{b2})"))
        text.append("\n")
    text.right_crop(1)
    return text


def map_text(cells: NDArray[np.float32]) -> Text:
    """16 x 16 in 0..1, not-a-number outside the disc, as shades: the fuller the block, the more is hidden."""
    text = Text()
    for row in cells:
        for cell in row:
            shade = "  " if np.isnan(cell) else ("··", "░░", "▒▒", "▓▓", "██")[min(4, int(cell * 5))]
            text.append(shade, "cyan" if cell >= 0.5 else "dim")
        text.append("\n")
    text.right_crop(1)
    return text


def line(judged: Judged) -> str:
    """One frame in one line, for a log."""
    told = judged.assessment
    truth = judged.frame.metadata
    cause = told.main.value if told.main is not None else "-"
    shown = (
        f"{judged.seconds:6.2f} s  {truth.get('phase', ''):<9}  hidden {100 * truth.get('hidden_fraction', 0):3.0f} %"
    )
    said = f"{told.verdict.value:<16}  score {told.score:5.1f}  degraded {100 * told.degraded_fraction:3.0f} %"
    return f"{shown}  ->  {said}  {cause:<14}  {told.prompt}"
