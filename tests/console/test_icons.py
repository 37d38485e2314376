from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import fundusgate.console
from fundusgate.codes import CauseCode, Laterality
from fundusgate.console.icons import SVG, sprite
from fundusgate.runtime.gate.state import Field, Phase

FOLDER = Path(fundusgate.console.__file__).parent / "static" / "icons"


def test_every_cause_phase_and_target_has_an_icon_of_its_own() -> None:
    wanted = {f"cause_{code.value}" for code in CauseCode} | {f"phase_{phase.value}" for phase in Phase}
    wanted |= {f"target_{eye.value}_{field.value}" for eye in Laterality for field in Field}
    files = {path.stem: path.read_text() for path in FOLDER.glob("*.svg")}
    assert wanted <= set(files)
    assert len({files[name] for name in wanted}) == len(wanted)


def test_an_icon_takes_the_colour_around_it_and_loads_nothing() -> None:
    for path in FOLDER.glob("*.svg"):
        text = path.read_text()
        assert "currentColor" in text
        assert "href" not in text
        assert "<script" not in text


def test_the_sprite_holds_every_icon() -> None:
    symbols = ET.fromstring(sprite(FOLDER)).findall(f"{{{SVG}}}symbol")
    assert {symbol.get("id") for symbol in symbols} == {f"i-{path.stem}" for path in FOLDER.glob("*.svg")}
    assert all(len(symbol) > 0 and symbol.get("viewBox") for symbol in symbols)


def test_a_file_that_is_no_icon_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    with pytest.raises(ValueError, match=r"odd\.svg is no SVG with a viewBox"):
        sprite(tmp_path)
