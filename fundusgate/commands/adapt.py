"""`fundusgate adapt`: both networks fine-tuned to one camera."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def adapt(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Photographs of one camera with labels.csv: columns file, quality, and patient where it is known.",
            exists=True,
            file_okay=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the weights and the report.")],
    weights: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE", help="Weights to begin from, of efiqa-cp-edge, fthnet-s or fthnet-l; else the shipped."
        ),
    ] = None,
    folds: Annotated[int, typer.Option(help="Parts of the cross-validation.", min=2, max=20)] = 5,
    tune_score: Annotated[
        bool, typer.Option("--tune-score", help="Let the score network's head learn, too; twice the time.")
    ] = False,
    profile: Annotated[
        Path | None, typer.Option(help="TOML file of thresholds; the shipped one unless given.", exists=True)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The figures as one JSON object on stdout.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of folds, views and order.")] = 1,
    threads: Annotated[int, typer.Option(help="PyTorch's threads.", min=1)] = 1,
) -> None:
    """Fine-tune both networks to one camera from some fifty labelled photographs, with figures before and after.

    The figures are cross-validated by patient: each photograph is judged by weights that never saw its patient. New
    weights are written only where they are surely better; else the old ones stay, and the report says so. Interrupt it
    at any time: the same command goes on where it stopped.

    Examples:
        fundusgate adapt clinic --out adapted

        fundusgate export --out bundle --model efiqa-cp-edge=adapted/efiqa-cp-edge.safetensors --model fthnet-s
    """
    import json

    from rich.console import Console
    from rich.markup import escape

    from fundusgate.commands.adapt_table import as_json_object, decisions_of, export_line, table_of
    from fundusgate.commands.stages import stages

    console = Console(stderr=True)
    try:
        from fundusgate.models.checkpoints import CheckpointError
        from fundusgate.models.weights import WeightsError
        from fundusgate.runtime.profile import ProfileError
        from fundusgate.training.adaptation.camera import AdaptationError
        from fundusgate.training.adaptation.outcome import AdaptationOrder
        from fundusgate.training.adaptation.run import adapt as adapt_networks
        from fundusgate.training.photographs import LabelsError
    except ModuleNotFoundError as error:
        missing = f"{error.name} is not installed; pip install 'fundusgate[training]' on a workstation"
        console.print(f"[red]not adapted:[/red] {escape(missing)}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    try:
        edge, score_name, score = _weights(weights or [])
        order = AdaptationOrder(
            data=folder,
            out=out,
            map_weights=edge,
            score_name=score_name,
            score_weights=score,
            folds=folds,
            tune_score=tune_score,
            profile=profile,
            seed=seed,
            threads=threads,
        )
        with stages(console) as stage:
            done = adapt_networks(order, stage)
        out.mkdir(parents=True, exist_ok=True)
        (out / "adaptation.json").write_text(json.dumps(as_json_object(done), indent=1), encoding="utf-8")
    except (AdaptationError, CheckpointError, LabelsError, OSError, ProfileError, WeightsError) as error:
        console.print(f"[red]not adapted:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    for sentence in done.camera.skipped:
        console.print(f"left out: {escape(sentence)}", highlight=False, soft_wrap=True)
    if done.camera.unlabelled:
        console.print(f"left out: {done.camera.unlabelled} rows without a label of their own", highlight=False)
    if not done.camera.patients_known:
        console.print(
            "No patient has two photographs in the table. If that is because column patient is missing, the figures"
            " after adaptation are too good.",
            highlight=False,
            soft_wrap=True,
        )
    if as_json:
        typer.echo(json.dumps(as_json_object(done)))
    else:
        Console().print(table_of(done))
        for sentence in decisions_of(done):
            typer.echo(sentence)
    typer.echo(export_line(done, order), err=True)


def _weights(given: list[str]) -> tuple[Path, str, Path]:
    """Of the map; and the score network's name and weights."""
    from fundusgate.models.weights import shipped_weights
    from fundusgate.training.judging import MAP_NETWORK, SCORE_NETWORKS

    edge: Path | None = None
    score_name, score = SCORE_NETWORKS[0], None
    for text in given:
        name, _, file = text.partition("=")
        if not file or name not in (MAP_NETWORK, *SCORE_NETWORKS):
            raise typer.BadParameter(
                f"{text}: write NAME=FILE with one of {', '.join((MAP_NETWORK, *SCORE_NETWORKS))}",
                param_hint="--weights",
            )
        if not Path(file).is_file():
            raise typer.BadParameter(f"{text}: {file} is not there", param_hint="--weights")
        if name == MAP_NETWORK:
            edge = Path(file)
        else:
            score_name, score = name, Path(file)
    return edge or shipped_weights(MAP_NETWORK), score_name, score or shipped_weights(score_name)
