"""Framed fundi for the cue tests: phantoms, drawn once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.phantom import degrade, degrade_all, render
from fundusgate.runtime.cues import Cues, measure_cues
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.field_cut import visible_field
from fundusgate.runtime.preprocessing import frame_disc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.codes import CauseCode

SEEDS = (3, 7, 12, 21)


def cues_of(rgb: NDArray[np.uint8]) -> Cues:
    framed = frame_disc(rgb, find_disc(rgb), 256)
    return measure_cues(framed.rgb, visible_field(framed.rgb, framed.inside))


@cache
def eye(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A framed phantom at 256 px and its field."""
    rgb = render(seed, size=400).rgb
    framed = frame_disc(rgb, find_disc(rgb), 256)
    return framed.rgb, visible_field(framed.rgb, framed.inside)


@cache
def clean(seed: int) -> Cues:
    return measure_cues(*eye(seed))


@cache
def faulty(seed: int, code: CauseCode, strength: float) -> Cues:
    rgb, field = eye(seed)
    out = degrade(rgb, field, code, strength, seed).rgb.copy()
    out[~field] = 0
    return measure_cues(out, visible_field(out, field))


@cache
def faulty_twice(seed: int, one: tuple[CauseCode, float], other: tuple[CauseCode, float]) -> Cues:
    rgb, field = eye(seed)
    out = degrade_all(rgb, field, (one, other), seed).rgb.copy()
    out[~field] = 0
    return measure_cues(out, visible_field(out, field))


def disc_of_light(level: int | tuple[int, int, int], size: int = 256) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A plain round field of one colour."""
    axis = np.arange(size) + 0.5 - size / 2
    inside = axis[None, :] ** 2 + axis[:, None] ** 2 <= (size / 2) ** 2
    rgb = np.zeros((size, size, 3), np.uint8)
    rgb[inside] = level
    return rgb, inside
