"""``fundusgate visibility``: pseudo-labels by anatomical visibility, and what they rest on."""

from __future__ import annotations

from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

visibility = typer.Typer(
    help="""Label where a photograph's anatomy cannot be seen, from the vessels that should be there.

For example:

    fundusgate visibility label photographs --out labels

    fundusgate visibility train --data photographs --out runs/visibility --assume-good clinic_a

    fundusgate visibility prior photographs
""",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@visibility.command()
def train(
    data: Annotated[Path, typer.Option(help="Folder with labels.csv.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, logs and both networks' weights.")],
    hold_out: Annotated[
        list[str] | None, typer.Option(help="A source to leave out of training altogether; may be repeated.")
    ] = None,
    assume_good: Annotated[
        list[str] | None,
        typer.Option(help="A source without labels whose photographs were chosen to be readable; may be repeated."),
    ] = None,
    vessel_steps: Annotated[int, typer.Option(help="Optimizer steps of the vessel network.", min=1)] = 900,
    inpainting_steps: Annotated[int, typer.Option(help="Optimizer steps of the inpainting network.", min=1)] = 300,
    phantoms: Annotated[int, typer.Option(help="Phantom eyes to learn vessels from.", min=1)] = 120,
    seed: Annotated[int, typer.Option(help="Of weights, order and augmentation.")] = 1,
    threads: Annotated[int, typer.Option(help="PyTorch's threads.", min=1)] = 1,
    workers: Annotated[int, typer.Option(help="Processes that make samples.", min=0)] = 0,
) -> None:
    """Train the vessel network on phantoms and the inpainting network on vessel maps of good photographs.

    Interrupt it at any time: the same command goes on where it stopped.

    For example:

        fundusgate visibility train --data photographs --out runs/visibility --hold-out clinic_b --assume-good clinic_a
    """
    from fundusgate.training.loop import TrainingError
    from fundusgate.training.photographs import LabelsError
    from fundusgate.visibility.training_run import VisibilityOrder, run

    order = VisibilityOrder(
        data=data,
        out=out,
        hold_out=tuple(hold_out or ()),
        assume_good=tuple(assume_good or ()),
        vessel_steps=vessel_steps,
        inpainting_steps=inpainting_steps,
        phantoms=phantoms,
        seed=seed,
        threads=threads,
        workers=workers,
    )
    try:
        vessels, expected = run(order)
    except (TrainingError, LabelsError) as error:
        typer.echo(f"not trained: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"weights: {vessels}, {expected}")


class LabelRule(str, Enum):
    """How a cell is judged."""

    PUBLISHED = "published"
    """Seen and expected vessels differ by more than 0.02 on at least 90 % of its pixels (Wang et al., 2026)."""
    MISSING_SHARE = "missing-share"
    """At least six tenths of the expected cover in and around it are missing."""


@visibility.command()
def label(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Photographs, or folders to search with their subfolders.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the labels, labels.csv and overlays.", file_okay=False)],
    rule: Annotated[LabelRule, typer.Option(help="How cells are judged.")] = LabelRule.MISSING_SHARE,
    weights: Annotated[
        Path | None,
        typer.Option(help="Folder of `visibility train`; the shipped weights unless given.", exists=True),
    ] = None,
    overlays: Annotated[bool, typer.Option(help="Draw photograph, vessels and degraded cells side by side.")] = True,
    threads: Annotated[int, typer.Option(help="PyTorch's threads.", min=1)] = 1,
) -> None:
    """Write a 16 x 16 pseudo-label for each photograph: 0 outside the disc, 1 unlabelled, 2 degraded.

    A photograph that cannot be read is named with its fault and the rest go on; the exit code is then 1.

    For example:

        fundusgate visibility label photographs --out labels

        fundusgate visibility label eye.jpg --out labels --rule published
    """
    import torch
    from rich.console import Console
    from rich.markup import escape

    from fundusgate.models.checkpoints import CheckpointError
    from fundusgate.runtime.photograph import PhotographError
    from fundusgate.visibility.label_run import TABLE, label_photographs
    from fundusgate.visibility.missing import Rule
    from fundusgate.visibility.networks import VisibilityNetworks, VisibilityWeightsError

    told = Console(stderr=True)
    torch.set_num_threads(threads)
    try:
        networks = VisibilityNetworks.open(weights)
        with _stage(told, "labelling") as stage:
            done = label_photographs(paths, out, networks, Rule(rule.value), overlays=overlays, stage=stage)
    except (CheckpointError, OSError, PhotographError, VisibilityWeightsError) as error:
        told.print(f"[red]not labelled:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    for reason in done.unreadable:
        told.print(f"[red]not labelled:[/red] {escape(reason)}", highlight=False, soft_wrap=True)
    share = 100 * done.degraded / done.cells if done.cells else 0.0
    typer.echo(f"{done.labels} labels, {share:.1f} % of {done.cells} cells degraded: {out / TABLE}")
    if done.unreadable:
        raise typer.Exit(1)


@visibility.command()
def prior(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Photographs, or folders to search with their subfolders.")
    ],
    bundle: Annotated[
        Path | None,
        typer.Option(help="Folder of the networks; the shipped ones unless given.", exists=True, file_okay=False),
    ] = None,
    most: Annotated[int, typer.Option(help="Photographs to draw at most.", min=1)] = 300,
    seed: Annotated[int, typer.Option(help="Of the drawing and of the made faults.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Estimate the share of degraded cells in photographs that nobody has marked: the prior of nnPU.

    The bundle's map judges each photograph as it is, and again with a made local fault; how often the first scores
    like the second is the share.

    For example:

        fundusgate visibility prior photographs --most 200
    """
    import json
    import random

    from rich.console import Console
    from rich.markup import escape

    from fundusgate.runtime.assessor import Assessor, AssessorError
    from fundusgate.runtime.backends.base import BackendError
    from fundusgate.runtime.bundle import BundleError
    from fundusgate.runtime.photograph import PhotographError, list_photographs
    from fundusgate.visibility.prior import cell_scores, estimate_prior

    told = Console(stderr=True)
    try:
        photographs = list_photographs(paths)
        drawn = random.Random(seed).sample(photographs, min(most, len(photographs)))
        with Assessor.open(bundle) as assessor, _stage(told, "judging") as stage:
            scores = cell_scores(drawn, assessor, seed, stage(len(drawn)))
        report = estimate_prior(scores)
    except (AssessorError, BackendError, BundleError, PhotographError, ValueError) as error:
        told.print(f"[red]not estimated:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    for reason in scores.unreadable:
        told.print(f"[red]left out:[/red] {escape(reason)}", highlight=False, soft_wrap=True)
    best = report.best_bin
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "prior": best.prior,
                    "threshold": best.threshold,
                    "positives_above": best.positives,
                    "unlabelled_above": best.unlabelled,
                    "mean_ratio": report.mean_ratio,
                    "positive_cells": len(scores.positive),
                    "unlabelled_cells": len(scores.unlabelled),
                }
            )
        )
    else:
        typer.echo(
            f"prior {best.prior:.3f} (best bin: from {best.threshold:.2f} on, {100 * best.positives:.1f} % of"
            f" {len(scores.positive)} made positives and {100 * best.unlabelled:.1f} % of {len(scores.unlabelled)}"
            f" cells); by the ratio of means {report.mean_ratio:.3f}"
        )
    if scores.unreadable:
        raise typer.Exit(1)


@contextmanager
def _stage(console: Console, name: str) -> Iterator[Callable[[int], Callable[[], None]]]:
    """A bar on the console: what it gives is told a length, and gives what is called at each step."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden, redirect_stdout=False) as bars:

        def begin(total: int) -> Callable[[], None]:
            task = bars.add_task(name, total=total)
            return lambda: bars.advance(task)

        yield begin
