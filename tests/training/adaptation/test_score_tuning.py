from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
import torch

from fundusgate.models import build
from fundusgate.training.adaptation.score_tuning import Affine, fit_affine, with_affine
from fundusgate.training.photographs import Quality

if TYPE_CHECKING:
    from fundusgate.models.fthnet import FTHNet

LABELS = [Quality.GOOD, Quality.USABLE, Quality.REJECT] * 10


def test_scores_on_their_anchors_stay() -> None:
    affine = fit_affine([82.0, 69.0, 41.0] * 10, LABELS)
    assert (affine.slope, affine.offset) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-9))


def test_a_camera_that_reads_too_low_is_lifted_most_of_the_way() -> None:
    affine = fit_affine([52.0, 39.0, 11.0] * 10, LABELS)
    assert 69 < affine.of(52.0) < 82
    assert affine.of(11.0) < affine.of(39.0) < affine.of(52.0)


def test_order_is_never_turned_round() -> None:
    assert fit_affine([20.0, 50.0, 90.0] * 10, LABELS).slope == pytest.approx(0.3)


def test_a_large_class_weighs_no_more_than_a_small_one() -> None:
    few = fit_affine([60.0, 50.0, 30.0], [Quality.GOOD, Quality.USABLE, Quality.REJECT])
    many = fit_affine([60.0] * 50 + [50.0, 30.0], [Quality.GOOD] * 50 + [Quality.USABLE, Quality.REJECT])
    assert many.slope == pytest.approx(few.slope)
    assert many.offset == pytest.approx(few.offset)


def test_the_affine_map_lies_inside_the_weights() -> None:
    torch.manual_seed(3)
    network = cast("FTHNet", build("fthnet-s"))
    images = torch.randn(2, 3, 384, 384)
    with torch.inference_mode():
        before = network(images)
        after = with_affine(network, Affine(1.4, -12.0))(images)
    torch.testing.assert_close(after, 1.4 * before - 0.12, rtol=1e-4, atol=1e-5)
