"""The picture that goes with a verdict: the photograph beside its map, and what to do, to be judged at a glance.

Colour is never the only sign: degraded cells are hatched and outlined, every verdict has a shape and a word.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fundusgate.codes import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.runtime.assessment import Assessment

PANEL = 512
"""Side of each of the two pictures, pixels."""
MARGIN = 24
HEADER = 112
FOOTER = 64
WIDTH, HEIGHT = 2 * PANEL + 3 * MARGIN, HEADER + PANEL + FOOTER

BACKGROUND = (18, 22, 27)
TEXT = (240, 243, 246)
QUIET = (158, 168, 178)
MARK = (64, 224, 255)
"""Cyan: a retina has none of it, and it stays apart from the retina's red in every common colour blindness."""

VERDICT_WORDS = {
    Verdict.ACCEPT: "ACCEPT",
    Verdict.ACCEPT_WITH_NOTE: "ACCEPT WITH A NOTE",
    Verdict.RETAKE: "RETAKE",
    Verdict.CANNOT_OBTAIN: "CANNOT OBTAIN",
}
_VERDICT_COLOURS = {
    Verdict.ACCEPT: (46, 204, 113),
    Verdict.ACCEPT_WITH_NOTE: (241, 196, 15),
    Verdict.RETAKE: (255, 112, 67),
    Verdict.CANNOT_OBTAIN: (176, 160, 214),
}


def draw_overlay(rgb: NDArray[np.uint8], assessment: Assessment, degraded_from: float = 0.5) -> Image.Image:
    """Draw the photograph beside its map, with verdict, score, main cause and prompt.

    Args:
        rgb: The photograph that was assessed, H x W x 3 uint8, RGB.
        assessment: What was said of it.
        degraded_from: Map value, 0..1, from which a cell counts as degraded (the profile's `map.cell`).

    Returns:
        An RGB picture of `WIDTH` x `HEIGHT` pixels.
    """
    square = _cut(rgb, assessment.box)
    cells = np.asarray(assessment.map, dtype=np.float32)
    canvas = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
    canvas.paste(Image.fromarray(square), (MARGIN, HEADER))
    canvas.paste(_map_panel(square, cells, degraded_from), (2 * MARGIN + PANEL, HEADER))
    draw = ImageDraw.Draw(canvas)
    _header(canvas, draw, assessment)
    _footer(draw, assessment, degraded_from)
    return canvas


def _cut(rgb: NDArray[np.uint8], box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """The square that the map covers, at panel size, black where it reaches past the photograph."""
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = box
    scale = PANEL / (x1 - x0)
    left, top, right, bottom = max(0, x0), max(0, y0), min(width, x1), min(height, y1)
    panel = np.zeros((PANEL, PANEL, 3), dtype=np.uint8)
    if right <= left or bottom <= top:
        return panel
    at_left, at_top = round((left - x0) * scale), round((top - y0) * scale)
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    cut = np.asarray(cv2.resize(rgb[top:bottom, left:right], size, interpolation=interpolation), dtype=np.uint8)
    cut = cut[: PANEL - at_top, : PANEL - at_left]
    panel[at_top : at_top + cut.shape[0], at_left : at_left + cut.shape[1]] = cut
    return panel


def _map_panel(square: NDArray[np.uint8], cells: NDArray[np.float32], degraded_from: float) -> Image.Image:
    """The photograph in grey with every cell tinted by its value and the degraded ones hatched and outlined."""
    rows, columns = cells.shape
    edges_y, edges_x = _edges(rows), _edges(columns)
    grey = np.asarray(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY), dtype=np.float32)[..., None].repeat(3, axis=2)
    values = np.nan_to_num(cells, nan=0.0)
    strength = 0.55 * np.repeat(np.repeat(values, np.diff(edges_y), axis=0), np.diff(edges_x), axis=1)[..., None]
    tinted = (1 - strength) * grey + strength * np.array(MARK, dtype=np.float32)
    degraded = values >= degraded_from
    large = np.repeat(np.repeat(degraded, np.diff(edges_y), axis=0), np.diff(edges_x), axis=1)
    y, x = np.mgrid[:PANEL, :PANEL]
    tinted[large & ((x + y) % 12 < 2)] = MARK
    panel = Image.fromarray(np.clip(tinted, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(panel)
    padded = np.pad(degraded, 1)
    for row in range(rows + 1):
        for column in range(columns + 1):
            x0, y0 = edges_x[min(column, columns)], edges_y[min(row, rows)]
            if column < columns and padded[row, column + 1] != padded[row + 1, column + 1]:
                draw.line((x0, y0, edges_x[column + 1], y0), fill=MARK, width=3)
            if row < rows and padded[row + 1, column] != padded[row + 1, column + 1]:
                draw.line((x0, y0, x0, edges_y[row + 1]), fill=MARK, width=3)
    return panel


def _edges(cells: int) -> list[int]:
    return [round(index * PANEL / cells) for index in range(cells + 1)]


def _header(canvas: Image.Image, draw: ImageDraw.ImageDraw, assessment: Assessment) -> None:
    colour = _VERDICT_COLOURS[assessment.verdict]
    canvas.paste(_icon(assessment.verdict, 64), (MARGIN, 24))
    left = MARGIN + 64 + 18
    draw.text((left, 18), VERDICT_WORDS[assessment.verdict], font=_font(36), fill=colour)
    width = WIDTH - left - MARGIN - 190
    size = next((size for size in range(22, 14, -1) if _font(size).getlength(assessment.prompt) <= width), 15)
    draw.text((left, 66), _fit(assessment.prompt, size, width), font=_font(size), fill=TEXT)
    score = f"{assessment.score:.0f}" if math.isfinite(assessment.score) else "?"
    draw.text((WIDTH - MARGIN, 14), score, font=_font(52), fill=TEXT, anchor="ra")
    draw.text((WIDTH - MARGIN, 74), "score of 100, high is good", font=_font(15), fill=QUIET, anchor="ra")


def _footer(draw: ImageDraw.ImageDraw, assessment: Assessment, degraded_from: float) -> None:
    top = HEADER + PANEL + 10
    reasons = ", ".join(f"{cause.code.value} {cause.severity:.2f}" for cause in assessment.causes[:3]) or "none"
    draw.text((MARGIN, top), _fit(f"Causes (severity 0-1): {reasons}", 17, PANEL), font=_font(17), fill=TEXT)
    models = ", ".join(f"{name} {version}" for name, version in assessment.models.items())
    told = f"{models} ({assessment.precision})"
    draw.text((MARGIN, top + 26), _fit(told, 14, PANEL), font=_font(14), fill=QUIET)
    left = 2 * MARGIN + PANEL
    draw.text(
        (left, top),
        f"Hidden: {100 * assessment.degraded_fraction:.0f} % of the field (hatched)",
        font=_font(17),
        fill=TEXT,
    )
    _scale(draw, left, top + 26, degraded_from)


def _scale(draw: ImageDraw.ImageDraw, left: int, top: int, degraded_from: float) -> None:
    """The legend of the map's tint, from anatomy seen to anatomy hidden, with the limit marked."""
    draw.text((left, top), "0 seen", font=_font(14), fill=QUIET)
    start, length = left + 56, 220
    for step in range(length):
        strength = 0.55 * step / length
        colour = tuple(round((1 - strength) * 110 + strength * channel) for channel in MARK)
        draw.line((start + step, top + 2, start + step, top + 15), fill=colour)
    limit = start + round(degraded_from * length)
    for offset in range(limit - start, length, 8):
        draw.line((start + offset, top + 15, min(start + offset + 13, start + length), top + 2), fill=MARK)
    draw.line((limit, top - 2, limit, top + 18), fill=MARK, width=2)
    draw.text((start + length + 8, top), f"1 hidden; hatched from {degraded_from:g}", font=_font(14), fill=QUIET)


def _icon(verdict: Verdict, side: int) -> Image.Image:
    """A shape for each verdict: check, exclamation mark, turning arrow, barred circle."""
    large = 4 * side
    icon = Image.new("RGB", (large, large), BACKGROUND)
    draw = ImageDraw.Draw(icon)
    colour, ink, pen = _VERDICT_COLOURS[verdict], BACKGROUND, large // 11

    def at(*share: float) -> tuple[float, ...]:
        return tuple(value * large for value in share)

    if verdict is Verdict.ACCEPT:
        draw.ellipse(at(0.02, 0.02, 0.98, 0.98), fill=colour)
        draw.line(at(0.27, 0.52, 0.44, 0.69, 0.74, 0.34), fill=ink, width=pen, joint="curve")
    elif verdict is Verdict.ACCEPT_WITH_NOTE:
        draw.polygon(at(0.5, 0.04, 0.98, 0.92, 0.02, 0.92), fill=colour)
        draw.line(at(0.5, 0.36, 0.5, 0.64), fill=ink, width=pen)
        draw.ellipse(at(0.445, 0.71, 0.555, 0.82), fill=ink)
    elif verdict is Verdict.RETAKE:
        draw.rounded_rectangle(at(0.03, 0.03, 0.97, 0.97), radius=large * 0.16, fill=colour)
        draw.arc(at(0.24, 0.24, 0.76, 0.76), start=-30, end=270, fill=ink, width=pen)
        draw.polygon(at(0.60, 0.285, 0.46, 0.12, 0.46, 0.45), fill=ink)
    else:
        draw.ellipse(at(0.06, 0.06, 0.94, 0.94), outline=colour, width=pen)
        draw.line(at(0.2, 0.8, 0.8, 0.2), fill=colour, width=pen)
    return icon.resize((side, side), Image.Resampling.LANCZOS)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _fit(text: str, size: int, width: int) -> str:
    """The text, cut with an ellipsis where it is wider than `width` pixels."""
    font = _font(size)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."
