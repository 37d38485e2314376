"""From cue figures to causes with severities: the part that names the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.codes import CauseCode
from fundusgate.runtime.guidance import FIX_ORDER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fundusgate.runtime.cues import Cues
    from fundusgate.runtime.profile import CauseThresholds, CueRamps


@dataclass(frozen=True)
class Cause:
    """One reason why the photograph is not as it should be."""

    code: CauseCode
    severity: float
    """0 (hardly there) to 1 (as bad as the field has it)."""


def cue_severities(cues: Cues, ramps: CueRamps) -> dict[CauseCode, float]:
    """Severity of every cause that has a cue of its own.

    NOT_FUNDUS and UNKNOWN are not among them: they are conclusions (see `fundusgate.runtime.verdict`).

    Returns:
        A severity 0..1 for each code.
    """
    rim, sharp, light = cues.rim, cues.sharpness, cues.exposure
    dark = ramps.dark.severity(light.upper)
    bright = ramps.bright.severity(light.bright_fraction)
    lit = 1.0 - dark
    # a frame with hardly any light has no shapes: what looks like a shade there is the lamp's own fall-off
    shaped = ramps.shape_light.severity(light.upper)
    ring = shaped * ramps.ring.severity(rim.ring)
    haze_top, haze_bottom = ramps.haze_top.severity(rim.haze_top), ramps.haze_bottom.severity(rim.haze_bottom)
    haze_side = ramps.haze_side.severity(rim.haze_side)
    # what is burnt out on one side is stray light: less exposure would leave the reflex and lose the rest
    over = bright * (1.0 - max(haze_top, haze_bottom, haze_side))
    # beside a bright crescent the far edge only looks dark
    lid = shaped * max(
        (1.0 - haze_bottom) * ramps.lid.severity(rim.lid_top), (1.0 - haze_top) * ramps.lid.severity(rim.lid_bottom)
    )
    leaning = max(
        ramps.lean_sideways.severity(abs(cues.centring.lean_x)),
        ramps.lean_vertical.severity(abs(cues.centring.lean_y)),
        ramps.shade_side.severity(rim.shade_side),
    )
    opacity = (
        lit
        * (1.0 - bright)
        * min(ramps.opacity_contrast.severity(cues.haze.broad_contrast), ramps.opacity_faint.severity(cues.haze.faint))
    )
    # a veil takes all structure, wide and fine; defocus leaves the wide: where the wide is gone, focus cannot be told
    telling = lit * (1.0 - opacity)
    partial = ramps.field.severity(cues.centring.field_fraction) if max(ring, lid) < 0.2 else 0.0
    return {
        CauseCode.OFF_CENTRE: max(shaped * max(leaning, partial), haze_side),
        CauseCode.LASH_LID: lid,
        CauseCode.SMALL_PUPIL: ring,
        CauseCode.TOO_DARK: dark,
        CauseCode.TOO_BRIGHT: over,
        CauseCode.CRESCENT_TOP: haze_top,
        CauseCode.CRESCENT_BOTTOM: haze_bottom,
        CauseCode.MOTION: telling
        * min(
            ramps.motion.severity(sharp.anisotropy),
            ramps.motion_blur.severity(sharp.fine_to_coarse),
            ramps.motion_floor.severity(sharp.fine_to_coarse),
        ),
        CauseCode.FOCUS: telling * ramps.focus.severity(sharp.fine_to_coarse),
        CauseCode.CENTRAL_GHOST: (1.0 - bright) * ramps.ghost.severity(cues.spots.ghost),
        CauseCode.MEDIA_OPACITY: opacity,
    }


def rank(severities: Mapping[CauseCode, float], limits: CauseThresholds) -> tuple[Cause, ...]:
    """Causes in the order in which they must be mended, those too weak to matter last.

    A cause stands among the first only when its severity reaches `limits.main` and `limits.dominance` of the worst:
    a faint crescent does not outrank a picture that is wholly out of focus.

    Returns:
        Every cause with a severity above zero.
    """
    worst = max(severities.values(), default=0.0)
    floor = max(limits.main, limits.dominance * worst)
    causes: Sequence[Cause] = [Cause(code, severity) for code, severity in severities.items() if severity > 0]
    return tuple(
        sorted(causes, key=lambda cause: (cause.severity < floor, _place(cause, floor), FIX_ORDER.index(cause.code)))
    )


def _place(cause: Cause, floor: float) -> float:
    return -cause.severity if cause.severity < floor else 0.0
