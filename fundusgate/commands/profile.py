"""`fundusgate profile`: working points for one camera."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from fundusgate.evaluation.camera_folder import CameraPhotograph
    from fundusgate.evaluation.profile_fit import Measured
    from fundusgate.runtime.assessor import Assessor

profile = typer.Typer(no_args_is_help=True, help="Thresholds of one camera.", rich_markup_mode="markdown")


@profile.callback()
def _group() -> None:
    """Thresholds of one camera."""


@profile.command()
def fit(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Photographs of one camera: labels.csv (file, quality), or subfolders good and bad, or unlabelled.",
            exists=True,
            file_okay=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="The profile to write, TOML.", dir_okay=False)],
    share: Annotated[
        float | None,
        typer.Option(help="Part of the photographs that shall be accepted, 0 to 1; needed without labels."),
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(help="Profile to start from; the shipped one unless given.", exists=True, dir_okay=False),
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(help="Folder of the networks; the shipped ones unless given.", exists=True, file_okay=False),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads for one network; all processors unless given.", min=1)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as one JSON object on stdout.")] = False,
) -> None:
    """Fit the thresholds of one camera on its photographs, and say what they would let pass.

    The report is cross-validated: each photograph is judged with thresholds that were fitted without it and without
    its patient. The profile itself is fitted on all. Give it to the camera with `--profile`.

    For example:

        fundusgate profile fit clinic-camera --out clinic.toml

        fundusgate profile fit unlabelled --share 0.85 --out handheld.toml

        fundusgate assess new-photographs --profile clinic.toml
    """
    import json

    from rich.console import Console
    from rich.markup import escape

    from fundusgate.commands.profile_table import as_json_object, note_of, table_of
    from fundusgate.evaluation.camera_folder import CameraFolderError, read_camera_folder
    from fundusgate.evaluation.extras import MissingExtraError, check_extra
    from fundusgate.evaluation.profile_fit import TooFewPhotographsError, check_enough, fit_profile
    from fundusgate.evaluation.profile_text import write_profile
    from fundusgate.runtime.assessor import Assessor, AssessorError
    from fundusgate.runtime.backends.base import BackendError
    from fundusgate.runtime.bundle import BundleError
    from fundusgate.runtime.profile import Profile, ProfileError

    if share is not None and not 0.0 < share <= 1.0:
        raise typer.BadParameter(
            f"a part of the photographs lies above 0 and up to 1, not {share}", param_hint="--share"
        )
    told = Console(stderr=True)
    try:
        check_extra()
        photographs = read_camera_folder(folder)
        # the networks' own working points are what a camera without a profile of its own has
        given = None if base is None else Profile.load(base)
        with Assessor.open(bundle, threads=threads, profile=given) as assessor:
            start = assessor.profile
            measured = _measured(photographs, assessor, told)
        check_enough(measured, share)
        fitted = fit_profile(measured, start, out.stem, share)
        write_profile(fitted.profile, base, note_of(fitted, folder, share), out)
    except (
        AssessorError,
        BackendError,
        BundleError,
        CameraFolderError,
        MissingExtraError,
        ProfileError,
        TooFewPhotographsError,
        OSError,
    ) as error:
        told.print(f"[red]not fitted:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(as_json_object(fitted, start, out)))
    else:
        Console().print(table_of(fitted, start))
        typer.echo(f"profile: {out}")


def _measured(photographs: Sequence[CameraPhotograph], assessor: Assessor, told: Console) -> list[Measured]:
    """What networks and cues say of each; what cannot be read is named and left out."""
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from fundusgate.evaluation.profile_fit import Measured
    from fundusgate.runtime.backends.base import BackendError
    from fundusgate.runtime.photograph import PhotographError, read_photograph

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    measured = []
    with Progress(*columns, console=told, transient=True, disable=not told.is_terminal) as bar:
        task = bar.add_task("looking at photographs", total=len(photographs))
        for photograph in photographs:
            bar.advance(task)
            try:
                rgb = read_photograph(photograph.path)
            except PhotographError as error:
                told.print(f"passed over {escape(f'{photograph.path}: {error}')}", highlight=False, soft_wrap=True)
                continue
            seen = assessor.glance(rgb, want_map=True, want_score=True)
            if seen.map is None or seen.score is None:
                raise BackendError("the bundle's networks gave no map or no score, though both were asked for")
            measured.append(
                Measured(
                    name=str(photograph.path),
                    patient=photograph.patient,
                    label=photograph.label,
                    score=seen.score,
                    degraded=seen.map,
                    cells=seen.cells,
                    retina=seen.retina,
                    cues=seen.cues,
                )
            )
    return measured
