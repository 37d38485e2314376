"""Timing diagrams as text: what the gate is told and what it shows, one column an eighth of a second.

    live  ....ooee--+++++++    what the camera sees
    does             P         what else happens
    phase cccccccennnnnRR*     what the gate must show then

Rows may be left out; `prompt` may be added. Columns are exact in binary, so that no limit is missed by a rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fundusgate.codes import CauseCode, Laterality, RetakeHelps, Verdict
from fundusgate.runtime.gate.observations import (
    Aim,
    Broken,
    Continued,
    GivenUp,
    LiveView,
    Mended,
    Overridden,
    Pressed,
    Retargeted,
    StillFailed,
    StillJudged,
    StillKept,
    StillTaken,
    Tick,
)
from fundusgate.runtime.gate.settings import GateSettings
from fundusgate.runtime.gate.state import Field, GateState, Phase, Reason
from fundusgate.runtime.gate.step import step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fundusgate.runtime.gate.events import Event
    from fundusgate.runtime.gate.observations import Observation

COLUMN = 0.125
START = 64.0
AGE = 0.03125
"""Age of a live frame when the gate hears of it, seconds."""

PACE = GateSettings(
    hold=0.5,
    release=0.25,
    prompt_rest=1.0,
    prompt_wins_after=0.5,
    stale_after=1.0,
    still_timeout=2.0,
    check_timeout=3.0,
    auto_after=0.5,
    max_retakes=2,
    retake_shows=1.5,
)
"""Round numbers of columns."""
AUTO = GateSettings(**{**PACE.__dict__, "auto": True})

LETTERS: Mapping[Phase, str] = {
    Phase.CLOSED: "c",
    Phase.NO_EYE: "o",
    Phase.ALIGNING: "e",
    Phase.NEARLY: "n",
    Phase.READY: "R",
    Phase.CAPTURING: "*",
    Phase.CHECKING: "?",
    Phase.ACCEPTED: "A",
    Phase.ACCEPTED_WITH_NOTE: "N",
    Phase.RETAKE: "r",
    Phase.CANNOT_OBTAIN: "X",
}
_VIEWS: Mapping[str, tuple[Aim, float, bool, CauseCode | None]] = {
    "o": (Aim.NO_EYE, 0.0, False, CauseCode.NOT_FUNDUS),
    "e": (Aim.EYE, 0.2, False, CauseCode.NOT_FUNDUS),
    "-": (Aim.RETINA, 0.6, False, CauseCode.FOCUS),
    "d": (Aim.RETINA, 0.5, False, CauseCode.TOO_DARK),
    "b": (Aim.RETINA, 0.5, False, CauseCode.TOO_BRIGHT),
    "+": (Aim.RETINA, 1.0, True, None),
    "~": (Aim.RETINA, 0.9, True, CauseCode.FOCUS),
}
"""What a letter of the row `live` says; a dot is no frame."""
PROMPTS: Mapping[CauseCode | None, str] = {
    None: ".",
    CauseCode.NOT_FUNDUS: "?",
    CauseCode.FOCUS: "-",
    CauseCode.TOO_DARK: "d",
    CauseCode.TOO_BRIGHT: "b",
    CauseCode.MEDIA_OPACITY: "h",
    CauseCode.SMALL_PUPIL: "p",
}

OD_DISC = Retargeted(Laterality.OD, Field.DISC, None)
OD_MACULA = Retargeted(Laterality.OD, Field.MACULA, None)
OS_DISC = Retargeted(Laterality.OS, Field.DISC, None)


def verdict(still: int, of: Verdict, main: CauseCode | None = None, helps: RetakeHelps | None = None) -> StillJudged:
    return StillJudged(still, of, main, helps)


HAPPENINGS: Mapping[str, Callable[[int, float], Observation]] = {
    "P": lambda _, __: Pressed(),
    "T": lambda still, now: StillTaken(still, now - AGE),
    "A": lambda still, _: verdict(still, Verdict.ACCEPT),
    "N": lambda still, _: verdict(still, Verdict.ACCEPT_WITH_NOTE, CauseCode.FOCUS, RetakeHelps.YES),
    "B": lambda still, _: verdict(still, Verdict.RETAKE, CauseCode.FOCUS, RetakeHelps.YES),
    "H": lambda still, _: verdict(still, Verdict.RETAKE, CauseCode.MEDIA_OPACITY, RetakeHelps.NO),
    "S": lambda still, _: verdict(still, Verdict.RETAKE, CauseCode.SMALL_PUPIL, RetakeHelps.MAYBE),
    "I": lambda still, _: verdict(still, Verdict.CANNOT_OBTAIN, CauseCode.MEDIA_OPACITY, RetakeHelps.NO),
    "K": lambda still, _: StillKept(still),
    "F": lambda still, _: StillFailed(still, "the disk is full: free some space"),
    "V": lambda _, __: Overridden("the vessels can be read"),
    "G": lambda _, __: GivenUp(Reason.COOPERATION),
    "C": lambda _, __: Continued(),
    "1": lambda _, __: OD_DISC,
    "2": lambda _, __: OD_MACULA,
    "3": lambda _, __: OS_DISC,
    "!": lambda _, __: Broken("the camera is unplugged: plug it in"),
    "m": lambda _, __: Mended(),
}
"""What a letter of the row `does` tells the gate, given the last still's number and the time."""


@dataclass
class Play:
    """A gate that is told a diagram, and what it showed and asked for."""

    settings: GateSettings = PACE
    state: GateState = field(default_factory=GateState)
    now: float = START
    events: list[Event] = field(default_factory=list)
    phases: str = ""
    prompts: str = ""

    def tell(self, observation: Observation) -> tuple[Event, ...]:
        self.state, events = step(self.state, observation, self.now, self.settings)
        self.events += events
        return events

    def asked(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def column(self, live: str, does: str) -> None:
        if live in _VIEWS:
            aim, promise, passing, main = _VIEWS[live]
            self.tell(LiveView(self.now - AGE, aim, promise, passing, main))
        if does in HAPPENINGS:
            self.tell(HAPPENINGS[does](self.state.stills, self.now))
        self.tell(Tick())
        self.phases += LETTERS[self.state.phase]
        self.prompts += PROMPTS[self.state.prompt]
        self.now += COLUMN

    def diagram(self, text: str) -> Play:
        """Play the rows of a diagram and compare what it says must be shown."""
        rows = {name: row for name, _, row in (line.strip().partition(" ") for line in text.strip().splitlines())}
        rows = {name: row.strip().strip("|") for name, row in rows.items()}
        columns = max(map(len, rows.values()))
        assert {len(row) for row in rows.values()} == {columns}, "rows of different length"
        begun = len(self.phases)
        for live, does in zip(rows.get("live", " " * columns), rows.get("does", " " * columns), strict=True):
            self.column(live, does)
        shown = {"phase": self.phases[begun:], "prompt": self.prompts[begun:]}
        expected = {name: row for name, row in rows.items() if name in shown}
        got = {name: shown[name] for name in expected}
        assert got == expected, "\n" + "\n".join(
            f"{name:6} |{row}| got\n       |{expected[name]}| expected" for name, row in got.items()
        )
        return self
