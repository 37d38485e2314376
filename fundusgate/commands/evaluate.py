"""`fundusgate evaluate`: the papers' figures on the papers' data sets."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.evaluation.data_sets.base import DataSet, Listing
    from fundusgate.evaluation.yardsticks.base import Yardstick
    from fundusgate.runtime.profile import Profile


class EvaluatePrecision(str, Enum):
    """Which variants of the bundle's networks to measure."""

    HELD = "held"
    """fp32, and INT8 beside it where the bundle holds it."""
    FP32 = "fp32"
    """Floating point alone."""
    INT8 = "int8"
    """Quantized alone."""
    BOTH = "both"
    """Side by side, with the difference and its interval."""


class EyeqTable(str, Enum):
    """Which of EyeQ's tables."""

    TEST = "test"
    TRAIN = "train"


evaluate = typer.Typer(
    help="""Measure a bundle on the data sets of the papers, fp32 beside INT8, with intervals over patients.

Nothing is downloaded: docs/evaluation.md says what to fetch and how the folders must look. An interrupted run goes on
where it stopped.

For example:

    fundusgate evaluate fqs --root FQS

    fundusgate evaluate eyeq --root EyeQ/data --photographs EyeQ/original_crop --bundle bundle --precision both

    fundusgate evaluate funpiq --root FunPiQ --eyeq EyeQ/original_crop --brset BRSET --mbrset mBRSET --json
""",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Root = Annotated[Path, typer.Option(help="Folder of the data set.", exists=True, file_okay=False)]
Photographs = Annotated[
    Path | None,
    typer.Option(help="Folder of its photographs, where they lie elsewhere.", exists=True, file_okay=False),
]
BundleFolder = Annotated[
    Path | None,
    typer.Option(
        "--bundle", help="Folder of the networks; the shipped ones unless given.", exists=True, file_okay=False
    ),
]
PrecisionOption = Annotated[EvaluatePrecision, typer.Option(help="Variants of the networks.")]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder for results, plots and kept predictions; fundusgate-evaluation/NAME unless given."),
]
AsJson = Annotated[bool, typer.Option("--json", help="The results as one JSON object on stdout, instead of a table.")]
ProfileFile = Annotated[
    Path | None,
    typer.Option(
        "--profile", help="TOML file of thresholds; the shipped one unless given.", exists=True, dir_okay=False
    ),
]
Resamples = Annotated[int, typer.Option(help="Resamples of the patients for the intervals; 0 for none.", min=0)]
Crop = Annotated[
    bool,
    typer.Option(
        "--crop",
        help="EyeQ's photographs are EyePACS's originals: cut each to the disc at 800 x 800, as EyeQ's script does.",
    ),
]
Threads = Annotated[int | None, typer.Option(help="Threads for one network; all processors unless given.", min=1)]


@evaluate.command()
def fqs(
    root: Root,
    photographs: Photographs = None,
    bundle: BundleFolder = None,
    precision: PrecisionOption = EvaluatePrecision.HELD,
    out: Out = None,
    as_json: AsJson = False,
    profile: ProfileFile = None,
    resamples: Resamples = 1000,
    threads: Threads = None,
) -> None:
    """FQS: PLCC, SRCC and RMSE of the scores, for each of its ten folds and their mean.

    For example:

        fundusgate evaluate fqs --root FQS
    """
    from fundusgate.evaluation.data_sets.fqs import Fqs
    from fundusgate.evaluation.yardsticks.opinion import OpinionYardstick

    _evaluate(
        Fqs(root, photographs),
        lambda listing, _: OpinionYardstick(listing.folds),
        _Order(bundle, precision, out, as_json, profile, resamples, threads),
    )


@evaluate.command()
def eyeq(
    root: Root,
    photographs: Photographs = None,
    split: Annotated[EyeqTable, typer.Option(help="Which of EyeQ's tables.")] = EyeqTable.TEST,
    crop: Crop = False,
    bundle: BundleFolder = None,
    precision: PrecisionOption = EvaluatePrecision.HELD,
    out: Out = None,
    as_json: AsJson = False,
    profile: ProfileFile = None,
    resamples: Resamples = 1000,
    threads: Threads = None,
) -> None:
    """EyeQ: accuracy, macro precision, recall and F1, kappa and AUC of good, usable, reject.

    For example:

        fundusgate evaluate eyeq --root EyeQ/data --photographs EyeQ/original_crop

        fundusgate evaluate eyeq --root EyeQ/data --photographs EyePACS/test --crop
    """
    from fundusgate.evaluation.data_sets.base import Cut
    from fundusgate.evaluation.data_sets.eyeq import Eyeq, EyeqSplit
    from fundusgate.evaluation.yardsticks.grades import GradeYardstick

    _evaluate(
        Eyeq(root, photographs, EyeqSplit(split.value), Cut.EYEQ if crop else Cut.NONE),
        lambda _, limits: GradeYardstick(limits.score),
        _Order(bundle, precision, out, as_json, profile, resamples, threads),
    )


@evaluate.command()
def funpiq(
    root: Root,
    eyeq_folder: Annotated[
        Path | None,
        typer.Option(
            "--eyeq",
            help="EyeQ's photographs, cropped to 800 x 800, or originals and --crop.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    brset: Annotated[Path | None, typer.Option(help="BRSET's photographs.", exists=True, file_okay=False)] = None,
    mbrset: Annotated[Path | None, typer.Option(help="mBRSET's photographs.", exists=True, file_okay=False)] = None,
    crop: Crop = False,
    bundle: BundleFolder = None,
    precision: PrecisionOption = EvaluatePrecision.HELD,
    out: Out = None,
    as_json: AsJson = False,
    profile: ProfileFile = None,
    resamples: Resamples = 1000,
    threads: Threads = None,
) -> None:
    """FunPiQ: kappa of good, usable, bad pixels; bad against the rest: Dice, AUROC, AUPRC, sensitivity.

    For example:

        fundusgate evaluate funpiq --root FunPiQ --eyeq EyeQ/original_crop --brset BRSET --mbrset mBRSET
    """
    from fundusgate.evaluation.data_sets.base import Cut
    from fundusgate.evaluation.data_sets.funpiq import Funpiq, Source
    from fundusgate.evaluation.yardsticks.regions import RegionYardstick

    given = {Source.EYEQ: eyeq_folder, Source.BRSET: brset, Source.MBRSET: mbrset}
    _evaluate(
        Funpiq(
            root,
            {source: folder for source, folder in given.items() if folder is not None},
            Cut.EYEQ if crop else Cut.NONE,
        ),
        lambda _, limits: RegionYardstick(limits.map.cell),
        _Order(bundle, precision, out, as_json, profile, resamples, threads),
    )


class _Order:
    """What the three commands have in common."""

    def __init__(
        self,
        bundle: Path | None,
        precision: EvaluatePrecision,
        out: Path | None,
        as_json: bool,
        profile: Path | None,
        resamples: int,
        threads: int | None,
    ) -> None:
        self.bundle = bundle
        self.precision = precision
        self.out = out
        self.as_json = as_json
        self.profile = profile
        self.resamples = resamples
        self.threads = threads


def _evaluate(
    data_set: DataSet[Any], yardstick_for: Callable[[Listing[Any], Profile], Yardstick[Any, Any]], order: _Order
) -> None:
    import json

    from rich.console import Console
    from rich.markup import escape

    from fundusgate.commands.stages import stages
    from fundusgate.evaluation.data_sets.base import DataSetError
    from fundusgate.evaluation.extras import MissingExtraError, check_extra
    from fundusgate.evaluation.prediction_cache import CacheError
    from fundusgate.evaluation.report.table import tables_of
    from fundusgate.evaluation.run import evaluate_data_set
    from fundusgate.runtime.assessor import AssessorError
    from fundusgate.runtime.backends.base import BackendError
    from fundusgate.runtime.bundle import BundleError
    from fundusgate.runtime.profile import Profile, ProfileError

    told, shown = Console(stderr=True), Console()
    try:
        check_extra()
        profile = None if order.profile is None else Profile.load(order.profile)
        with stages(told) as stage:
            evaluated = evaluate_data_set(
                data_set,
                yardstick_for,
                bundle=order.bundle,
                precisions=_precisions(order),
                out=order.out or Path("fundusgate-evaluation") / data_set.name,
                profile=profile,
                resamples=order.resamples,
                threads=order.threads,
                stage=stage,
            )
    except (
        AssessorError,
        BackendError,
        BundleError,
        CacheError,
        DataSetError,
        MissingExtraError,
        OSError,
        ProfileError,
    ) as error:
        told.print(f"[red]not evaluated:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    results = evaluated.results
    if order.as_json:
        typer.echo(json.dumps(results.to_json_object(), allow_nan=False))
    else:
        shown.print(tables_of(results))
    if evaluated.reused:
        every = results.judged * len(results.measured[0].values)
        told.print(f"{evaluated.reused} of {every} predictions were an earlier run's", highlight=False)
    written = ", ".join(str(path) for path in evaluated.files)
    told.print(f"written: {escape(written)}", highlight=False, soft_wrap=True)


def _precisions(order: _Order) -> tuple[str, ...]:
    from fundusgate.evaluation.predictor import held_precisions

    if order.precision is EvaluatePrecision.HELD:
        return held_precisions(order.bundle)
    return ("fp32", "int8") if order.precision is EvaluatePrecision.BOTH else (order.precision.value,)
