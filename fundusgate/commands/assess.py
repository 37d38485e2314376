"""`fundusgate assess`: photographs in; a table, JSON lines or overlays out."""

from __future__ import annotations

import json
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console


class AssessPrecision(str, Enum):
    """Which variant of the bundle's networks to run."""

    AUTO = "auto"
    """Quantized where the bundle holds it (export writes it only within its accuracy budget), else floating point."""
    FP32 = "fp32"
    """Floating point."""
    INT8 = "int8"
    """Quantized."""


class AssessBackend(str, Enum):
    """What runs the networks."""

    AUTO = "auto"
    """The best that is there; one sentence says which and why."""
    TENSORRT = "tensorrt"
    """The engines that `fundusgate compile` built on this machine."""
    CUDA = "cuda"
    """ONNX Runtime's CUDA provider."""
    CPU = "cpu"
    """ONNX Runtime on the processor."""
    OPENVINO = "openvino"
    """OpenVINO on the processor; `auto` does not take it."""


def assess(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Photographs, or folders to search with their subfolders.")
    ],
    bundle: Annotated[
        Path | None,
        typer.Option(help="Folder of the networks; the shipped ones unless given.", exists=True, file_okay=False),
    ] = None,
    precision: Annotated[AssessPrecision, typer.Option(help="Variant of the networks.")] = AssessPrecision.AUTO,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a photograph on stdout, a line each.")
    ] = False,
    maps: Annotated[
        Path | None,
        typer.Option(help="Folder for overlays: each photograph beside its map, verdict and reason.", file_okay=False),
    ] = None,
    profile: Annotated[
        Path | None,
        typer.Option(help="TOML file of thresholds; the shipped one unless given.", exists=True, dir_okay=False),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads for one network; all processors unless given.", min=1)
    ] = None,
    backend: Annotated[
        AssessBackend, typer.Option(help="What runs the networks; nothing takes the place of one that is named.")
    ] = AssessBackend.AUTO,
    engines: Annotated[
        Path | None,
        typer.Option(help="Folder of `fundusgate compile --cache`; the user's cache folder unless given.", exists=True),
    ] = None,
) -> None:
    """Judge photographs: verdict, score, where anatomy is hidden, why, and what to do.

    A photograph that cannot be read is named with its fault and the rest go on; the exit code is then 1.

    For example:

        fundusgate assess eye.jpg

        fundusgate assess clinic/ --maps overlays

        fundusgate assess clinic/ --json > verdicts.jsonl

        fundusgate assess clinic/ --backend tensorrt
    """
    from rich.console import Console
    from rich.markup import escape

    from fundusgate.commands.assess_batch import Outcome, assess_batch, gather
    from fundusgate.commands.assess_table import table_of
    from fundusgate.runtime.assessor import Assessor, AssessorError
    from fundusgate.runtime.backends.base import BackendError
    from fundusgate.runtime.bundle import BundleError
    from fundusgate.runtime.profile import Profile, ProfileError

    told, shown = Console(stderr=True), Console()
    outcomes: list[Outcome] = []
    try:
        thresholds = None if profile is None else Profile.load(profile)
        if maps is not None:
            _make_folder(maps)
        with Assessor.open(bundle, precision.value, threads, thresholds, backend.value, engines) as assessor:
            told.print(escape(assessor.running), highlight=False, soft_wrap=True, style="dim")
            gathered = gather(paths)
            # the lines themselves are the progress where they go to the same terminal
            visible = told.is_terminal and not (as_json and shown.is_terminal)
            with _progress(told, len(gathered), visible=visible) as advance:
                for outcome in assess_batch(gathered, assessor, maps):
                    outcomes.append(outcome)
                    advance()
                    if as_json:
                        typer.echo(json.dumps(outcome.to_json_object(), allow_nan=False))
    except (AssessorError, BackendError, BundleError, ProfileError) as error:
        told.print(f"[red]not assessed:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    if not as_json:
        shown.print(table_of(outcomes, shown.encoding))
    if any(outcome.error is not None for outcome in outcomes):
        raise typer.Exit(1)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"{folder} cannot be made ({error.strerror})", param_hint="--maps") from error


@contextmanager
def _progress(console: Console, total: int, *, visible: bool) -> Iterator[Callable[[], None]]:
    """A bar on the console; what it gives is called once a photograph."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # without redirection: the bar's console must not swallow the results on stdout
    with Progress(*columns, console=console, transient=True, disable=not visible, redirect_stdout=False) as bar:
        task = bar.add_task("assessing", total=total)
        yield lambda: bar.advance(task)
