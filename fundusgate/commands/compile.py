"""`fundusgate compile`: on the device, a bundle's networks to engines; the quickest that is right is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from fundusgate.export.engines.compilation import CompiledNetwork

MEBIBYTE = 2**20


def compile_bundle(
    bundle: Annotated[Path | None, typer.Argument(help="The bundle's folder; the shipped one unless given.")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder for engines; the user's cache folder unless given.", file_okay=False)
    ] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build again what is there, or does not fit.")] = False,
    dla: Annotated[bool, typer.Option("--dla", help="Also try the deep-learning accelerator, in FP16.")] = False,
    workspace: Annotated[int, typer.Option(help="Most MiB of scratch memory for a build.", min=64)] = 1024,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Build FP16 and INT8 engines with the TensorRT that is here, time and check them, keep the better one.

    Nothing is installed. The exit code is 1 when a network is left without an engine. Example:

        fundusgate compile bundle
    """
    from rich.console import Console
    from rich.markup import escape

    from fundusgate.export.engines.compilation import compile_network
    from fundusgate.export.engines.trial import Toolchain, Wishes
    from fundusgate.runtime.backends.base import BackendError
    from fundusgate.runtime.bundle import Bundle, BundleError, shipped_bundle
    from fundusgate.runtime.engines.api import EngineError, load
    from fundusgate.runtime.engines.cache import default_cache
    from fundusgate.runtime.engines.machine import read_machine

    console = Console(stderr=True)
    compiled: list[CompiledNetwork] = []
    try:
        opened = Bundle.open(bundle or shipped_bundle())
        tools = Toolchain(load(), read_machine())
        wishes = Wishes(cache or default_cache(), rebuild=rebuild, dla=dla, workspace_cap=workspace * MEBIBYTE)
        with console.status("compiling") as status:
            for model in opened.manifest.models:
                compiled.append(compile_network(opened, model, tools, wishes, status.update))
    except (BundleError, EngineError, BackendError, OSError) as error:
        console.print(f"[red]not compiled:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps({"networks": [outcome.to_json_object() for outcome in compiled]}))
    else:
        for outcome in compiled:
            Console().print(_table(outcome))
            typer.echo(f"{outcome.network}: {outcome.choice.reason}")
    if any(outcome.choice.kept is None for outcome in compiled):
        raise typer.Exit(1)


def _table(outcome: CompiledNetwork) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table("engine", "median ms", "p99 ms", "longest ms", "MiB", "difference", "verdict", title=outcome.network)
    for record in outcome.records:
        kept = outcome.choice.kept is not None and record.candidate == outcome.choice.kept.candidate
        verdict = "kept" if kept else "; ".join(record.parity.beyond) or "slower"
        times = record.timings
        row = [f"{value:.2f}" for value in (times.median, times.p99, times.longest)]
        worst = ", ".join(f"{name} {value:.1e}" for name, value in record.parity.max_abs_difference.items())
        name = f"{record.candidate} (already there)" if record.candidate in outcome.reused else record.candidate
        table.add_row(name, *row, f"{record.plan_bytes / MEBIBYTE:.1f}", worst, Text(verdict))
    for name, reason in outcome.failed.items():
        table.add_row(name, "", "", "", "", "", Text(f"not built: {reason}"))
    return table
