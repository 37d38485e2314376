"""One state of each kind that the gate can stand in, each reached by telling it so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.runtime.gate.diagram import AUTO, PACE, Play

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fundusgate.runtime.gate.settings import GateSettings

_STORIES: Mapping[str, tuple[str, str]] = {
    "never opened": (".", " "),
    "stale": ("+.........", ""),
    "broken": ("+++", "..!"),
    "mended": ("+++.", "..!m"),
    "no eye": ("oo", ""),
    "aligning": ("oe", ""),
    "nearly": ("oe--", ""),
    "nearly, held almost long enough": ("+++++", ""),
    "nearly, after a retake": ("------", "PTBKC."),
    "ready": ("+++++++", ""),
    "nearly, the retina has just gone": ("--o", ""),
    "nearly, something of it left": ("--e", ""),
    "aligning, the eye has just gone": ("oeo", ""),
    "ready, it has just failed": ("+++++++-", ""),
    "ready, the eye has just gone": ("+++++++o", ""),
    "ready, something of it left": ("+++++++e", ""),
    "ready, for another eye": ("+++++++", "13"),
    "failed still": ("++++", "PTF."),
    "capturing": ("++", ".P"),
    "capturing, another target waits": ("+++", "1P3"),
    "judging": ("+++", ".PT"),
    "judging, another target waits": ("++++", "1PT3"),
    "keeping an accepted still": ("++++", ".PTA"),
    "keeping a still with a note": ("++++", ".PTN"),
    "keeping a still of no use": ("++++", ".PTI"),
    "keeping a poor still": ("++++", ".PTB"),
    "accepted": ("+++++", ".PTAK"),
    "accepted, another target waits": ("++++++", "1PT3AK"),
    "accepted with note": ("+++++", ".PTNK"),
    "overridden": ("++++++", ".PTBKV"),
    "retake": ("+++++", ".PTBK"),
    "retake, the preview pauses": ("++", ".P"),
    "retake, another target waits": ("++++++", "1PT3BK"),
    "the last retake": ("++++++++", "PTBKPTBK"),
    "ready, after a retake": ("+++++++++++", "PTBKC......"),
    "after a retake": ("++++++", "PTBKC."),
    "cannot obtain": ("+++++", ".PTIK"),
    "given up": ("++", ".G"),
    "given up while broken": ("+++", ".!G"),
}


def situations(settings: GateSettings) -> dict[str, Play]:
    """Every situation, by its name."""
    out = {}
    for name, (live, does) in _STORIES.items():
        play = Play(settings).diagram(f"live |{live}|\ndoes |{does:.<{len(live)}}|")
        if name == "retake, the preview pauses":
            play.diagram("live |...........|\ndoes |..........T|")
            play.diagram("live |..|\ndoes |BK|")
        out[name] = play
    return out


SITUATIONS = {
    f"{name} ({how})": play
    for how, settings in (("by hand", PACE), ("auto", AUTO))
    for name, play in situations(settings).items()
}
"""Every situation, pressed for by the operator and with the automatic shutter on."""


def before_other_eyes() -> list[Play]:
    """Every situation that a still leads to, with no eye, something of one, and a retina before the camera by then."""
    out = []
    for live, does in _STORIES.values():
        if "P" in does or "G" in does:
            for seen in "oe-":
                out.append(Play(PACE).diagram(f"live |{seen * len(live)}|\ndoes |{does:.<{len(live)}}|"))
    return out
