"""`fundusgate export`: networks to a bundle."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads annotations when it runs
from typing import Annotated

import typer

from fundusgate.runtime.manifest import Precision


def export(
    out: Annotated[Path, typer.Option(help="The bundle's folder; an older bundle there is replaced in one step.")],
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=CHECKPOINT]", help="A network, with the shipped weights or your own; repeatable."),
    ] = None,
    backbone: Annotated[
        Path | None, typer.Option(help="Folder of DINOv3 ViT-L/16's weights, for efiqa-cp and efiqa.", file_okay=False)
    ] = None,
    precision: Annotated[list[Precision] | None, typer.Option(help="Which graphs to write; only fp32 so far.")] = None,
) -> None:
    """Export networks to a bundle that a camera can open; without --model, every network with shipped weights.

    Each graph is compared with its network before anything is published. Example:

        fundusgate export --out bundle --model fthnet-l=net_g_226264S4.pth --model efiqa-cp-edge
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from fundusgate.runtime.backends.base import BackendError
    from fundusgate.runtime.bundle import Bundle

    console = Console(stderr=True)
    try:
        from fundusgate.export.pipeline import STEPS, ExportRequest, default_requests, export_bundle
    except ModuleNotFoundError as error:
        missing = escape(f"{error.name} is not installed; pip install 'fundusgate[export]' on a workstation")
        console.print(f"[red]not exported:[/red] {missing}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    other = [wanted.value for wanted in precision or [] if wanted is not Precision.FP32]
    if other:
        raise typer.BadParameter(f"only fp32 is written so far, not {', '.join(other)}", param_hint="--precision")
    try:
        requests = [ExportRequest.parse(text, backbone) for text in model] if model else default_requests()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("exporting", total=STEPS * len(requests))
            export_bundle(requests, out, lambda step: bar.update(task, advance=1, description=step))
    except (ValueError, OSError, BackendError) as error:
        console.print(f"[red]not exported:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    for written in Bundle.open(out).manifest.models:
        worst = max(written.parity[Precision.FP32].max_abs_difference.values())
        typer.echo(f"{written.name}: fp32, largest difference from the network {worst:.1e}")
    typer.echo(f"bundle: {out}")
