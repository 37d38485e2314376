"""Working points for one camera, fitted on its photographs and reported on those that were left out.

What is fitted: the two working points of the score, and how severe each cause's cue usually is on this camera's good
photographs (a camera that darkens its rim would otherwise be told of a small pupil for ever). What is not: the map's
limits, because they count hidden anatomy, which is the same behind every camera.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.codes import Verdict
from fundusgate.evaluation.camera_folder import Label
from fundusgate.runtime.causes import cue_shares
from fundusgate.runtime.profile import Profile
from fundusgate.runtime.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from fundusgate.runtime.cues import Cues

FEWEST = 30
"""Photographs without which nothing is fitted: of fewer, a twentieth is no photograph at all."""

FEWEST_GOOD, FEWEST_REJECT = 15, 10
"""Of labelled photographs."""

FOLDS = 5
KEEP = 0.95
"""Share of this camera's good photographs that the fitted working point must let pass."""

USUAL_SHARE = 0.95
"""A cause's usual severity: what this share of good photographs stays within."""

MOST_USUAL = 0.6
"""A cause that is more usual than this is a fault of the camera, and is still told."""

FEWEST_FOR_USUAL = 20
PASSED = (Verdict.ACCEPT, Verdict.ACCEPT_WITH_NOTE)


class TooFewPhotographsError(ValueError):
    """Not enough to fit on; the message says how many there are and how many are needed."""


@dataclass(frozen=True, eq=False)
class Measured:
    """What the networks and cues say of one photograph, before any threshold of the score.

    Attributes:
        name: the photograph.
        patient: whose it is: a patient's photographs are never on both sides of a fold.
        label: what was said of it; None where nothing was.
        score: mean opinion score, 0..100, high is good.
        degraded: (16, 16) map, 0..1, 1 = anatomy cannot be seen.
        cells: (16, 16) bool, cells in the visible field.
        retina: the network's probability of a retina; None where it states none.
        cues: the plain cues.
    """

    name: str
    patient: str
    label: Label | None
    score: float
    degraded: NDArray[np.float32]
    cells: NDArray[np.bool_]
    retina: float | None
    cues: Cues

    def verdict(self, profile: Profile) -> Verdict:
        """The gate's verdict with a profile."""
        return judge(self.score, self.degraded, self.cells, self.retina, self.cues, profile).verdict


@dataclass(frozen=True)
class Kept:
    """How many of a class pass.

    Attributes:
        passed: photographs that are accepted, with a note or without.
        plain: of these, without a note.
        of: photographs of the class.
    """

    passed: int
    plain: int
    of: int


@dataclass(frozen=True)
class ProfileFit:
    """A fitted profile and what it does.

    Attributes:
        profile: the base profile with this camera's working points, fitted on every photograph.
        before: by class, what the base profile lets pass.
        after: by class, what passes with working points fitted without that photograph and its patient.
        spread: least and greatest `score.retake` over the folds.
    """

    profile: Profile
    before: Mapping[str, Kept]
    after: Mapping[str, Kept]
    spread: tuple[float, float]


def fit_profile(measured: Sequence[Measured], base: Profile, name: str, share: float | None) -> ProfileFit:
    """Fit a profile and cross-validate it.

    Args:
        measured: this camera's photographs.
        base: the profile to start from.
        name: of the new profile.
        share: of the photographs, 0..1, that shall be accepted; needed where there are no labels, and then alone used.

    Raises:
        TooFewPhotographsError: there are too few photographs, or too few of a class.
    """
    check_enough(measured, share)
    fitted = _fitted(measured, base, share).model_copy(update={"name": name})
    folds = _folds(measured)
    after: dict[int, Profile] = {}
    for fold in range(FOLDS):
        rest = [each for each, of in zip(measured, folds, strict=True) if of != fold]
        after[fold] = _fitted(rest, base, share)
    points = [profile.score.retake for profile in after.values()]
    return ProfileFit(
        profile=Profile.model_validate(fitted.model_dump()),
        before=_kept((each, base) for each in measured),
        after=_kept((each, after[fold]) for each, fold in zip(measured, folds, strict=True)),
        spread=(min(points), max(points)),
    )


def check_enough(measured: Sequence[Measured], share: float | None) -> None:
    """Refuse to fit on too little.

    Raises:
        TooFewPhotographsError: see `fit_profile`.
    """
    if len(measured) < FEWEST:
        raise TooFewPhotographsError(
            f"{len(measured)} photographs can be read and at least {FEWEST} are needed: take more with this camera"
        )
    if share is not None:
        return
    good, reject = (sum(each.label is label for each in measured) for label in (Label.GOOD, Label.REJECT))
    if good < FEWEST_GOOD or reject < FEWEST_REJECT:
        raise TooFewPhotographsError(
            f"{good} photographs are labelled good and {reject} reject; at least {FEWEST_GOOD} and {FEWEST_REJECT} are"
            " needed: label more, or say with --share which part of this camera's photographs shall be accepted"
        )


def _fitted(measured: Sequence[Measured], base: Profile, share: float | None) -> Profile:
    band = base.score.accept - base.score.retake
    if share is not None:
        retake = _for_share(measured, share)
        accept = min(100.0, retake + band)
    else:
        good = np.array([each.score for each in measured if each.label is Label.GOOD])
        usable = np.array([each.score for each in measured if each.label is Label.USABLE])
        reject = np.array([each.score for each in measured if each.label is Label.REJECT])
        retake = best_cut([good, usable] if usable.size else [good], reject, good)
        accept = best_cut([good], usable, good) if usable.size >= FEWEST_REJECT else retake + band
        accept = min(100.0, max(accept, retake + 1.0))
    content = base.model_dump()
    content["score"] |= {"retake": round(max(0.0, retake), 1), "accept": round(accept, 1)}
    content["causes"]["usual"] = _usual(measured, base, retake)
    return Profile.model_validate(content)


def best_cut(
    keep: Sequence[NDArray[np.float64]], refuse: NDArray[np.float64], good: NDArray[np.float64], share: float = KEEP
) -> float:
    """The score from which a photograph is kept.

    The greatest Youden index (share of `keep` at or above, less share of `refuse` at or above) among cuts that keep
    `share` of `good`; of equal ones the middle. Classes that should pass weigh alike, however many each has.

    Args:
        keep: scores that should pass, class by class.
        refuse: scores that should not; may be empty.
        good: scores of which most must pass.
        share: how much of `good` must.
    """
    scores = np.unique(np.concatenate([*keep, refuse, good]))
    cuts = np.concatenate([scores[:1] - 0.5, (scores[1:] + scores[:-1]) / 2])
    cuts = np.array([cut for cut in cuts if (good >= cut).mean() >= share])
    passed = np.array([np.mean([(scores >= cut).mean() for scores in keep]) for cut in cuts])
    youden = passed - np.array([(refuse >= cut).mean() if refuse.size else 0.0 for cut in cuts])
    best = cuts[youden >= youden.max() - 1e-9]
    return float(best[(len(best) - 1) // 2])


def _for_share(measured: Sequence[Measured], share: float) -> float:
    """The score that this share of all photographs reaches."""
    scores = np.sort([each.score for each in measured])
    wanted = max(1, round(share * len(scores)))
    place = len(scores) - wanted
    return float(scores[0] - 0.5 if place == 0 else (scores[place - 1] + scores[place]) / 2)


def _usual(measured: Sequence[Measured], base: Profile, retake: float) -> dict[str, float]:
    """What severities this camera's good photographs have; those that pass stand for them where no label does."""
    labelled = [each for each in measured if each.label is Label.GOOD]
    clean = labelled or [each for each in measured if each.score >= retake and each.verdict(base) in PASSED]
    if len(clean) < FEWEST_FOR_USUAL:
        return dict(base.causes.usual)
    severities = [cue_shares(each.cues) for each in clean]
    usual = {code: float(np.quantile([of[code] for of in severities], USUAL_SHARE)) for code in severities[0]}
    return {
        code.value: round(min(value, MOST_USUAL), 2)
        # what stays under the severity that names a cause does no harm
        for code, value in usual.items()
        if value >= base.causes.main
    }


def _folds(measured: Sequence[Measured]) -> list[int]:
    """A fold for every photograph: classes even over the folds, patients whole, the same at every call."""
    by_patient: defaultdict[str, list[Measured]] = defaultdict(list)
    for each in measured:
        by_patient[each.patient].append(each)
    by_class: defaultdict[str, list[str]] = defaultdict(list)
    for patient in sorted(by_patient):
        worst = max((each.label.value if each.label else "" for each in by_patient[patient]), default="")
        by_class[worst].append(patient)
    fold_of: dict[str, int] = {}
    for patients in by_class.values():
        random.Random(0).shuffle(patients)
        for patient in patients:
            fold_of[patient] = len(fold_of) % FOLDS
    return [fold_of[each.patient] for each in measured]


def _kept(judged: Iterable[tuple[Measured, Profile]]) -> dict[str, Kept]:
    verdicts: defaultdict[str, list[Verdict]] = defaultdict(list)
    for each, profile in judged:
        verdict = each.verdict(profile)
        verdicts["all"].append(verdict)
        if each.label is not None:
            verdicts[each.label.value].append(verdict)
    order = ("all", *(label.value for label in Label))
    return {
        name: Kept(
            passed=sum(verdict in PASSED for verdict in verdicts[name]),
            plain=verdicts[name].count(Verdict.ACCEPT),
            of=len(verdicts[name]),
        )
        for name in order
        if verdicts[name]
    }
