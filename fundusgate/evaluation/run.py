"""One evaluation from a data set's folder to its results on the disk."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from fundusgate.evaluation.bootstrap import RESAMPLES, SEED
from fundusgate.evaluation.evaluate import measure, observe
from fundusgate.evaluation.prediction_cache import PredictionCache
from fundusgate.evaluation.predictor import Predictor, framings, thresholds
from fundusgate.evaluation.report.results import Results, write_photographs, write_results

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fundusgate.evaluation.data_sets.base import DataSet, Listing
    from fundusgate.evaluation.yardsticks.base import Yardstick
    from fundusgate.runtime.profile import Profile

T = TypeVar("T")
Seen = TypeVar("Seen")

CACHE_NAME = "predictions.sqlite"


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation leaves.

    Attributes:
        results: The figures and what belongs beside them.
        files: What was written.
        reused: Predictions that an earlier run had made.
    """

    results: Results
    files: tuple[Path, ...]
    reused: int


def _untold(_name: str, _total: int) -> Callable[[], None]:
    return lambda: None


def evaluate_data_set(
    data_set: DataSet[T],
    yardstick_for: Callable[[Listing[T], Profile], Yardstick[T, Seen]],
    *,
    bundle: Path | None,
    precisions: Sequence[str],
    out: Path,
    profile: Profile | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    threads: int | None = None,
    stage: Callable[[str, int], Callable[[], None]] = _untold,
) -> Evaluated:
    """Judge a data set, measure, and write results, plots and a table of the photographs.

    Args:
        data_set: Which.
        yardstick_for: Gives the yardstick, from what was found and the thresholds in use.
        bundle: Folder of the bundle; None for the shipped one.
        precisions: "fp32", "int8", or both.
        out: Folder for everything that is written; predictions kept there by an earlier run serve again.
        profile: Thresholds; None for the shipped ones with the bundle's working points.
        resamples: Of the bootstrap; 0 for no intervals.
        seed: Of the bootstrap.
        threads: Threads for one network.
        stage: Told what begins and how many steps it has; gives what is called at each step.

    Returns:
        The results, the files that were written, and how much an earlier run had done.

    Raises:
        AssessorError: The bundle lacks a network or a precision.
        BackendError: A graph cannot be opened.
        BundleError: The bundle is not whole.
        CacheError: Predictions cannot be kept.
        DataSetError: The data set cannot be used.
        OSError: A result cannot be written.
    """
    with ExitStack() as stack:
        predictors = [
            stack.enter_context(Predictor(bundle, precision, threads=threads, profile=profile))
            for precision in precisions
        ]
        limits = predictors[0].profile
        listing = data_set.list()
        out.mkdir(parents=True, exist_ok=True)
        cache = stack.enter_context(PredictionCache(out / CACHE_NAME))
        yardstick = yardstick_for(listing, limits)
        observed = observe(listing, yardstick, predictors, cache, stage("judging", len(listing.items)))
    measured = measure(observed, yardstick, resamples, seed, stage("resampling", resamples))
    results = Results(
        data_set=data_set.name,
        networks={network.name: network.version for network in predictors[0].networks},
        framings=framings(bundle),
        thresholds=thresholds(limits),
        bundle_sha256=predictors[0].bundle_sha256,
        labelled=len(listing.items),
        judged=len(observed.items),
        patients=len({item.patient for item in observed.items}),
        troubles=observed.troubles,
        remarks=(*listing.remarks, *yardstick.remarks(observed.seen)),
        measured=measured,
        resamples=resamples,
        seed=seed,
    )
    rows = {precision: [yardstick.row(one) for one in seen] for precision, seen in observed.seen.items()}
    files = [
        write_results(results, out / "results.json"),
        write_photographs(observed.items, rows, out / "photographs.csv"),
        *yardstick.draw(observed.seen, out),
    ]
    return Evaluated(results, tuple(files), observed.reused)
