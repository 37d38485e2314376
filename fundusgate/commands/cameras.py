"""`fundusgate cameras`: which cameras there are, and whether one works."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from fundusgate.device.cameras.base import Camera, Frame
    from fundusgate.device.cameras.discovery import FoundCamera
    from fundusgate.device.cameras.trial import Trial

BAR = 40
"""Characters of the histogram's longest bar."""


def cameras(
    uri: Annotated[
        str | None, typer.Option("--try", metavar="URI", help="Open this camera and report what it sends.")
    ] = None,
    frames: Annotated[int, typer.Option(help="How many frames to take.", min=1)] = 30,
    still: Annotated[bool, typer.Option("--still", help="Take a full-resolution still, too.")] = False,
    save: Annotated[
        Path | None, typer.Option(help="Write the still, or else the last frame, to this file.", dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """List this machine's cameras with their URIs, or try one of them.

    Exit code 1 when the camera that is tried does not work.

    For example:

        fundusgate cameras

        fundusgate cameras --try v4l2:/dev/video0 --frames 100

        fundusgate cameras --try "v4l2:/dev/video0?width=1920&height=1080" --still --save still.jpg
    """
    from rich.console import Console
    from rich.markup import escape

    from fundusgate.device.cameras.base import CameraError
    from fundusgate.device.cameras.discovery import find_cameras
    from fundusgate.device.cameras.uri import open_camera

    if uri is None and (still or save is not None):
        raise typer.BadParameter("name the camera with --try", param_hint="--still, --save")
    if uri is None:
        found = find_cameras()
        if as_json:
            typer.echo(json.dumps([vars(one) for one in found], ensure_ascii=False))
        else:
            _print_found(Console(), found)
        return
    try:
        _try(open_camera(uri), frames, still=still, save=save, as_json=as_json)
    except (CameraError, OSError) as error:
        Console(stderr=True).print(f"[red]does not work:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _print_found(console: Console, found: list[FoundCamera]) -> None:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("camera", no_wrap=True)
    table.add_column("what it is")
    for one in sorted(found, key=lambda one: one.problem is not None):
        table.add_row(one.uri, one.label if one.problem is None else f"{one.label}: {one.problem}")
        table.rows[-1].style = "dim" if one.problem is not None else None
    console.print(table, highlight=False, markup=False)
    usable = [one.uri for one in found if one.problem is None]
    console.print(f"\nTry one: fundusgate cameras --try {usable[0]}", highlight=False, markup=False)


def _try(camera: Camera, frames: int, *, still: bool, save: Path | None, as_json: bool) -> None:
    from rich.console import Console

    from fundusgate.device.cameras.trial import try_camera

    with camera:
        trial = try_camera(camera, frames)
        taken = camera.capture() if still else None
    if save is not None:
        _save(trial.last if taken is None else taken, save)
    if as_json:
        typer.echo(json.dumps(_figures(camera.name, trial, taken)))
    else:
        _print_trial(Console(), camera.name, trial, taken)
        if save is not None:
            Console().print(f"Written: {save}", highlight=False, markup=False, soft_wrap=True)


def _save(frame: Frame, path: Path) -> None:
    from PIL import Image

    # the camera's own file where it gives one, and the name asks for that kind
    if frame.original is not None and frame.original.suffix == path.suffix.lower():
        path.write_bytes(frame.original.data)
        return
    try:
        Image.fromarray(frame.pixels).save(path)
    except ValueError as error:
        raise typer.BadParameter(f"{path.name}: give a name that ends in .png or .jpg", param_hint="--save") from error


def _figures(name: str, trial: Trial, still: Frame | None) -> dict[str, object]:
    return {
        "camera": name,
        "frames": trial.frames,
        "sizes": [list(size) for size in trial.sizes],
        "frames_per_second": trial.rate,
        "median_interval_ms": None if trial.usual_interval is None else trial.usual_interval * 1000,
        "intervals_ms": [round(interval * 1000, 3) for interval in trial.intervals],
        "first_frame_after_ms": trial.first_after * 1000,
        "oldest_frame_ms": max(trial.ages) * 1000,
        "lost": trial.lost,
        "still_size": None if still is None else [still.pixels.shape[1], still.pixels.shape[0]],
    }


def _print_trial(console: Console, name: str, trial: Trial, still: Frame | None) -> None:
    lines = [f"{name}: {trial.frames} frames of {', '.join(f'{width} x {height}' for width, height in trial.sizes)}"]
    if trial.rate is not None and trial.usual_interval is not None:
        lines.append(f"{trial.rate:.1f} frames a second, median interval {trial.usual_interval * 1000:.1f} ms")
    lines.append(f"first frame after {trial.first_after * 1000:.0f} ms, oldest frame {max(trial.ages) * 1000:.0f} ms")
    lines.append(f"{trial.lost} frames lost")
    bins = trial.histogram()
    most = max((count for _, _, count in bins), default=0)
    for low, high, count in bins:
        lines.append(f"{low * 1000:8.1f} to {high * 1000:6.1f} ms {count:5d} {'█' * round(BAR * count / most)}")
    if still is not None:
        kind = "" if still.original is None else f", the camera's own {still.original.suffix}"
        lines.append(f"still: {still.pixels.shape[1]} x {still.pixels.shape[0]}{kind}")
    console.print("\n".join(line.rstrip() for line in lines), highlight=False, markup=False, soft_wrap=True)
