from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from PIL import Image

from fundusgate.evaluation.data_sets.base import Cut, Item, Listing
from fundusgate.evaluation.data_sets.eyeq_crop import CROP, eyeq_crop
from fundusgate.evaluation.evaluate import observe
from fundusgate.evaluation.prediction_cache import PredictionCache
from fundusgate.evaluation.quality import Quality
from fundusgate.evaluation.yardsticks.grades import GradeSeen, GradeYardstick
from fundusgate.phantom import CAMERAS, render
from fundusgate.phantom.cameras import MaskShape
from fundusgate.runtime.profile import ScoreThresholds
from tests.evaluation.predictors import BrightnessPredictor

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.evaluation.predictor import Predictor


FULL = next(model.name for model in CAMERAS.values() if model.mask is MaskShape.FULL)


def in_a_wide_frame(side: int = 400) -> np.ndarray:
    """An original as EyePACS has it: the disc in the middle of a wider black frame."""
    rgb = np.zeros((side + 40, side + 200, 3), np.uint8)
    rgb[20 : 20 + side, 100 : 100 + side] = render(4, size=side, camera=FULL).rgb
    return rgb


def test_the_crop_is_the_square_about_the_disc() -> None:
    crop = eyeq_crop(in_a_wide_frame())
    assert crop.shape == (CROP, CROP, 3)
    lit = crop.max(axis=2) > 25
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    for first, last in ((rows[0], rows[-1]), (columns[0], columns[-1])):
        assert first < 0.03 * CROP
        assert last > 0.97 * CROP
    assert not crop[:60, :60].any()


def test_what_is_the_crop_already_stays_as_it_is() -> None:
    rgb = np.full((CROP, CROP, 3), 7, np.uint8)
    assert eyeq_crop(rgb) is rgb


@pytest.mark.parametrize("cut", list(Cut))
def test_the_networks_see_the_crop_and_it_is_kept_apart(tmp_path: Path, cut: Cut) -> None:
    Image.fromarray(in_a_wide_frame()).save(tmp_path / "1_left.png")
    limits = ScoreThresholds(accept=60, retake=40, by_map=0.5)

    def seen(how: Cut) -> tuple[GradeSeen, int]:
        item = Item("1_left", tmp_path / "1_left.png", "1", (), Quality.GOOD, how)
        with PredictionCache(tmp_path / "kept.sqlite") as cache:
            found = observe(
                Listing((item,)), GradeYardstick(limits), cast("list[Predictor]", [BrightnessPredictor()]), cache
            )
        return found.seen["fp32"][0], found.reused

    other = Cut.NONE if cut is Cut.EYEQ else Cut.EYEQ
    assert seen(other)[1] == 0
    first, reused = seen(cut)
    # The other's prediction is not taken for this one; its own is, the second time.
    assert reused == 0
    assert seen(cut)[1] == 1
    if cut is Cut.EYEQ:
        assert first.score > seen(other)[0].score
        (remark,) = GradeYardstick(limits).remarks({"fp32": [first]})
        assert "cut to the square about the disc" in remark
