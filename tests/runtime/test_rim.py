"""The rim's points beside a plain way to find them: slow, and without any of the shortcuts."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from fundusgate.phantom import render
from fundusgate.runtime.disc import WORKING_SIDE, _reduce, _sample
from fundusgate.runtime.rim import LEVELS, find_surround, level_counts, median_level, rim_points

if TYPE_CHECKING:
    from numpy.typing import NDArray


def plain_difference(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
    """The difference from the surround, and its threshold."""
    side = max(2, round(0.02 * max(rgb.shape)))
    corners = [
        corner.reshape(-1, 3).astype(np.float32)
        for corner in (rgb[:side, :side], rgb[:side, -side:], rgb[-side:, :side], rgb[-side:, -side:])
    ]
    medians = np.array([np.median(corner, axis=0) for corner in corners])
    agreeing = np.abs(medians[:, None] - medians[None]).max(axis=2) < 12
    chosen = min(range(4), key=lambda i: (-int(agreeing[i].sum()), float(medians[i].sum())))
    members = np.concatenate([corners[i] for i in range(4) if agreeing[chosen, i]])
    colour = np.median(members, axis=0)
    difference = np.abs(cv2.medianBlur(rgb, 3).astype(np.float32) - colour).max(axis=2)
    return difference, 1.5 + 2 * float(np.percentile(np.abs(members - colour).max(axis=1), 75))


def plain_points(difference: NDArray[np.float32], threshold: float) -> NDArray[np.float64]:
    """Level by level, rows before columns, first crossings before last ones."""
    bright = float(np.median(difference[difference > threshold])) if (difference > threshold).any() else 0.0
    found: list[tuple[float, float]] = []
    for level in np.geomspace(threshold, max(4.0 * threshold, 0.5 * bright), LEVELS):
        mask = without_specks(difference > level)
        found += [(x, y) for x, y in crossings(mask, difference, np.float32(level))]
        found += [(x, y) for y, x in crossings(mask.T, difference.T, np.float32(level))]
    return np.array(found).reshape(-1, 2)


def without_specks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    kept = np.zeros_like(mask)
    for component in range(1, count):
        across, along = sorted(stats[component, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]])
        line = along > 4 * across and across < 0.045 * max(mask.shape)
        if stats[component, cv2.CC_STAT_AREA] >= max(6, 0.001 * mask.size) and not line:
            kept |= labels == component
    return kept


def crossings(mask: NDArray[np.bool_], values: NDArray[np.float32], level: np.float32) -> list[tuple[float, float]]:
    """(where along its row, middle of the row) of each."""
    height, width = mask.shape
    lit = [row for row in range(height) if mask[row].any()]
    found: list[tuple[float, float]] = []
    for last, step in ((False, -1), (True, 1)):
        own = []
        for row in lit:
            column = int(np.flatnonzero(mask[row])[-1 if last else 0])
            if 1 < column < width - 2 and 1 < row < height - 2:
                within = values[row, column]
                beyond = min(values[row, column + step], level)
                share = np.float32(step) * (within - level) / max(within - beyond, np.float32(1e-3))
                own.append((column + 0.5 + float(share), row + 0.5))
        near = [sum(x - 0.6 <= other <= x + 0.6 for other, _ in own) for x, _ in own]
        found += [point for point, count in zip(own, near, strict=True) if count <= 3.5 * np.sqrt(len(lit))]
    return found


@cache
def pictures() -> dict[str, NDArray[np.uint8]]:
    rng = np.random.default_rng(3)
    eyes = {f"phantom {seed}": _reduce(render(seed, size=300).rgb) for seed in range(3)}
    eye = eyes["phantom 0"]
    cut = np.zeros_like(eye)
    cut[60:200, 40:] = eye[60:200, 40:]
    text = eye.copy()
    cv2.putText(text, "OD 45", (5, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1)
    return {
        **eyes,
        "cut straight": cut,
        "text": text,
        "noise, with hundreds of specks": rng.integers(0, 60, (180, 256, 3), dtype=np.uint8),
        "half levels": np.where(rng.random((97, 131, 1)) < 0.5, eye[:97, :131], np.uint8(9)),
        "dark": (eye // 12).astype(np.uint8),
        "on grey": np.maximum(eye, rng.integers(60, 70, eye.shape, dtype=np.uint8)),
    }


@pytest.mark.parametrize("name", pictures())
def test_every_point_is_the_plain_ways_point_in_the_same_order(name: str) -> None:
    # the order too: random samples are drawn from it
    rgb = pictures()[name]
    difference, threshold = plain_difference(rgb)
    surround = find_surround(rgb)
    assert np.array_equal(surround.halves / 2, difference)
    assert surround.threshold == threshold
    assert np.array_equal(rim_points(surround), plain_points(difference, threshold))


@pytest.mark.parametrize("count", [1, 2, 3, 100, 101])
def test_the_median_of_counted_levels(count: int) -> None:
    surround = find_surround(render(1, size=200).rgb)
    chosen = np.zeros(surround.shape, bool)
    chosen.ravel()[np.random.default_rng(count).permutation(chosen.size)[:count]] = True
    assert median_level(level_counts(surround, chosen)) == float(np.median(surround.halves[chosen] / 2))


def test_no_pixel_has_no_median_level() -> None:
    surround = find_surround(render(1, size=64).rgb)
    assert median_level(level_counts(surround, np.zeros(surround.shape, bool))) == 0.0


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 7, 13, 49])
@pytest.mark.parametrize("shape", [(1, 1), (2, 30), (97, 101), (98, 100), (147, 49), (60, 3 * WORKING_SIDE)])
def test_every_nth_pixel(shape: tuple[int, int], step: int) -> None:
    rgb = np.random.default_rng(step).integers(0, 256, (*shape, 3), dtype=np.uint8)
    expected = rgb[step // 2 :: step, step // 2 :: step]
    assert np.array_equal(_sample(rgb, step), expected)
    assert np.array_equal(_sample(rgb[:, ::-1], step), rgb[:, ::-1][step // 2 :: step, step // 2 :: step])
