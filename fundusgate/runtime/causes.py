"""From cue figures to causes with severities: the part that names the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.runtime.cause_model import shipped_model
from fundusgate.runtime.guidance import FIX_ORDER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fundusgate.codes import CauseCode
    from fundusgate.runtime.cues import Cues
    from fundusgate.runtime.profile import CauseThresholds


FAINT = 0.02
"""Severities under this are not told: every cue weighs a little for every cause."""


@dataclass(frozen=True)
class Cause:
    """One reason why the photograph is not as it should be."""

    code: CauseCode
    severity: float
    """0 (hardly there) to 1 (as bad as the field has it)."""


def cue_severities(cues: Cues, limits: CauseThresholds) -> dict[CauseCode, float]:
    """Severity of every cause that has a cue of its own.

    NOT_FUNDUS and UNKNOWN are not among them: they are conclusions (see `fundusgate.runtime.verdict`).

    Args:
        cues: the cues of one frame.
        limits: what is usual on this camera counts as nothing.

    Returns:
        A severity 0..1 for each code. They share what is wrong with the frame, so together they are 1 at most: one
        fault as bad as can be has nearly all, two have about half each.
    """
    return {code: _beyond(share, limits.usual.get(code.value, 0.0)) for code, share in cue_shares(cues).items()}


def cue_shares(cues: Cues) -> dict[CauseCode, float]:
    """As `cue_severities`, 0..1, whatever is usual on the camera."""
    return shipped_model().shares(cues)


def _beyond(share: float, usual: float) -> float:
    return max(0.0, share - usual) / (1.0 - usual)


def rank(severities: Mapping[CauseCode, float], limits: CauseThresholds) -> tuple[Cause, ...]:
    """Causes in the order in which they must be mended, those too weak to matter last.

    A cause stands among the first only when its severity reaches `limits.main` and `limits.dominance` of the worst:
    a faint crescent does not outrank a picture that is wholly out of focus.

    Returns:
        Every cause with a severity of `FAINT` and more.
    """
    worst = max(severities.values(), default=0.0)
    floor = max(limits.main, limits.dominance * worst)
    causes: Sequence[Cause] = [Cause(code, severity) for code, severity in severities.items() if severity >= FAINT]
    return tuple(
        sorted(causes, key=lambda cause: (cause.severity < floor, _place(cause, floor), FIX_ORDER.index(cause.code)))
    )


def _place(cause: Cause, floor: float) -> float:
    return -cause.severity if cause.severity < floor else 0.0
