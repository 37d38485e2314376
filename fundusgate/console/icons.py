"""The icons' files as one sprite: the page has every one of them at hand even after the connection is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from pathlib import Path

SVG = "http://www.w3.org/2000/svg"


def sprite(folder: Path) -> str:
    """One SVG with a `<symbol>` for each file of `folder`, named as the file without its suffix.

    Raises:
        ValueError: A file is no SVG with a `viewBox`.
    """
    ET.register_namespace("", SVG)
    root = ET.Element(f"{{{SVG}}}svg")
    for path in sorted(folder.glob("*.svg")):
        icon = ET.fromstring(path.read_text(encoding="utf-8"))
        if icon.tag != f"{{{SVG}}}svg" or "viewBox" not in icon.attrib:
            raise ValueError(f"{path} is no SVG with a viewBox: draw it as the others beside it")
        drawn = {name: value for name, value in icon.attrib.items() if name not in ("width", "height", "id")}
        symbol = ET.SubElement(root, f"{{{SVG}}}symbol", {"id": f"i-{path.stem}", **drawn})
        symbol.extend(icon)
    return ET.tostring(root, encoding="unicode")
