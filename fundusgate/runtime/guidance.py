"""What the operator is told: one prompt a cause, whether a retake helps, and which fix must come first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.codes import CauseCode, RetakeHelps, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Advice:
    """What one cause means for the operator."""

    prompt: str
    """One thing to do, in one line."""
    retake_helps: RetakeHelps


FIX_ORDER: tuple[CauseCode, ...] = (
    # nothing else means anything while no retina is in the picture
    CauseCode.NOT_FUNDUS,
    # every other figure changes once the camera is on the pupil's axis
    CauseCode.OFF_CENTRE,
    # what stands in the beam darkens the picture: more light would not help, and a bright flash narrows the pupil
    CauseCode.LASH_LID,
    CauseCode.SMALL_PUPIL,
    # only an evenly lit, open beam can be judged for its light
    CauseCode.TOO_DARK,
    CauseCode.TOO_BRIGHT,
    # the working distance changes focus, so it comes before it
    CauseCode.CRESCENT_TOP,
    CauseCode.CRESCENT_BOTTOM,
    # a moving picture cannot be focused
    CauseCode.MOTION,
    CauseCode.FOCUS,
    # cleaning interrupts the examination; a spot hides little
    CauseCode.CENTRAL_GHOST,
    # a finding about the eye: only when technique can no longer be blamed
    CauseCode.MEDIA_OPACITY,
    CauseCode.UNKNOWN,
)
"""Causes in the order in which they must be mended."""

ADVICE: Mapping[CauseCode, Advice] = {
    CauseCode.NOT_FUNDUS: Advice("No retina seen: align the camera with the pupil and try again.", RetakeHelps.YES),
    CauseCode.OFF_CENTRE: Advice(
        "Off centre: re-aim left/right/up/down until the light is even and disc and macula are in view.",
        RetakeHelps.YES,
    ),
    CauseCode.LASH_LID: Advice("Lid or lashes in the way: lift the lid and ask to open wide.", RetakeHelps.YES),
    CauseCode.SMALL_PUPIL: Advice(
        "Pupil too small: darken the room, wait 1-2 minutes, use small-pupil mode; else dilate.", RetakeHelps.MAYBE
    ),
    CauseCode.TOO_DARK: Advice("Too dark: raise the light.", RetakeHelps.YES),
    CauseCode.TOO_BRIGHT: Advice("Too bright: lower the light.", RetakeHelps.YES),
    CauseCode.CRESCENT_TOP: Advice("Haze at the top: too close, move back.", RetakeHelps.YES),
    CauseCode.CRESCENT_BOTTOM: Advice("Haze at the bottom: too far, move in.", RetakeHelps.YES),
    CauseCode.MOTION: Advice("Moved: hold steady, rest the hand on the brow.", RetakeHelps.YES),
    CauseCode.FOCUS: Advice("Out of focus: refocus.", RetakeHelps.YES),
    CauseCode.CENTRAL_GHOST: Advice("Spot near the centre: clean the lens.", RetakeHelps.AFTER_CLEANING),
    CauseCode.MEDIA_OPACITY: Advice(
        "Hazy eye (opacity suspected): once more with care; if it stays, record as not obtainable.", RetakeHelps.NO
    ),
    CauseCode.UNKNOWN: Advice("Not certain: check the image yourself.", RetakeHelps.OPERATOR),
}
"""Prompt and use of a retake, by cause (prompts of handheld practice, NHS diabetic eye screening among them)."""

ACCEPTED = "Good: keep it."
USABLE = "Usable: keep it."
NOT_OBTAINABLE = "Not obtainable (opacity): record it, take an anterior photograph, refer."


def prompt_for(verdict: Verdict, main: CauseCode | None) -> str:
    """The one line to show.

    Args:
        verdict: what the gate says.
        main: the main cause, where there is one.
    """
    if verdict is Verdict.CANNOT_OBTAIN:
        return NOT_OBTAINABLE
    if verdict is Verdict.ACCEPT:
        return ACCEPTED
    advice = ADVICE[main if main is not None else CauseCode.UNKNOWN].prompt
    if verdict is Verdict.ACCEPT_WITH_NOTE:
        return USABLE if main is None else f"{USABLE} {advice}"
    return advice
