from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn import metrics

from fundusgate.evaluation.data_sets.base import Item
from fundusgate.evaluation.data_sets.funpiq import Annotated, Source
from fundusgate.evaluation.yardsticks.base import FigureKey, ObservationError
from fundusgate.evaluation.yardsticks.region_figures import (
    BINS,
    bad_figures,
    best_dice,
    best_kappa,
    bins_of,
    dice_by_bin,
    histogram,
    lower_edge,
)
from fundusgate.evaluation.yardsticks.regions import KAPPA, MAP, RegionYardstick
from tests.evaluation.pictures import prediction, write_indexed

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIDE = 64
VALUES = np.array([0.9, 0.1, 0.45, 0.9], np.float32)
"""A map's value by region: background is called bad, and must not count."""


def of_cells(regions: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return regions.repeat(SIDE // 16, 0).repeat(SIDE // 16, 1)


@pytest.fixture
def cells() -> NDArray[np.uint8]:
    """Stripes of every region, four cells broad, 16 x 16."""
    return np.array([0, 1, 2, 3], np.uint8).repeat(4)[:, None].repeat(16, 1)


def inner(cells: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same without the stripes' edges, where a map between two values is neither."""
    return np.where(np.isin(np.arange(16) % 4, (1, 2))[:, None], cells, np.uint8(0))


def figures(folder: Path, cells: NDArray[np.uint8], degraded: NDArray[np.float32]) -> dict[FigureKey, float]:
    annotation = write_indexed(folder / "a.png", of_cells(cells))
    yardstick = RegionYardstick(0.35)
    item = Item("a", folder / "a.jpg", "a", (), Annotated(annotation, Source.EYEQ))
    seen = yardstick.observe(item, prediction(degraded=degraded, side=SIDE))
    return yardstick.gather([seen]).figures(np.ones(1, np.int64))


def test_a_perfect_map(tmp_path: Path, cells: NDArray[np.uint8]) -> None:
    found = figures(tmp_path, inner(cells), VALUES[cells])
    for metric in (KAPPA, "AUROC", "AUPRC", "sensitivity at 95 % specificity", "Dice at its best threshold"):
        assert found[FigureKey(MAP, metric)] == pytest.approx(1), metric
    # at the bundle's own threshold the usable pixels are called bad, too, and there are as many: 2 * 1 / (2 + 1)
    assert found[FigureKey(MAP, "Dice at the bundle's threshold 0.35")] == pytest.approx(2 / 3)


def test_an_inverted_map_is_told_at_once(tmp_path: Path, cells: NDArray[np.uint8]) -> None:
    """What a mistake in polarity would give."""
    found = figures(tmp_path, inner(cells), 1 - VALUES[cells])
    assert found[FigureKey(MAP, "AUROC")] == 0
    assert found[FigureKey(MAP, "sensitivity at 95 % specificity")] == 0
    assert found[FigureKey(MAP, "Dice at the bundle's threshold 0.35")] == 0
    # the best that can be done then is to call all one thing
    assert found[FigureKey(MAP, KAPPA)] == pytest.approx(0)
    assert found[FigureKey(MAP, "Dice at its best threshold")] == pytest.approx(2 / 4)


def test_histograms_count_every_pixel_but_the_background(cells: NDArray[np.uint8]) -> None:
    counts = histogram(VALUES[cells], cells)
    assert counts.shape == (3, BINS)
    assert counts.sum(axis=1).tolist() == [64, 64, 64]
    assert counts[0, bins_of(np.array([0.1], np.float32))[0]] == 64
    assert counts[2, bins_of(np.array([0.9], np.float32))[0]] == 64


def test_bins_keep_the_order_also_near_0_and_1() -> None:
    values = np.array([0, 1e-5, 1e-4, 0.01, 0.5, 0.503, 0.99, 0.9999, 0.99999, 1], np.float32)
    bins = bins_of(values)
    assert (np.diff(bins) > 0).all()
    assert (bins[0], bins[-1]) == (0, BINS - 1)
    for value, held in zip(values[1:-1], bins[1:-1], strict=True):
        assert lower_edge(int(held)) <= value * (1 + 1e-6)
        assert value < lower_edge(int(held) + 1) * (1 + 1e-6)
    assert lower_edge(0) == 0


def test_figures_are_scikit_learns_on_all_pixels() -> None:
    rng = np.random.default_rng(5)
    regions = rng.integers(0, 4, (120, 90)).astype(np.uint8)
    values = np.clip(rng.normal(0.2 + 0.15 * regions, 0.2), 0, 1).astype(np.float32)
    found = bad_figures(histogram(values, regions))
    inside = regions > 0
    truth, score = regions[inside] == 3, values[inside]
    assert found["AUROC"] == pytest.approx(metrics.roc_auc_score(truth, score), abs=2e-4)
    assert found["AUPRC"] == pytest.approx(metrics.average_precision_score(truth, score), abs=1e-3)
    fall, hit, _ = metrics.roc_curve(truth, score)
    assert found["sensitivity at 95 % specificity"] == pytest.approx(hit[fall <= 0.05].max(), abs=5e-3)
    thresholds = np.linspace(0, 1, 400)
    assert found["Dice at its best threshold"] == pytest.approx(
        max(metrics.f1_score(truth, score >= threshold) for threshold in thresholds), abs=2e-3
    )


def test_dice_by_hand() -> None:
    counts = np.zeros((3, BINS), np.int64)
    counts[0, 10], counts[1, 20], counts[2, 20], counts[2, 30] = 5, 2, 3, 4
    dice = dice_by_bin(counts)
    assert dice[0] == pytest.approx(2 * 7 / (14 + 7))
    assert dice[20] == pytest.approx(2 * 7 / (9 + 7))
    assert dice[21] == pytest.approx(2 * 4 / (4 + 7))
    assert dice[31] == 0
    assert best_dice(counts) == (pytest.approx(14 / 16), 11)


def test_kappa_is_the_best_of_scikit_learns() -> None:
    rng = np.random.default_rng(6)
    regions = rng.integers(1, 4, 400).astype(np.uint8)
    values = np.clip(rng.normal(0.25 * regions, 0.15), 0.01, 0.99).astype(np.float32)
    kappa, (usable, bad) = best_kappa(histogram(values, regions))
    bins = bins_of(values)
    called = 1 + (bins >= usable).astype(int) + (bins >= bad)
    assert kappa == pytest.approx(metrics.cohen_kappa_score(regions, called, weights="quadratic"))
    tried = [
        metrics.cohen_kappa_score(regions, 1 + (values >= low).astype(int) + (values >= high), weights="quadratic")
        for low in np.linspace(0.2, 0.5, 13)
        for high in np.linspace(0.5, 0.8, 13)
    ]
    assert kappa >= max(tried) - 0.01


def test_one_class_alone_leaves_figures_undefined() -> None:
    counts = np.zeros((3, BINS), np.int64)
    counts[0, 5] = 10
    assert all(math.isnan(value) for value in bad_figures(counts).values())
    assert math.isnan(best_kappa(counts)[0])
    assert math.isnan(dice_by_bin(counts)[6])


def test_an_annotation_of_another_picture_or_of_nothing(tmp_path: Path) -> None:
    yardstick = RegionYardstick(0.5)

    def observe(regions: NDArray[np.uint8]) -> None:
        annotation = write_indexed(tmp_path / "a.png", regions)
        item = Item("a", tmp_path / "a.jpg", "a", (), Annotated(annotation, Source.EYEQ))
        yardstick.observe(item, prediction(side=SIDE))

    observe(np.ones((800, 800), np.uint8))
    with pytest.raises(ObservationError, match="800 x 600, the photograph 64 x 64"):
        observe(np.ones((600, 800), np.uint8))
    with pytest.raises(ObservationError, match="background alone"):
        observe(np.zeros((64, 64), np.uint8))


def test_a_map_of_few_close_values_is_searched_finely_enough() -> None:
    regions = np.array([1, 2, 3], np.uint8).repeat([1000, 100, 10])
    values = np.array([0.500, 0.505, 0.510], np.float32)[regions - 1]
    assert best_kappa(histogram(values, regions))[0] == pytest.approx(1)


def test_remarks_say_the_sources_and_the_thresholds(tmp_path: Path, cells: NDArray[np.uint8]) -> None:
    annotation = write_indexed(tmp_path / "a.png", of_cells(inner(cells)))
    yardstick = RegionYardstick(0.35)
    item = Item("a", tmp_path / "a.jpg", "a", (), Annotated(annotation, Source.MBRSET))
    seen = [yardstick.observe(item, prediction(degraded=VALUES[cells], side=SIDE))]
    sources, thresholds = yardstick.remarks({"fp32": seen})
    assert sources == "Photographs: 1 mBRSET."
    numbers = [float(word.strip(";,.")) for word in thresholds.split() if word[0].isdigit()]
    dice, usable, bad = numbers
    assert 0.45 <= dice <= 0.9
    assert 0.1 <= usable <= 0.45 <= bad <= 0.9
    row = yardstick.row(seen[0])
    # each stripe keeps two of its four rows of cells
    assert (row["good_pixels"], row["usable_pixels"], row["bad_pixels"]) == (512, 512, 512)
    assert row["dice"] == pytest.approx(2 / 3)
