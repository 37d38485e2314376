"""`fundusgate run`: the live gate at the camera."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fundusgate.service.configuration import Configuration
    from fundusgate.service.station import Station


def run(
    camera: Annotated[
        str | None,
        typer.Option(
            help="sim://, replay:DIR, v4l2:/dev/video0, argus:0, picamera2:0; `fundusgate cameras` lists them."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="TOML file; /etc/fundusgate/fundusgate.toml where there is one. Options win over it."),
    ] = None,
    bundle: Annotated[Path | None, typer.Option(help="Folder of the networks; the shipped ones unless given.")] = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the captures; ~/.local/share/fundusgate/archive unless given.", envvar="FUNDUSGATE_ARCHIVE"
        ),
    ] = None,
    precision: Annotated[str | None, typer.Option(help="auto, fp32 or int8.")] = None,
    backend: Annotated[str | None, typer.Option(help="What runs them: auto, tensorrt, cuda, cpu or openvino.")] = None,
    host: Annotated[
        str | None, typer.Option(help="Address to serve the page on; beyond loopback every screen must pair.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port of the page; 0 takes a free one.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM certificate; with --tls-key.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM private key; with --tls-cert.")] = None,
    monitoring_port: Annotated[int | None, typer.Option(help="Port of /health and /metrics; 0 for none.")] = None,
    automatic: Annotated[
        bool | None, typer.Option("--automatic/--manual", help="Take the still once the picture has been good.")
    ] = None,
) -> None:
    """Guide the operator live and let a capture through only when it can be read.

    The technician's page is served on http://127.0.0.1:8800 until Ctrl-C or SIGTERM; every capture is kept in the
    archive (`fundusgate captures`).

    For example:

        fundusgate run --camera v4l2:/dev/video0

        fundusgate run --camera "replay:photographs?fps=5&repeat=1" --archive /tmp/captures

        fundusgate run --camera picamera2:0 --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem

        fundusgate run --config /etc/fundusgate/fundusgate.toml
    """
    from fundusgate.service.configuration import USUAL_PLACE, Configuration, ConfigurationError

    given = {
        "camera": camera,
        "archive": archive,
        "networks": {"bundle": bundle, "precision": precision, "backend": backend},
        "screen": {"host": host, "port": port, "tls_certificate": tls_cert, "tls_key": tls_key},
        "monitoring": {"port": monitoring_port},
        "shutter": {"automatic": automatic},
    }
    source = config or (USUAL_PLACE if USUAL_PLACE.is_file() else None)
    try:
        chosen = (Configuration() if source is None else Configuration.load(source)).with_options(given)
    except ConfigurationError as error:
        typer.echo(f"not started: {error}", err=True)
        raise typer.Exit(2) from error
    start(chosen)


def start(configuration: Configuration, seconds: float | None = None) -> None:
    """Run a station until it is told to end, or for so many seconds.

    The exit code is 1 when it cannot be started, or when its page dies.
    """
    from fundusgate.archive.errors import ArchiveError
    from fundusgate.console.serve import ConsoleError
    from fundusgate.device.cameras.base import CameraError
    from fundusgate.runtime.assessor import AssessorError
    from fundusgate.runtime.backends.base import BackendError
    from fundusgate.runtime.bundle import BundleError
    from fundusgate.runtime.profile import ProfileError
    from fundusgate.service.logs import log_to_standard_error
    from fundusgate.service.monitoring import MonitoringError
    from fundusgate.service.station import station
    from fundusgate.service.termination import until_terminated

    log_to_standard_error(configuration.logs.level)
    try:
        with until_terminated() as ended, station(configuration) as running:
            _announce(running, configuration)
            until = math.inf if seconds is None else time.monotonic() + seconds
            while not ended.wait(0.2) and time.monotonic() < until:
                if not running.server.serving:
                    typer.echo("the page's server has ended: the log says why", err=True)
                    raise typer.Exit(1)
    except (
        ArchiveError,
        AssessorError,
        BackendError,
        BundleError,
        CameraError,
        ConsoleError,
        MonitoringError,
        ProfileError,
    ) as error:
        typer.echo(f"not started: {error}", err=True)
        raise typer.Exit(1) from error


def _announce(running: Station, configuration: Configuration) -> None:
    typer.echo(f"Camera {configuration.camera}; captures are kept in {configuration.archive}")
    typer.echo(running.networks)
    typer.echo(f"Open {running.url} in a browser. Ctrl-C ends.")
    if running.code is not None:
        typer.echo(f"Pairing code: {running.code}")
    if running.monitoring is not None:
        typer.echo(f"Health: {running.monitoring}/health   metrics: {running.monitoring}/metrics")
