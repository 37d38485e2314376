"""The whole gate on the same cases: networks, cues and verdict, kept between runs by the bundle's hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.verdict import judge

from .cases import cue_figures, cues_of, keep, key_of, original, wanted, worsened

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.runtime.assessor import Assessor
    from fundusgate.runtime.profile import Profile
    from fundusgate.runtime.verdict import Judgement


@dataclass(frozen=True, eq=False)
class Word:
    """What the networks say of one case; arrays as in `Glance`."""

    score: float
    degraded: np.ndarray
    cells: np.ndarray
    retina: float | None


def words(root: Path, photograph: str, hand: str, folder: Path, assessor: Assessor) -> list[Word]:
    """The networks' word on `wanted`, from the cache where bundle and cases are the same."""
    kept = folder / f"words-{key_of(root, photograph, hand, assessor.bundle_sha256 + assessor.precision)}.npz"
    if not kept.is_file():
        taken = original(root, photograph)
        seen = [
            assessor.glance(worsened(taken, case), want_map=True, want_score=True) for case in wanted(photograph, hand)
        ]
        if any(each.map is None or each.score is None for each in seen):
            raise BackendError("the bundle's networks gave no map or no score, though both were asked for")
        keep(
            kept,
            score=np.array([each.score for each in seen]),
            degraded=np.stack([each.map for each in seen]),
            cells=np.stack([each.cells for each in seen]),
            retina=np.array([np.nan if each.retina is None else each.retina for each in seen]),
        )
    with np.load(kept) as stored:
        return [
            Word(float(score), degraded, cells, None if np.isnan(retina) else float(retina))
            for score, degraded, cells, retina in zip(
                stored["score"], stored["degraded"], stored["cells"], stored["retina"], strict=True
            )
        ]


def judgements(
    root: Path, photograph: str, hand: str, folder: Path, assessor: Assessor, profile: Profile
) -> list[Judgement]:
    """The gate's word on `wanted`."""
    figures = cue_figures(root, photograph, hand, folder)
    return [
        judge(word.score, word.degraded, word.cells, word.retina, cues_of(row), profile)
        for word, row in zip(words(root, photograph, hand, folder, assessor), figures, strict=True)
    ]
