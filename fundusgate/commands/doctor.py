"""`fundusgate doctor`: what this machine has and what is missing, before a screening day or a benchmark."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fundusgate.commands.doctor_findings import Purpose, Sign

if TYPE_CHECKING:
    from rich.console import Console

    from fundusgate.commands.doctor_findings import Finding
    from fundusgate.device.board.board import BoardState

_SIGNS = {Sign.GOOD: ("✔", "green"), Sign.WARNING: ("!", "yellow"), Sign.FIX: ("✘", "bold red")}
_PLAIN_SIGNS = {Sign.GOOD: "ok", Sign.WARNING: "!", Sign.FIX: "FIX"}
"""For terminals that have no such characters."""
_ROOT = Path("/")


def doctor(
    purpose: Annotated[
        Purpose, typer.Option("--for", help="What the machine shall be ready for: it decides what must be fixed.")
    ] = Purpose.SCREENING,
    config: Annotated[
        Path | None, typer.Option(help="TOML file of `fundusgate run`; /etc/fundusgate/fundusgate.toml where it is.")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Folder of the networks; the configuration's unless given.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder for engines; the user's cache folder unless given.", file_okay=False)
    ] = None,
    root: Annotated[
        Path, typer.Option(help="Where the board's files lie; a copy of another machine's /sys, /proc, /etc, /var.")
    ] = _ROOT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Say in plain sentences what this machine has, what is missing and what to type.

    Nothing is changed. The exit code is 1 when something must be fixed first.

    For example:

        fundusgate doctor

        fundusgate doctor --for benchmark

        fundusgate doctor --config /etc/fundusgate/fundusgate.toml --json
    """
    from rich.console import Console

    from fundusgate.device.board.board import read_board

    if not root.is_dir():
        raise typer.BadParameter(f"{root} is not a folder", param_hint="--root")
    board = read_board(root)
    findings = _findings(board, root, config, bundle, cache)
    wrong = [finding for finding in findings if finding.seen_for(purpose) is Sign.FIX]
    if as_json:
        told = {
            "for": purpose.value,
            "ready": not wrong,
            "findings": [finding.to_json_object(purpose) for finding in findings],
            "board": board.to_json_object(),
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _print(Console(), findings, purpose, board)
    if wrong:
        raise typer.Exit(1)


def _findings(
    board: BoardState, root: Path, config: Path | None, bundle: Path | None, cache: Path | None
) -> list[Finding]:
    from fundusgate.commands.doctor_board import board_findings
    from fundusgate.commands.doctor_findings import SCREENING, to_fix
    from fundusgate.commands.doctor_software import onnxruntime_findings, python_findings
    from fundusgate.commands.doctor_station import archive_findings, camera_findings, clock_findings
    from fundusgate.device.cameras.discovery import find_cameras
    from fundusgate.service.configuration import USUAL_PLACE, Configuration, ConfigurationError

    found = board_findings(board)
    usual = root / USUAL_PLACE.relative_to("/")
    source = config or (usual if usual.is_file() else None)
    settings = Configuration()
    try:
        settings = settings if source is None else Configuration.load(source)
    except ConfigurationError as error:
        fix = f"edit {source}, then fundusgate service check {source}"
        found.append(to_fix("configuration", f"{error}.", fix, SCREENING))
        source = None
    found += python_findings(board.identity)
    found += onnxruntime_findings()
    found += _networks(board, root, bundle or settings.networks.bundle, cache or settings.networks.engines)
    found += camera_findings(find_cameras(), None if source is None else settings.camera)
    found += archive_findings(settings.archive, board.storage)
    # a copied tree's clocks stopped when it was copied
    clock = board.time if root == _ROOT else replace(board.time, hardware_seconds=None)
    found += clock_findings(clock, time.time())
    return found


def _networks(board: BoardState, root: Path, folder: Path | None, cache: Path | None) -> list[Finding]:
    """The bundle, TensorRT, and the engines where TensorRT is."""
    from fundusgate.commands.doctor_findings import to_fix
    from fundusgate.commands.doctor_software import bundle_findings, cuda_findings, engine_findings, tensorrt_findings
    from fundusgate.runtime.bundle import shipped_bundle
    from fundusgate.runtime.engines.api import EngineError, load
    from fundusgate.runtime.engines.cache import default_cache
    from fundusgate.runtime.engines.machine import read_machine
    from fundusgate.runtime.engines.record import BuiltOn

    opened, found = bundle_findings(folder or shipped_bundle())
    try:
        api = load()
    except EngineError as error:
        return [*found, *tensorrt_findings(board.identity, str(error))]
    found += tensorrt_findings(board.identity, api)
    try:
        here = BuiltOn.of(read_machine(root), api.version)
    except EngineError as error:
        return [*found, to_fix("GPU", f"{error}.", "restart the board; sudo dmesg shows the driver's messages")]
    found += cuda_findings()
    return [*found, *(engine_findings(opened, cache or default_cache(), here) if opened else [])]


def _print(console: Console, findings: list[Finding], purpose: Purpose, board: BoardState) -> None:
    from rich.table import Table
    from rich.text import Text

    rich = console.encoding.lower().startswith("utf")
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for finding in findings:
        sign, style = _SIGNS[finding.seen_for(purpose)]
        sign = sign if rich else _PLAIN_SIGNS[finding.seen_for(purpose)]
        told = Text(finding.says)
        if finding.fix:
            told.append(f"\n-> {finding.fix}", style="dim")
        table.add_row(Text(sign, style), finding.topic, told)
    console.print(table, highlight=False, markup=False)
    for unread in board.unread:
        console.print(
            f"  could not be read: {unread.path} ({unread.reason})", style="dim", markup=False, highlight=False
        )
    wrong = sum(finding.seen_for(purpose) is Sign.FIX for finding in findings)
    things = "1 thing" if wrong == 1 else f"{wrong} things"
    verdict = (
        f"Not ready for {_named(purpose)}: {things} to fix ({_SIGNS[Sign.FIX][0] if rich else _PLAIN_SIGNS[Sign.FIX]})."
        if wrong
        else f"Ready for {_named(purpose)}."
    )
    console.print(Text(f"\n{verdict}", "bold red" if wrong else "bold green"))


def _named(purpose: Purpose) -> str:
    return "a benchmark" if purpose is Purpose.BENCHMARK else "a screening day"
