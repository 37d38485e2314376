"""`fundusgate readiness`: what TensorRT on a JetPack will do with a graph, before anyone is at the device."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def readiness(
    model: Annotated[Path, typer.Argument(metavar="MODEL.onnx|BUNDLE", help="An ONNX graph, or a bundle's folder.")],
    jetpack: Annotated[
        list[str] | None,
        typer.Option(help="JetPack such as 5.1, 6.2 or 7.x; repeatable; every one from 6.0 on unless given."),
    ] = None,
    board: Annotated[
        str | None, typer.Option(help="One board, such as orin-nano; any of the JetPack's unless given.")
    ] = None,
    dla: Annotated[bool, typer.Option("--dla", help="Also say what the deep-learning accelerator would take.")] = False,
    audit: Annotated[bool, typer.Option(help="Also parse and build with TensorRT-RTX, where it is installed.")] = True,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Also estimate time and memory on each Jetson module.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Say what would be refused, and what would silently not run in INT8.

    The exit code is 1 when anything would be. Examples:

        fundusgate readiness bundle --jetpack 6.2

        fundusgate readiness model.int8-trt.onnx --jetpack 7.x --board thor --json
    """
    from rich.console import Console
    from rich.markup import escape

    from fundusgate.runtime.bundle import BundleError

    console = Console(stderr=True)
    try:
        from fundusgate.commands.readiness_table import print_estimates, print_outcomes
        from fundusgate.export.readiness.assess import Outcome, judge
        from fundusgate.export.readiness.graph import GraphError
        from fundusgate.export.readiness.jetpacks import UnknownTargetError, targets
        from fundusgate.export.readiness.subjects import subjects_of
    except ModuleNotFoundError as error:
        missing = escape(f"{error.name} is not installed; pip install 'fundusgate[export]' on a workstation")
        console.print(f"[red]not checked:[/red] {missing}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    try:
        wanted = targets(jetpack or [], board, dla=dla)
    except UnknownTargetError as error:
        raise typer.BadParameter(str(error), param_hint="--jetpack, --board") from error
    outcomes: list[Outcome] = []
    try:
        subjects = subjects_of(model)
        with console.status("reading") as status:
            for subject in subjects:
                status.update(f"{subject.name}: rules{' and TensorRT-RTX' if audit else ''}")
                outcomes.append(judge(subject, wanted, build=audit))
    except (GraphError, BundleError) as error:
        console.print(f"[red]not checked:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    ready = all(outcome.ready for outcome in outcomes)
    if as_json:
        typer.echo(json.dumps({"ready": ready, "graphs": [outcome.to_json_object() for outcome in outcomes]}))
    else:
        print_outcomes(Console(), outcomes)
        if estimate:
            print_estimates(Console(), outcomes)
    if not ready:
        raise typer.Exit(1)
