"""Run a data set through one or more precisions, one photograph at a time, and measure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from fundusgate.evaluation.bootstrap import RESAMPLES, SEED, Estimate, estimate, resampled_counts
from fundusgate.evaluation.data_sets.base import Cut, DataSetError, Item, Listing, Trouble, TroubleKind
from fundusgate.evaluation.data_sets.eyeq_crop import eyeq_crop
from fundusgate.evaluation.yardsticks.base import REFERENCE, ObservationError
from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.photograph import PhotographError, decode_photograph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fundusgate.evaluation.prediction import Prediction
    from fundusgate.evaluation.prediction_cache import PredictionCache
    from fundusgate.evaluation.predictor import Predictor
    from fundusgate.evaluation.yardsticks.base import FigureKey, Yardstick

T = TypeVar("T")
Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Measured:
    """One figure in every precision.

    Attributes:
        key: Which figure.
        values: By precision.
        difference: The other precision minus the reference, resampled in pairs; None with one precision.
    """

    key: FigureKey
    values: Mapping[str, Estimate]
    difference: Estimate | None


@dataclass(frozen=True, eq=False)
class Observed(Generic[T, Seen]):
    """Every photograph that could be judged.

    Attributes:
        items: Those that every precision judged, in the data set's order.
        seen: Their observations by precision, in the same order.
        troubles: What could not be used, the data set's own and those of its photographs.
        reused: How many predictions an earlier run had made.
    """

    items: tuple[Item[T], ...]
    seen: Mapping[str, tuple[Seen, ...]]
    troubles: tuple[Trouble, ...]
    reused: int


def observe(
    listing: Listing[T],
    yardstick: Yardstick[T, Seen],
    predictors: Sequence[Predictor],
    cache: PredictionCache,
    advance: Callable[[], None] = lambda: None,
) -> Observed[T, Seen]:
    """Judge every photograph in every precision.

    A file that cannot be read, or on which a network fails, is named in the troubles and the rest go on.

    Args:
        listing: The data set.
        yardstick: What to keep of each photograph.
        predictors: One for each precision.
        cache: Predictions of earlier runs, and where to keep those of this one.
        advance: Called after each photograph.

    Raises:
        CacheError: Predictions cannot be kept.
        DataSetError: Not one photograph could be judged.
    """
    items: list[Item[T]] = []
    seen: dict[str, list[Seen]] = {predictor.precision: [] for predictor in predictors}
    troubles = list(listing.troubles)
    reused = 0
    for item in listing.items:
        try:
            predictions, known = _predict(item, predictors, cache)
            observed = [yardstick.observe(item, prediction) for prediction in predictions]
        except (PhotographError, BackendError, ObservationError) as error:
            kind = TroubleKind.BAD_LABEL if isinstance(error, ObservationError) else TroubleKind.UNREADABLE
            troubles.append(Trouble(kind, item.name, str(error)))
        else:
            reused += known
            items.append(item)
            for predictor, one in zip(predictors, observed, strict=True):
                seen[predictor.precision].append(one)
        advance()
    if not items:
        raise DataSetError(
            f"not one of {len(listing.items)} photographs could be judged; the last: {troubles[-1].what}:"
            f" {troubles[-1].reason}"
        )
    return Observed(tuple(items), {precision: tuple(held) for precision, held in seen.items()}, tuple(troubles), reused)


def _predict(item: Item[T], predictors: Sequence[Predictor], cache: PredictionCache) -> tuple[list[Prediction], int]:
    """The photograph's prediction in each precision, and how many of them were known."""
    try:
        data = item.path.read_bytes()
    except OSError as error:
        raise PhotographError(f"the file cannot be opened ({error.strerror}); check its permissions") from error
    digest = hashlib.sha256(data).hexdigest()
    if item.cut is not Cut.NONE:
        # what was said of the whole file is not said of its crop
        digest = f"{digest}:{item.cut.value}"
    found = [cache.find(digest, predictor.identity) for predictor in predictors]
    known = sum(prediction is not None for prediction in found)
    if known < len(found):
        rgb = decode_photograph(data)
        if item.cut is Cut.EYEQ:
            rgb = eyeq_crop(rgb)
        for index, predictor in enumerate(predictors):
            if found[index] is None:
                prediction = predictor.predict(rgb)
                cache.keep(digest, predictor.identity, prediction)
                found[index] = prediction
    return [prediction for prediction in found if prediction is not None], known


def measure(
    observed: Observed[T, Seen],
    yardstick: Yardstick[T, Seen],
    resamples: int = RESAMPLES,
    seed: int = SEED,
    advance: Callable[[], None] = lambda: None,
) -> tuple[Measured, ...]:
    """Work out every figure, its interval, and what another precision changed.

    The same resamples of patients serve every precision, so differences are paired.

    Args:
        observed: What was seen.
        yardstick: How to measure.
        resamples: Resamples of the patients; 0 for none, and no intervals.
        seed: Of the resampling.
        advance: Called after each resample.
    """
    samples = {precision: yardstick.gather(seen) for precision, seen in observed.seen.items()}
    once = np.ones(len(observed.items), dtype=np.int64)
    values = {precision: sample.figures(once) for precision, sample in samples.items()}
    keys = list(next(iter(values.values())))
    drawn = {precision: np.full((resamples, len(keys)), np.nan) for precision in samples}
    patients = [item.patient for item in observed.items]
    for index, counts in enumerate(resampled_counts(patients, resamples, seed)):
        for precision, sample in samples.items():
            figures = sample.figures(counts)
            drawn[precision][index] = [figures[key] for key in keys]
        advance()
    other = next((precision for precision in samples if precision != REFERENCE), None)
    measured = []
    for column, key in enumerate(keys):
        estimates = {precision: estimate(values[precision][key], drawn[precision][:, column]) for precision in samples}
        difference = None
        if other is not None and REFERENCE in samples:
            change = values[other][key] - values[REFERENCE][key]
            difference = estimate(change, drawn[other][:, column] - drawn[REFERENCE][:, column])
        measured.append(Measured(key, estimates, difference))
    return tuple(measured)
