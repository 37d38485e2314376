"""``fundusgate train``: the recipes as a command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = """
Train a network by its recipe, on a folder of photographs with a labels.csv (columns file, source, quality; good,
usable or reject). Interrupt it at any time: the same command goes on where it stopped.

Examples:

  fundusgate train efiqa-cp-edge --data photographs --out runs/edge

  fundusgate train fthnet-s --data photographs --out runs/score --hold-out clinic_b --steps 2000

  fundusgate train efiqa-cp-edge --for-int8 --data photographs --out runs/int8
"""


def train(
    name: Annotated[str, typer.Argument(help="efiqa-cp-edge, fthnet-s or fthnet-l.")],
    data: Annotated[Path, typer.Option(help="Folder with labels.csv.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints, the log and the weights.")],
    hold_out: Annotated[
        list[str] | None, typer.Option(help="A source to leave out of training altogether; may be repeated.")
    ] = None,
    assume_good: Annotated[
        list[str] | None,
        typer.Option(help="A source without labels whose photographs were chosen to be readable; may be repeated."),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Optimizer steps; the recipe's own number unless given.")] = None,
    start: Annotated[Path | None, typer.Option(help="Weights to begin from.", exists=True)] = None,
    teacher: Annotated[
        Path | None,
        typer.Option(
            help="Weights of efiqa-cp-edge whose map a score network is taught; the shipped ones unless given.",
            exists=True,
        ),
    ] = None,
    for_int8: Annotated[
        bool,
        typer.Option(
            "--for-int8",
            help="Learn to give in INT8 the answers of float; from the shipped weights, or --start.",
        ),
    ] = False,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate; the recipe's unless given.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and augmentation.")] = 1,
    threads: Annotated[int, typer.Option(help="PyTorch's threads.")] = 1,
    workers: Annotated[int, typer.Option(help="Processes that make samples.")] = 1,
    cache: Annotated[
        Path | None, typer.Option(help="Where framed photographs are kept; OUT/cache unless given.")
    ] = None,
) -> None:
    """Train a network by its recipe."""
    from fundusgate.models.checkpoints import CheckpointError
    from fundusgate.models.weights import WeightsError, shipped_weights
    from fundusgate.training.loop import TrainingError
    from fundusgate.training.photographs import LabelsError
    from fundusgate.training.run import TrainingOrder, recipe_of, run

    try:
        order = TrainingOrder(
            name=name,
            recipe=recipe_of(name, for_int8=for_int8),
            data=data,
            out=out,
            hold_out=tuple(hold_out or ()),
            assume_good=tuple(assume_good or ()),
            steps=steps,
            start=shipped_weights(name) if for_int8 and start is None else start,
            teacher=teacher,
            learning_rate=learning_rate,
            seed=seed,
            threads=threads,
            workers=workers,
            cache=cache or out / "cache",
        )
        weights = run(order)
    except (TrainingError, LabelsError, WeightsError, CheckpointError) as error:
        typer.echo(f"not trained: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"weights: {weights}")


train.__doc__ = EXAMPLES
