"""``fundusgate visibility``: pseudo-labels by anatomical visibility, and what they rest on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

visibility = typer.Typer(
    help="""Label where a photograph's anatomy cannot be seen, from the vessels that should be there.

For example:

    fundusgate visibility label photographs --out labels

    fundusgate visibility train --data photographs --out runs/visibility --assume-good clinic_a
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
    vessel_steps: Annotated[int, typer.Option(help="Optimizer steps of the vessel network.", min=1)] = 1500,
    inpainting_steps: Annotated[int, typer.Option(help="Optimizer steps of the inpainting network.", min=1)] = 1500,
    phantoms: Annotated[int, typer.Option(help="Phantom eyes to learn vessels from.", min=1)] = 180,
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
