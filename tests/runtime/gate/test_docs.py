"""What docs/gate.md draws is what the gate does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fundusgate.runtime.gate.state import BUSY, LIVE, Phase
from fundusgate.runtime.gate.step import SUCCESSORS
from tests.runtime.gate.diagram import Play

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "gate.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?P<what>[^|`]*)\| (?P<name>live|told|phase) \| `(?P<row>[^`]+)` \|$", re.MULTILINE)


def diagrams() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for match in ROW.finditer(TEXT):
        if match["what"].strip():
            found[match["what"].strip()] = {}
        found[list(found)[-1]][match["name"]] = match["row"]
    return found


@pytest.mark.parametrize("what", diagrams())
def test_a_diagram_is_true(what: str) -> None:
    rows = diagrams()[what]
    length = len(rows["phase"])
    live, told = rows.get("live", "+" * length), rows.get("told", "." * length)
    Play().diagram(f"live |{live}|\ndoes |{told}|\nphase |{rows['phase']}|")


def test_there_are_diagrams() -> None:
    assert len(diagrams()) >= 7


def test_the_state_diagram_has_every_change_and_no_other() -> None:
    arrows = re.findall(r"^ +(\w+) --> (\w+)", TEXT, re.MULTILINE)
    every = {phase.name: {phase} for phase in Phase} | {"live": set(LIVE)}
    drawn = {(phase, Phase.CLOSED) for phase in Phase} | {(phase, Phase.CANNOT_OBTAIN) for phase in set(Phase) - BUSY}
    for start, end in arrows:
        ends = every[end] - {Phase.READY} if end == "live" else every[end]
        drawn |= {(before, after) for before in every[start] for after in ends}
    drawn = {(before, after) for before, after in drawn if before is not after}
    assert drawn == {(before, after) for before, successors in SUCCESSORS.items() for after in successors}
