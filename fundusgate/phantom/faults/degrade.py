"""One door to every fault of the field's table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fundusgate.codes import CauseCode
from fundusgate.phantom.arrays import Mask, UInt8Image, check_photograph, check_strength
from fundusgate.phantom.degraded import Degraded
from fundusgate.phantom.faults.aim import off_centre, small_pupil
from fundusgate.phantom.faults.exposure import too_bright, too_dark
from fundusgate.phantom.faults.lids import lash_lid
from fundusgate.phantom.faults.media import media_opacity
from fundusgate.phantom.faults.sharpness import focus, motion
from fundusgate.phantom.faults.stray_light import central_ghost, crescent_bottom, crescent_top
from fundusgate.phantom.negatives import not_fundus_in

Fault = Callable[[UInt8Image, Mask, float, np.random.Generator], tuple[UInt8Image, Mask]]

FAULTS: dict[CauseCode, Fault] = {
    CauseCode.FOCUS: focus,
    CauseCode.MOTION: motion,
    CauseCode.TOO_DARK: too_dark,
    CauseCode.TOO_BRIGHT: too_bright,
    CauseCode.CRESCENT_TOP: crescent_top,
    CauseCode.CRESCENT_BOTTOM: crescent_bottom,
    CauseCode.CENTRAL_GHOST: central_ghost,
    CauseCode.LASH_LID: lash_lid,
    CauseCode.OFF_CENTRE: off_centre,
    CauseCode.SMALL_PUPIL: small_pupil,
    CauseCode.MEDIA_OPACITY: media_opacity,
    CauseCode.NOT_FUNDUS: not_fundus_in,
}
"""Every cause that can be put on a photograph. UNKNOWN is a statement about models, not about the picture."""


def degrade(rgb: UInt8Image, field: Mask, code: CauseCode, strength: float, seed: int) -> Degraded:
    """Put one fault on a photograph, a real one or a phantom.

    Args:
        rgb: H x W x 3 uint8, RGB.
        field: H x W bool, True inside the camera's mask (all True for a frame without one).
        code: Which fault; any but UNKNOWN.
        strength: 0 (the photograph itself, nothing hidden) to 1 (as bad as it gets in the field).
        seed: Where, which way, which colour; the same seed gives the same bytes.

    Returns:
        The degraded photograph and the exact mask of where anatomy stopped being visible.

    Raises:
        ValueError: Wrong shapes, a strength outside 0..1, an empty field, or a code that is no fault.
    """
    check_photograph(rgb, field)
    check_strength(strength)
    fault = FAULTS.get(code)
    if fault is None:
        raise ValueError(
            f"{code.value} cannot be put on a photograph: choose one of {', '.join(c.value for c in FAULTS)}"
        )
    if strength == 0:
        return Degraded(rgb=rgb.copy(), hidden=np.zeros(field.shape, np.bool_))
    out, hidden = fault(rgb, field, strength, np.random.default_rng([seed, list(FAULTS).index(code)]))
    return Degraded(rgb=out, hidden=hidden, codes=(code,))


def degrade_all(rgb: UInt8Image, field: Mask, faults: Sequence[tuple[CauseCode, float]], seed: int) -> Degraded:
    """Put several faults on a photograph, one after another; what any of them hides is hidden.

    Args:
        rgb: H x W x 3 uint8, RGB.
        field: H x W bool, True inside the camera's mask.
        faults: Codes with strengths, in the order in which the light meets them.
        seed: As for `degrade`.

    Raises:
        ValueError: As for `degrade`.
    """
    check_photograph(rgb, field)
    hidden = np.zeros(field.shape, np.bool_)
    codes: list[CauseCode] = []
    picture = rgb.copy()
    for place, (code, strength) in enumerate(faults):
        step = degrade(picture, field, code, strength, seed + 7919 * place)
        picture, hidden = step.rgb, hidden | step.hidden
        codes.extend(step.codes)
    return Degraded(rgb=picture, hidden=hidden, codes=tuple(codes))
