"""A sheet of the moments at which the verdict changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from fundusgate.runtime.overlay import draw_overlay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fundusgate.console.play import Judged

COLUMNS = 2
MOST = 8


def contact_sheet(moments: Sequence[Judged], degraded_from: float = 0.5, width: int = 720) -> Image.Image:
    """The overlays of up to ``MOST`` moments, spread evenly over the play.

    Args:
        moments: At least one.
        degraded_from: Map value, 0..1, from which a cell is hatched (the profile's `map.cell`).
        width: Of each overlay, pixels.

    Raises:
        ValueError: There are no moments.
    """
    if not moments:
        raise ValueError("no frame was judged, so there is nothing to show: play for longer")
    count = min(MOST, len(moments))
    chosen = [moments[round(i * (len(moments) - 1) / max(1, count - 1))] for i in range(count)]
    pictures = [draw_overlay(moment.frame.pixels, moment.assessment, degraded_from) for moment in chosen]
    height = round(pictures[0].height * width / pictures[0].width)
    rows = -(-len(pictures) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * width, rows * height))
    for index, picture in enumerate(pictures):
        place = (index % COLUMNS * width, index // COLUMNS * height)
        sheet.paste(picture.resize((width, height), Image.Resampling.LANCZOS), place)
    return sheet
