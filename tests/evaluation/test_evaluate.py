from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
from PIL import Image

from fundusgate.evaluation.data_sets.base import DataSetError, Item, Listing, TroubleKind
from fundusgate.evaluation.data_sets.fqs import Opinion
from fundusgate.evaluation.evaluate import Measured, Observed, measure, observe
from fundusgate.evaluation.prediction_cache import PredictionCache
from fundusgate.evaluation.yardsticks.base import FigureKey
from fundusgate.evaluation.yardsticks.opinion import REPORTED, OpinionSeen, OpinionYardstick
from tests.evaluation.predictors import BrightnessPredictor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fundusgate.evaluation.predictor import Predictor

SCORES = [float(10 + 3 * number) for number in range(20)]


@pytest.fixture
def listing(tmp_path: Path) -> Listing[Opinion]:
    """Grey pictures whose mean is their truth; two of each patient."""
    items = []
    for number, score in enumerate(SCORES):
        path = tmp_path / "pictures" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((32, 32, 3), score, np.uint8)).save(path)
        items.append(Item(f"{number}.png", path, f"patient {number // 2}", (), Opinion(score, None)))
    return Listing(tuple(items))


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[PredictionCache]:
    with PredictionCache(tmp_path / "p.sqlite") as opened:
        yield opened


def run(
    listing: Listing[Opinion], cache: PredictionCache, *predictors: BrightnessPredictor
) -> Observed[Opinion, OpinionSeen]:
    return observe(listing, OpinionYardstick(), cast("list[Predictor]", list(predictors)), cache)


def figure(observed: Observed[Opinion, OpinionSeen], metric: str, resamples: int = 50, seed: int = 1) -> Measured:
    key = FigureKey(REPORTED, metric)
    return next(one for one in measure(observed, OpinionYardstick(), resamples, seed) if one.key == key)


def test_perfect_predictions(listing: Listing[Opinion], cache: PredictionCache) -> None:
    observed = run(listing, cache, BrightnessPredictor())
    assert observed.troubles == ()
    assert figure(observed, "PLCC", resamples=50).values["fp32"].value == pytest.approx(1)
    found = figure(observed, "RMSE", resamples=50)
    assert (found.values["fp32"].value, found.values["fp32"].high) == (0, 0)
    assert found.difference is None


def test_one_bad_file_never_ends_it(listing: Listing[Opinion], cache: PredictionCache) -> None:
    listing.items[2].path.write_bytes(b"no picture")
    listing.items[3].path.unlink()
    listing.items[4].path.write_bytes(listing.items[4].path.read_bytes()[:60])
    listing.items[5].path.write_bytes(b"")
    steps = []
    observed = observe(
        listing,
        OpinionYardstick(),
        cast("list[Predictor]", [BrightnessPredictor(fails_at=SCORES[6])]),
        cache,
        lambda: steps.append(1),
    )
    assert [(trouble.kind, trouble.what) for trouble in observed.troubles] == [
        (TroubleKind.UNREADABLE, f"{number}.png") for number in (2, 3, 4, 5, 6)
    ]
    assert "not finite" in observed.troubles[-1].reason
    assert len(observed.items) == 15
    assert len(steps) == 20


def test_a_photograph_on_which_one_precision_fails_counts_for_neither(
    listing: Listing[Opinion], cache: PredictionCache
) -> None:
    observed = run(listing, cache, BrightnessPredictor(), BrightnessPredictor("int8", fails_at=SCORES[0]))
    assert len(observed.seen["fp32"]) == len(observed.seen["int8"]) == len(observed.items) == 19


def test_nothing_that_can_be_judged(listing: Listing[Opinion], cache: PredictionCache) -> None:
    for item in listing.items:
        item.path.write_bytes(b"no picture")
    with pytest.raises(DataSetError, match=r"not one of 20 photographs .* 19\.png"):
        run(listing, cache, BrightnessPredictor())


def test_an_interrupted_run_goes_on_where_it_stopped(listing: Listing[Opinion], cache: PredictionCache) -> None:
    class StoppedError(RuntimeError):
        pass

    steps = 0

    def interrupt() -> None:
        nonlocal steps
        steps += 1
        if steps == 7:
            raise StoppedError

    first = BrightnessPredictor()
    with pytest.raises(StoppedError):
        observe(listing, OpinionYardstick(), cast("list[Predictor]", [first]), cache, interrupt)
    assert first.asked == 7
    second = BrightnessPredictor()
    observed = run(listing, cache, second)
    assert second.asked == 13
    assert observed.reused == 7
    assert [one.score for one in observed.seen["fp32"]] == SCORES


def test_what_is_kept_belongs_to_the_photographs_bytes_and_to_the_bundle(
    listing: Listing[Opinion], cache: PredictionCache
) -> None:
    run(listing, cache, BrightnessPredictor())
    Image.fromarray(np.full((32, 32, 3), 200, np.uint8)).save(listing.items[0].path)
    listing.items[1].path.rename(listing.items[1].path.with_name("moved.png"))
    moved = Item("moved", listing.items[1].path.with_name("moved.png"), "p", (), listing.items[1].truth)
    changed = Listing((listing.items[0], moved, *listing.items[2:]))
    again, other = BrightnessPredictor(), BrightnessPredictor(offset=1)
    assert run(changed, cache, again).seen["fp32"][0].score == 200
    assert again.asked == 1
    run(changed, cache, other)
    assert other.asked == 20


def test_the_difference_is_paired(listing: Listing[Opinion], cache: PredictionCache) -> None:
    """A shift by the same 2 points is certain, however much the figures themselves vary between patients."""
    noisy = BrightnessPredictor(offset=10)
    shifted = BrightnessPredictor("int8", offset=12)
    found = figure(run(listing, cache, noisy, shifted), "RMSE", resamples=200)
    assert found.values["fp32"].value == pytest.approx(10)
    assert found.difference is not None
    assert found.difference.value == pytest.approx(2)
    assert found.difference.low == pytest.approx(2)
    assert found.difference.high == pytest.approx(2)


def test_the_seed_gives_the_same_interval(listing: Listing[Opinion], cache: PredictionCache) -> None:
    observed = run(listing, cache, BrightnessPredictor())
    for one in observed.seen["fp32"]:
        object.__setattr__(one, "truth", 100 - one.truth**2 / 100)
    first, again, other = (figure(observed, "PLCC", resamples=30, seed=seed).values["fp32"] for seed in (1, 1, 2))
    assert first == again
    assert first.low != other.low
    assert first.low is not None
    assert first.high is not None
    assert first.low <= first.value <= first.high


def test_no_resamples_no_interval(listing: Listing[Opinion], cache: PredictionCache) -> None:
    found = figure(run(listing, cache, BrightnessPredictor()), "RMSE", resamples=0)
    assert (found.values["fp32"].value, found.values["fp32"].low) == (0, None)
