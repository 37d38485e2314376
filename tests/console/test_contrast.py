"""WCAG 2.2 contrast, computed from the colours that the page really uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fundusgate.console

CSS = Path(fundusgate.console.__file__).parent / "static" / "css"
COLOURS = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", (CSS / "colours.css").read_text(encoding="utf-8")))
TONES = ("look", "mend", "good", "usable", "again", "never", "stopped")
LOUD = ("good", "usable", "again")
TEXT, PART = 4.5, 3.0
"""AA: for text, and for large text, icons and the edges of controls."""

Rgb = tuple[float, float, float]


def rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def mixed(name: str, share: float, ground: str) -> Rgb:
    """As `color-mix(in srgb, name share, ground)`."""
    one, other = rgb(COLOURS[name]), rgb(COLOURS[ground])
    return tuple(share * a + (1 - share) * b for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def luminance(colour: Rgb) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Rgb, other: Rgb) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_formula_gives_the_standards_extremes() -> None:
    assert contrast(rgb("#ffffff"), rgb("#000000")) == pytest.approx(21)
    assert contrast(rgb("#777777"), rgb("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("ground", ["ground", "panel", "raised"])
@pytest.mark.parametrize("text", ["text", "quiet-text"])
def test_text_is_read_on_every_ground(text: str, ground: str) -> None:
    assert contrast(rgb(COLOURS[text]), rgb(COLOURS[ground])) >= TEXT


@pytest.mark.parametrize("tone", TONES)
def test_a_tone_is_read_as_text_and_as_ground(tone: str) -> None:
    assert contrast(rgb(COLOURS[tone]), rgb(COLOURS["panel"])) >= TEXT
    assert contrast(rgb(COLOURS["ink"]), rgb(COLOURS[tone])) >= TEXT


@pytest.mark.parametrize("tone", LOUD)
def test_a_loud_prompt_is_read(tone: str) -> None:
    share = re.search(r"color-mix\(in srgb, var\(--tone\) (\d+)%, var\(--ground\)\)", (CSS / "parts.css").read_text())
    assert share is not None
    ground = mixed(tone, int(share[1]) / 100, "ground")
    assert contrast(rgb(COLOURS[tone]), ground) >= TEXT
    assert contrast(rgb(COLOURS["text"]), ground) >= TEXT


def test_edges_focus_and_switched_off_controls_are_seen() -> None:
    for name in ("edge", "focus"):
        assert all(contrast(rgb(COLOURS[name]), rgb(COLOURS[g])) >= PART for g in ("ground", "panel", "raised"))


def test_there_is_no_colour_outside_the_file_but_black_and_veils() -> None:
    for path in CSS.glob("*.css"):
        if path.name != "colours.css":
            assert set(
                re.findall(r"#[0-9a-fA-F]{3,8}\b", re.sub(r"#[a-z][\w-]*(?=[\s,.:{>\[])", "", path.read_text()))
            ) <= {"#000"}
