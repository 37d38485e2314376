from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from PIL import Image

from fundusgate.phantom import render
from fundusgate.visibility.prior import CellScores, cell_scores, cell_shares, estimate_prior

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.runtime import Assessor


class Answer:
    """What a map of darkness says: how much darker than a level a cell is."""

    def __init__(self, rgb: NDArray[np.uint8]) -> None:
        size = len(rgb)
        self.box = (0, 0, size, size)
        step = size // 16
        means = rgb[: 16 * step, : 16 * step].reshape(16, step, 16, step, 3).mean(axis=(1, 3, 4))
        self.map = np.clip(1 - means / 60, 0, 1).astype(np.float32)
        self.map[0] = np.nan


class Darkness:
    def assess(self, rgb: NDArray[np.uint8]) -> Answer:
        return Answer(rgb)


def test_each_photograph_is_judged_as_it_is_and_with_a_fault(tmp_path: Path) -> None:
    paths = []
    for seed in range(4):
        paths.append(tmp_path / f"{seed}.png")
        Image.fromarray(render(seed, size=256).rgb).save(paths[-1])
    (tmp_path / "broken.png").write_bytes(b"none")
    steps: list[None] = []
    found = cell_scores([*paths, tmp_path / "broken.png"], cast("Assessor", Darkness()), 1, lambda: steps.append(None))
    assert len(steps) == 5
    assert len(found.unlabelled) == 4 * 15 * 16
    assert 0 < len(found.positive) < len(found.unlabelled)
    assert len(found.unreadable) == 1
    assert np.isfinite(found.positive).all()


def test_the_estimates_are_those_of_the_scores() -> None:
    rng = np.random.default_rng(0)
    hidden = rng.uniform(0.8, 1, 300)
    scores = CellScores(rng.uniform(0.8, 1, 2000), np.concatenate([hidden, np.zeros(2700)]), ())
    told = estimate_prior(scores)
    assert told.best_bin.prior == pytest.approx(0.1, abs=0.01)
    assert told.mean_ratio == pytest.approx(0.1, abs=0.01)


def test_shares_of_a_square_that_reaches_past_the_photograph() -> None:
    mask = np.ones((64, 64), np.bool_)
    shares = cell_shares(mask, (-32, 0, 32, 64))
    assert shares[:, :8].max() == 0
    assert shares[:, 8:].min() == 1
