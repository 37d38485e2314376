"""`fundusgate calibration`: which photographs quantization learns from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

calibration = typer.Typer(no_args_is_help=True, help="Choose the photographs that quantization learns from.")


@calibration.callback()
def _group() -> None:
    """Choose the photographs that quantization learns from."""


@calibration.command()
def make(
    folder: Annotated[
        Path, typer.Argument(help="Photographs, with labels.csv or without.", exists=True, file_okay=False)
    ],
    out: Annotated[Path, typer.Option(help="The manifest to write, JSON.")],
    count: Annotated[int, typer.Option(min=1, help="Photographs to calibrate on; as many others to measure on.")] = 512,
    seed: Annotated[int, typer.Option(help="Equal seeds choose equal photographs.")] = 0,
) -> None:
    """Choose photographs to calibrate on, and others to measure on, even over camera, quality and brightness.

    The manifest names each with its SHA-256; no patient and no picture is in both sets. Example:

        fundusgate calibration make photographs --out calibration.json
    """
    from collections import Counter

    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from fundusgate.calibration.manifest import CalibrationError
    from fundusgate.calibration.selection import make_manifest

    console = Console(stderr=True)
    columns = (TextColumn("opening photographs"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("opening", total=None)
            manifest, passed_over = make_manifest(
                folder, count, seed, lambda done, of: bar.update(task, completed=done, total=of)
            )
        manifest.save(out)
    except (CalibrationError, OSError) as error:
        console.print(f"[red]not made:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    for why in passed_over:
        console.print(f"passed over {escape(why)}", highlight=False, soft_wrap=True)
    for name, chosen in (("calibration", manifest.calibration), ("parity", manifest.parity)):
        bands = Counter(entry.band.value for entry in chosen)
        sources = Counter(entry.source for entry in chosen)
        counts = ", ".join(f"{value} {key}" for key, value in (*bands.most_common(), *sources.most_common()))
        typer.echo(f"{name}: {len(chosen)} photographs ({counts})")
        if len(chosen) < count:
            console.print(f"[yellow]{name}: {len(chosen)} photographs, fewer than the {count} asked for[/yellow]")
    typer.echo(f"manifest: {out} (SHA-256 {manifest.sha256[:12]})")
