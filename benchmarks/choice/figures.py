"""Figures of the candidates' words: AUC of good over reject, means by source at equal label."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from fundusgate.runtime.profile import Profile
from fundusgate.runtime.score_scale import map_worth
from fundusgate.training.photographs import Quality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .asking import Answers
    from .groups import Item
    from .judges import Judge, Word

MOST_PAIRS = 12
"""Pairs of a map's and a score's weights that get a column of their own."""


@dataclass(frozen=True)
class Auc:
    """Area under the curve, good over reject, with half the width of its 95 % interval."""

    value: float
    half: float
    good: int
    reject: int


def auc_of(good: Sequence[float], reject: Sequence[float]) -> Auc | None:
    """AUC with Hanley and McNeil's interval (Radiology 143:29, 1982); None where a class is empty."""
    if not good or not reject:
        return None
    m, n = len(good), len(reject)
    area = float(stats.mannwhitneyu(good, reject).statistic) / (m * n)
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (m - 1) * (one - area**2) + (n - 1) * (two - area**2)) / (m * n)
    return Auc(area, 1.96 * math.sqrt(max(0.0, variance)), m, n)


class Column:
    """One figure a photograph, high is good: of a map alone, of a score alone, or both weighed as the gate does.

    Args:
        label: Heading.
        map_from: Answers with a map, if it has part.
        score_from: Answers with a score, if it has part.
    """

    def __init__(self, label: str, map_from: Answers | None, score_from: Answers | None) -> None:
        self.label, self._map, self._score = label, map_from, score_from
        self._by_map = Profile.load().score.by_map

    def value(self, item: Item, camera: str = "") -> float:
        """On 0..100 (a score alone is not clipped to it)."""
        hidden = None if self._map is None else _said(self._map, item, camera).hidden
        opinion = None if self._score is None else _said(self._score, item, camera).opinion
        seen = None if hidden is None else float(map_worth(hidden))
        if seen is None or opinion is None:
            return next(value for value in (seen, opinion) if value is not None)
        return (1 - self._by_map) * float(np.clip(opinion, 0, 100)) + self._by_map * seen


def _said(answers: Answers, item: Item, camera: str) -> Word:
    word = answers.get(item, camera)
    if word is None:
        raise KeyError(f"{item.group} {item.name} {camera}: not asked")
    return word


def columns_of(judges: Sequence[Judge], answers: Sequence[Answers]) -> list[Column]:
    """A column for each map, each score, each bundle's and each pair's weighed score."""
    both = list(zip(judges, answers, strict=True))
    maps = [(judge.label, known) for judge, known in both if judge.maps and not judge.scores]
    scores = [(judge.label, known) for judge, known in both if judge.scores and not judge.maps]
    columns = [Column(label, known, None) for label, known in maps]
    columns += [Column(label, None, known) for label, known in scores]
    pairs = [Column(f"{one}+{other}", from_map, from_score) for one, from_map in maps for other, from_score in scores]
    columns += pairs[:MOST_PAIRS]
    for judge, known in both:
        if judge.maps and judge.scores:
            columns += [
                Column(f"{judge.label} map", known, None),
                Column(f"{judge.label} score", None, known),
                Column(f"{judge.label} both", known, known),
            ]
    return columns


def by_quality(items: Sequence[Item], group: str, quality: Quality) -> list[Item]:
    """The photographs of a group and a quality."""
    return [item for item in items if item.group == group and item.quality is quality]


def group_auc(column: Column, items: Sequence[Item], group: str, camera: str = "") -> Auc | None:
    """Good over reject within one group."""
    good, reject = (
        [column.value(item, camera) for item in by_quality(items, group, quality)]
        for quality in (Quality.GOOD, Quality.REJECT)
    )
    return auc_of(good, reject)


@dataclass(frozen=True)
class AcrossSources:
    """The worst AUC of one source's good photographs over another's rejects: low where the source was learnt."""

    area: float
    good_of: str
    reject_of: str


def worst_across(column: Column, items: Sequence[Item], groups: Sequence[str]) -> AcrossSources | None:
    """The pair of different groups that is told apart worst; None where there is no pair."""
    found = []
    for good_of in groups:
        for reject_of in groups:
            good = [column.value(item) for item in by_quality(items, good_of, Quality.GOOD)]
            reject = [column.value(item) for item in by_quality(items, reject_of, Quality.REJECT)]
            area = auc_of(good, reject)
            if good_of != reject_of and area is not None:
                found.append(AcrossSources(area.value, good_of, reject_of))
    return min(found, key=lambda each: each.area, default=None)
