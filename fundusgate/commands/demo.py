"""`fundusgate demo`: no camera, no weights to fetch, no GPU."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from fundusgate.console.play import Tally
    from fundusgate.device.cameras.base import Camera
    from fundusgate.runtime.assessor import Assessor


def demo(
    seconds: Annotated[
        float | None,
        typer.Option(help="How long to play; 20 unless given, the page until Ctrl-C.", min=0.5),
    ] = None,
    headless: Annotated[
        bool,
        typer.Option("--headless", help="A line a frame instead of the page; so too where there is no terminal."),
    ] = False,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="The picture and its verdict in the terminal instead of the page.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Which eye, which camera and what goes wrong.", min=0)] = 7,
    tour: Annotated[
        bool, typer.Option("--tour", help="Show every fault in turn instead of an ordinary session.")
    ] = False,
    bundle: Annotated[
        Path | None,
        typer.Option(help="Folder of the networks; the shipped ones unless given.", exists=True, file_okay=False),
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes a free one.", min=0, max=65535)] = 8800,
    out: Annotated[Path, typer.Option(help="Folder for captures and the contact sheet.", file_okay=False)] = Path(
        "demo-output"
    ),
) -> None:
    """Play the simulated camera through the shipped networks: the technician's page, with nothing else needed.

    The page is served on http://127.0.0.1:8800; what you capture lies in OUT/captures. With --terminal or --headless a
    contact sheet of the moments at which the verdict changed lies in OUT at the end.

    For example:

        fundusgate demo

        fundusgate demo --tour --terminal --seconds 40

        fundusgate demo --headless --seconds 5
    """
    from rich.console import Console

    console = Console()
    if console.is_terminal and not (headless or terminal):
        _serve(seed, tour, bundle, port, out, seconds)
    else:
        _play(
            console, seed, tour, bundle, out, 20.0 if seconds is None else seconds, on_screen=terminal and not headless
        )


def _serve(seed: int, tour: bool, bundle: Path | None, port: int, out: Path, seconds: float | None) -> None:
    from fundusgate.commands.run import start
    from fundusgate.service.configuration import Configuration

    camera = f"sim://?seed={seed}&repeat=1&script={'tour' if tour else 'first'}"
    given = {
        "camera": camera,
        "archive": out / "captures",
        "networks": {"bundle": bundle},
        "screen": {"port": port},
        "monitoring": {"port": 0},
        "logs": {"level": "warning"},
    }
    start(Configuration().with_options(given), seconds)


def _play(
    console: Console, seed: int, tour: bool, bundle: Path | None, out: Path, seconds: float, *, on_screen: bool
) -> None:
    from rich.console import Console
    from rich.markup import escape

    from fundusgate.device.cameras.sim import SimulatedCamera
    from fundusgate.phantom.script import tour as every_fault
    from fundusgate.runtime.assessor import Assessor, AssessorError
    from fundusgate.runtime.backends.base import BackendError
    from fundusgate.runtime.bundle import BundleError

    camera = SimulatedCamera(seed, fps=30.0, script=every_fault() if tour else None, repeat=True)
    try:
        with Assessor.open(bundle) as assessor, camera:
            tally = _watch(console, camera, assessor, seconds, on_screen=on_screen)
    except (AssessorError, BackendError, BundleError) as error:
        Console(stderr=True).print(f"[red]no demo:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    _report(console, tally, out, assessor.profile.map.cell)


def _watch(console: Console, camera: Camera, assessor: Assessor, seconds: float, *, on_screen: bool) -> Tally:
    from contextlib import nullcontext, suppress

    from rich.live import Live

    from fundusgate.console.play import Tally, play
    from fundusgate.console.terminal import line, screen

    tally = Tally()
    with suppress(KeyboardInterrupt), Live(console=console, auto_refresh=False) if on_screen else nullcontext() as live:
        for judged in play(camera, assessor, seconds):
            tally.add(judged)
            if live is not None:
                live.update(screen(judged, tally), refresh=True)
            else:
                console.print(line(judged), highlight=False, soft_wrap=True, markup=False)
    return tally


def _report(console: Console, tally: Tally, out: Path, degraded_from: float) -> None:
    from fundusgate.console.contact_sheet import contact_sheet

    if not tally.moments:
        console.print("No frame was judged: play for longer with --seconds.")
        raise typer.Exit(1)
    out.mkdir(parents=True, exist_ok=True)
    sheet = out / "contact-sheet.png"
    contact_sheet(tally.moments, degraded_from).save(sheet)
    console.print(
        f"\n{tally.judged} frames judged of {tally.frames} in {tally.seconds:.1f} s, {tally.rate:.1f} a second."
    )
    if tally.readable:
        console.print(f"Readable frames kept: {tally.readable_kept} of {tally.readable}.")
    if tally.unreadable:
        refused = tally.unreadable - tally.unreadable_kept
        console.print(f"Frames with a quarter or more hidden, refused: {refused} of {tally.unreadable}.")
    console.print(f"Contact sheet: {sheet}", highlight=False, soft_wrap=True)
