"""`fundusgate service`: what running unattended needs."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

service = typer.Typer(no_args_is_help=True, help="Run unattended: check a configuration, write the systemd unit.")


@service.command()
def check(
    config: Annotated[Path, typer.Argument(help="TOML file.", metavar="FILE")],
) -> None:
    """Check a configuration and name every mistake in it; exit code 1 when there are any.

    For example:

        fundusgate service check /etc/fundusgate/fundusgate.toml
    """
    from fundusgate.device.cameras.base import CameraError
    from fundusgate.device.cameras.uri import open_camera
    from fundusgate.service.configuration import Configuration, ConfigurationError

    try:
        found = Configuration.load(config)
        # made, not opened: whether the camera is there is another question
        open_camera(found.camera)
    except (ConfigurationError, CameraError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(
        f"{config} can be used: camera {found.camera}, captures in {found.archive}, page on"
        f" {found.screen.host} port {found.screen.port}"
    )


@service.command()
def example() -> None:
    """Print a configuration with every key, its default and what it does.

    For example:

        fundusgate service example | sudo tee /etc/fundusgate/fundusgate.toml
    """
    from fundusgate.service.configuration import EXAMPLE

    typer.echo(EXAMPLE.read_text(encoding="utf-8"), nl=False)


@service.command()
def unit(
    config: Annotated[Path, typer.Option(help="TOML file that the service reads.")] = Path(
        "/etc/fundusgate/fundusgate.toml"
    ),
    archive: Annotated[
        Path | None,
        typer.Option(help="Folder of the captures, all that it may write to; the configuration's unless given."),
    ] = None,
    user: Annotated[str | None, typer.Option(help="Whom it runs as; you unless given.")] = None,
) -> None:
    """Print the systemd unit for this installation.

    For example:

        fundusgate service unit --user camera | sudo tee /etc/systemd/system/fundusgate.service

        sudo systemctl daemon-reload && sudo systemctl enable --now fundusgate
    """
    from fundusgate.service.configuration import Configuration, ConfigurationError
    from fundusgate.service.unit import UnitError, unit_text

    try:
        folder = Configuration.load(config).archive if archive is None else archive
        typer.echo(unit_text(config, folder, getpass.getuser() if user is None else user), nl=False)
    except (ConfigurationError, UnitError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
