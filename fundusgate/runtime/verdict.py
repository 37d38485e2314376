"""The verdict on one photograph: one pure function of what the networks and the cues say.

The networks decide how good the picture is, and the worse of the two wins. The cues name the reason, and decide only
that a picture shows no retina or nothing at all. Whatever is not finite, missing or contradicted is never accepted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.codes import CauseCode, RetakeHelps, Verdict
from fundusgate.runtime.causes import Cause, cue_severities, rank
from fundusgate.runtime.guidance import ADVICE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.runtime.cues import Cues
    from fundusgate.runtime.profile import MapThresholds, Profile, RetinaThresholds


@dataclass(frozen=True)
class Judgement:
    """What the gate says of one photograph.

    Attributes:
        verdict: the verdict.
        causes: causes, the one to mend first at the front; may be empty for an accepted photograph.
        main: code of the main reason; None for a photograph that passes with nothing to say.
        degraded_fraction: degraded cells over cells inside the disc, 0..1; 1 with no cell inside.
    """

    verdict: Verdict
    causes: tuple[Cause, ...]
    main: CauseCode | None
    degraded_fraction: float


BELIEVED = 0.7
"""The network's probability from which a retina is believed in where a cue says what hides it. To see one takes more
(`retina.network` of the profile): a texture may reach that, and there nothing is wrong that a cue could name."""

HALF_BELIEVED = 0.4
"""Sum of the network's probability and the cues' likeness of a retina from which a loud cue may name what hides it."""

LEAST_LIKENESS = 0.04
"""Likeness that this needs beside, except where light itself is missing or too much, or a veil lies over everything."""

BLANK = 0.8
"""Severity of a veil or of darkness from which a picture is blank: nothing is left to speak against a retina."""

_WITHOUT_VESSELS = (CauseCode.TOO_DARK, CauseCode.TOO_BRIGHT, CauseCode.MEDIA_OPACITY)
_BLANKING = (CauseCode.TOO_DARK, CauseCode.MEDIA_OPACITY)
_GOOD, _USABLE, _REJECT = 2, 1, 0
_TECHNIQUE = (RetakeHelps.YES, RetakeHelps.MAYBE, RetakeHelps.AFTER_CLEANING)


def judge(
    score: float,
    degraded: NDArray[np.float32],
    inside: NDArray[np.bool_],
    retina: float | None,
    cues: Cues,
    profile: Profile,
    attempts: int = 1,
) -> Judgement:
    """Judge one photograph.

    Args:
        score: mean opinion score, 0..100, high is good.
        degraded: (16, 16) map, 0..1, 1 = anatomy cannot be seen.
        inside: (16, 16) bool, cells inside the disc.
        retina: the network's probability that a retina is in the picture, 0..1; None where it states none.
        cues: the cues of the same photograph.
        profile: the thresholds.
        attempts: which attempt at this eye this is, 1 and up; an opacity is called not obtainable only from
            `profile.causes.opacity_attempts` on, and only with good technique.

    Returns:
        The judgement. Lowering the score or raising the map never makes it better.

    Raises:
        ValueError: the map and its cells do not fit, or attempts is below 1.
    """
    if degraded.shape != inside.shape:
        raise ValueError(f"the map {degraded.shape} and its inside cells {inside.shape} do not fit")
    if attempts < 1:
        raise ValueError(f"attempts is {attempts}; the first photograph of an eye is attempt 1")
    cells = degraded[inside]
    finite = math.isfinite(score) and bool(np.isfinite(cells).all()) and (retina is None or math.isfinite(retina))
    fraction = degraded_fraction(degraded, inside, profile.map)
    severities = cue_severities(cues, profile.causes)
    if not retina_seen(retina, cues.retina.likeness, cues.exposure.empty_fraction, profile.retina):
        return _no_retina(retina, cues, profile, severities, fraction)
    by_score, by_map = _score_level(score, profile), _map_level(fraction, profile)
    level = min(by_score, by_map) if finite else _REJECT
    disagree = abs(by_score - by_map) == _GOOD - _REJECT
    causes = rank(severities, profile.causes)
    if not finite:
        causes = (Cause(CauseCode.UNKNOWN, 1.0), *causes)
        return Judgement(Verdict.RETAKE, causes, CauseCode.UNKNOWN, fraction)
    if level == _REJECT:
        return _rejected(causes, profile, attempts, disagree=disagree, fraction=fraction)
    return _passed(causes, profile, level, fraction)


def degraded_fraction(degraded: NDArray[np.float32], inside: NDArray[np.bool_], limits: MapThresholds) -> float:
    """Degraded cells over cells inside the disc, 0..1; 1 with no cell inside. Not-a-number counts as degraded."""
    cells = degraded[inside]
    return float(np.mean(~(cells < limits.cell))) if cells.size else 1.0


def _score_level(score: float, profile: Profile) -> int:
    if score >= profile.score.accept:
        return _GOOD
    return _USABLE if score >= profile.score.retake else _REJECT


def _map_level(fraction: float, profile: Profile) -> int:
    if fraction <= profile.map.accept:
        return _GOOD
    return _USABLE if fraction <= profile.map.retake else _REJECT


def retina_seen(retina: float | None, likeness: float, empty_fraction: float, limits: RetinaThresholds) -> bool:
    """Whether a retina is in the picture: network and cues must both allow it.

    Args:
        retina: the network's probability 0..1; None where it states none.
        likeness: the cues' own likeness, 0..1.
        empty_fraction: fraction of the field without any signal, 0..1.
        limits: the working points.
    """
    if empty_fraction >= limits.empty_fraction:
        return False
    if retina is None:
        return likeness >= limits.likeness_alone
    return retina >= limits.network and likeness >= limits.likeness_absent


def _no_retina(
    retina: float | None, cues: Cues, profile: Profile, severities: dict[CauseCode, float], fraction: float
) -> Judgement:
    """What hides the retina where it hides everything, or a retina is half believed in; else NOT_FUNDUS, or UNKNOWN."""
    limits, likeness = profile.retina, cues.retina.likeness
    empty = cues.exposure.empty_fraction >= limits.empty_fraction
    network_says_yes = retina is not None and retina >= limits.network
    cues_say_yes = retina is not None and likeness >= limits.likeness_present
    causes = rank(severities, profile.causes)
    if not empty and causes:
        # defocus, darkness and a veil hide the very vessels that a retina is known by
        believed = cues_say_yes or (retina is not None and retina >= min(BELIEVED, limits.network))
        needed = profile.causes.main if believed else profile.causes.note
        blank = causes[0].code in _BLANKING and causes[0].severity >= BLANK
        half = believed or _half_believed(retina, likeness, causes[0].code)
        if blank or (half and causes[0].severity >= needed):
            return Judgement(Verdict.RETAKE, causes, causes[0].code, fraction)
    if empty or not (network_says_yes or cues_say_yes):
        certainty = 1.0 - (likeness if retina is None or not math.isfinite(retina) else max(likeness, retina)) / 2
        found = Cause(CauseCode.NOT_FUNDUS, 1.0 if empty else float(np.clip(certainty, 0, 1)))
        return Judgement(Verdict.RETAKE, (found,), CauseCode.NOT_FUNDUS, fraction)
    return Judgement(Verdict.RETAKE, (Cause(CauseCode.UNKNOWN, 1.0), *causes), CauseCode.UNKNOWN, fraction)


def _half_believed(retina: float | None, likeness: float, code: CauseCode) -> bool:
    """Whether network and cues together leave room for a retina behind a fault; burnt out or dark, none is seen."""
    known = 0.0 if retina is None else retina
    return known + likeness >= HALF_BELIEVED and (likeness >= LEAST_LIKENESS or code in _WITHOUT_VESSELS)


def _rejected(
    causes: tuple[Cause, ...], profile: Profile, attempts: int, *, disagree: bool, fraction: float
) -> Judgement:
    limits = profile.causes
    # the networks have seen that something is wrong, so less is asked of the cue that says what
    named = bool(causes) and causes[0].severity >= limits.refused
    loud = bool(causes) and causes[0].severity >= limits.note
    if disagree and not loud:
        # the reason stays visible behind UNKNOWN, but nobody should act on it unseen
        causes = (Cause(CauseCode.UNKNOWN, 1.0), *causes)
    elif not named:
        causes = (Cause(CauseCode.UNKNOWN, 0.5), *causes)
    main = causes[0].code
    if main is CauseCode.MEDIA_OPACITY and attempts >= limits.opacity_attempts:
        mendable = [cause for cause in causes if ADVICE[cause.code].retake_helps in _TECHNIQUE]
        if all(cause.severity < limits.technique for cause in mendable):
            return Judgement(Verdict.CANNOT_OBTAIN, causes, main, fraction)
    return Judgement(Verdict.RETAKE, causes, main, fraction)


def _passed(causes: tuple[Cause, ...], profile: Profile, level: int, fraction: float) -> Judgement:
    limits = profile.causes
    worth = tuple(cause for cause in causes if cause.severity >= limits.main)
    loud = any(cause.severity >= limits.note for cause in worth)
    main = worth[0].code if worth else None
    if level == _GOOD and not loud:
        return Judgement(Verdict.ACCEPT, worth, None, fraction)
    return Judgement(Verdict.ACCEPT_WITH_NOTE, worth, main, fraction)
