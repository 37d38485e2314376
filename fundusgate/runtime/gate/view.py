"""From what is known of one live frame to the gate's `LiveView`.

The verdict on a frame is `judge`'s, here as on a still, so that live guidance and verdict cannot contradict each other.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.codes import CauseCode, Verdict
from fundusgate.runtime.causes import cue_severities
from fundusgate.runtime.gate.observations import Aim, LiveView
from fundusgate.runtime.verdict import degraded_fraction, judge, retina_seen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fundusgate.runtime.cues import Cues
    from fundusgate.runtime.profile import Profile
    from fundusgate.runtime.verdict import Judgement

PASSING_FROM = 0.8
"""Promise of a frame that just passes; everything below is still to be mended."""
PROMISING = 0.6
"""Promise from which the score network is worth asking: a frame that the map lets pass has it."""
EYE_UP_TO = 0.4
"""Highest promise while the retina is not in place."""
PASSING = (Verdict.ACCEPT, Verdict.ACCEPT_WITH_NOTE)
"""Verdicts of a frame that may be photographed."""

_BELOW_PASSING = math.nextafter(PASSING_FROM, 0.0)


def live_view(
    taken_at: float,
    cues: Cues,
    cells: NDArray[np.bool_],
    degraded: NDArray[np.float32] | None,
    retina: float | None,
    score: float | None,
    profile: Profile,
) -> LiveView:
    """Sum up one live frame.

    Give a network's word only while it is fresh, None otherwise: a frame passes only when both have spoken.

    Args:
        taken_at: when the frame's exposure began, seconds on the gate's clock.
        cues: the frame's own cues.
        cells: (16, 16) bool, cells inside the visible field.
        degraded: (16, 16) map, 0..1, 1 = anatomy cannot be seen; None without a fresh one.
        retina: the map network's probability of a retina, 0..1; None without.
        score: the reported mean opinion score, 0..100, high is good; None without a fresh one.
        profile: the thresholds.

    Returns:
        The view. It passes if and only if `judge` lets the same figures pass; then its promise is at least
        `PASSING_FROM`, otherwise below.

    Raises:
        ValueError: the map and its cells do not fit.
    """
    severities = cue_severities(cues, profile.causes)
    judgement = _judged(cues, cells, degraded, retina, score, profile)
    complete = degraded is not None and score is not None
    passing = complete and judgement.verdict in PASSING
    likeness, empty = cues.retina.likeness, cues.exposure.empty_fraction
    aim = aim_of(retina, likeness, empty, profile)
    fraction = None if degraded is None else degraded_fraction(degraded, cells, profile.map)
    hidden = fraction is not None and fraction > profile.map.retake
    if hidden and aim is Aim.RETINA and judgement.main is CauseCode.OFF_CENTRE:
        # the retina is coming in from one side
        aim = Aim.EYE
    promise = promise_of(score, fraction, severities, profile)
    return LiveView(
        taken_at=taken_at,
        aim=aim,
        promise=_within(promise, aim, passing=passing),
        passing=passing,
        main=_first_fix(judgement, aim, told=complete or hidden),
    )


def aim_of(retina: float | None, likeness: float, empty_fraction: float, profile: Profile) -> Aim:
    """How far the operator has come; RETINA exactly where the verdict, too, sees a retina.

    There is no network that knows the outside of an eye: EYE means that the network or the cues have half a reason
    to believe in a retina, as at the pupil's edge.

    Args:
        retina: the network's probability of a retina, 0..1; None without.
        likeness: the cues' likeness, 0..1.
        empty_fraction: fraction of the field without any signal, 0..1.
        profile: the thresholds.
    """
    limits = profile.retina
    if retina_seen(retina, likeness, empty_fraction, limits):
        return Aim.RETINA
    if empty_fraction >= limits.empty_fraction:
        return Aim.NO_EYE
    hinted = likeness >= limits.likeness_absent or (retina is not None and retina >= limits.network / 2)
    return Aim.EYE if hinted else Aim.NO_EYE


def promise_of(
    score: float | None, fraction: float | None, severities: Mapping[CauseCode, float], profile: Profile
) -> float:
    """How near to a readable photograph a frame with a retina is.

    The worst of its parts decides, so that mending the first thing is seen at once. Below `PASSING_FROM` the networks
    have not both let it pass; above, the rest of the way to a plain accept without a loud cue. Cues name reasons and
    decide nothing: a frame that the map lets pass promises `PROMISING` whatever they say, so that the score network
    is asked.

    Args:
        score: mean opinion score, 0..100; None where it is not known.
        fraction: degraded cells over cells inside the disc, 0..1; None where it is not known.
        severities: 0..1 of each cause that has a cue.
        profile: the thresholds.

    Returns:
        0..1; it never rises when the score falls, the fraction or a severity rises. Not-a-number counts as the worst.
    """
    by_score = None if score is None else _climb(score, 0.0, profile.score.retake, profile.score.accept)
    by_map = None if fraction is None else _climb(-fraction, -1.0, -profile.map.retake, -profile.map.accept)
    worst = max((1.0 if math.isnan(value) else value for value in severities.values()), default=0.0)
    clear = min(1.0, max(0.0, 1.0 - worst))
    if by_score is not None and by_map is not None and min(by_score, by_map) >= PASSING_FROM:
        return min(by_score, by_map, PASSING_FROM + (1.0 - PASSING_FROM) * clear)
    named = PASSING_FROM * clear if by_map is None else PROMISING + (PASSING_FROM - PROMISING) * clear
    return min(_BELOW_PASSING, named, *(part for part in (by_score, by_map) if part is not None))


def _climb(figure: float, worst: float, passing: float, best: float) -> float:
    """0 at `worst`, PASSING_FROM at `passing`, 1 at `best`, linear between; high figures are good."""
    if math.isnan(figure) or figure < worst:
        return 0.0
    if figure >= passing:
        return PASSING_FROM + (1.0 - PASSING_FROM) * min(1.0, (figure - passing) / (best - passing))
    return min(_BELOW_PASSING, PASSING_FROM * (figure - worst) / (passing - worst))


def _judged(
    cues: Cues,
    cells: NDArray[np.bool_],
    degraded: NDArray[np.float32] | None,
    retina: float | None,
    score: float | None,
    profile: Profile,
) -> Judgement:
    """The verdict; where a network has not spoken, the worst is assumed of both, which leaves the cues to name why."""
    if degraded is None or score is None:
        return judge(0.0, np.ones(cells.shape, np.float32), cells, retina, cues, profile)
    return judge(score, degraded, cells, retina, cues, profile)


def _within(promise: float, aim: Aim, *, passing: bool) -> float:
    if aim is Aim.NO_EYE:
        return 0.0
    if aim is Aim.EYE:
        return EYE_UP_TO * promise
    return max(promise, PASSING_FROM) if passing else min(promise, _BELOW_PASSING)


def _first_fix(judgement: Judgement, aim: Aim, *, told: bool) -> CauseCode | None:
    """What to mend now; UNKNOWN is a word on a photograph, it guides nobody to the eye."""
    if judgement.main is not CauseCode.UNKNOWN:
        return judgement.main
    if aim is not Aim.RETINA:
        return CauseCode.NOT_FUNDUS
    return CauseCode.UNKNOWN if told else None
