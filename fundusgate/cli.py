"""The command line: every command is a module of `fundusgate.commands`, registered here.

Exit codes: 0 done, 1 the work failed, 2 wrong use, 130 interrupted.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from fundusgate import __version__
from fundusgate.commands.adapt import adapt
from fundusgate.commands.assess import assess
from fundusgate.commands.bench import bench
from fundusgate.commands.calibration import calibration
from fundusgate.commands.cameras import cameras
from fundusgate.commands.captures import captures
from fundusgate.commands.compile import compile_bundle
from fundusgate.commands.demo import demo
from fundusgate.commands.distil import distil
from fundusgate.commands.doctor import doctor
from fundusgate.commands.evaluate import evaluate
from fundusgate.commands.export import export
from fundusgate.commands.inspect import inspect
from fundusgate.commands.profile import profile
from fundusgate.commands.readiness import readiness
from fundusgate.commands.run import run
from fundusgate.commands.service import service
from fundusgate.commands.train import train
from fundusgate.commands.visibility import visibility

INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended (128 + SIGINT)."""


class QuietGroup(TyperGroup):
    """A group of commands that Ctrl-C ends without a traceback."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own types, which move between its versions
        """Run the command; an interruption becomes exit code 130."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="fundusgate",
    cls=QuietGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fundusgate {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Fundus image quality at the camera: a bad photograph is retaken while the patient is still there."""


app.command()(adapt)
app.command()(assess)
app.add_typer(bench, name="bench")
app.add_typer(calibration, name="calibration")
app.add_typer(captures, name="captures")
app.command()(cameras)
app.command("compile")(compile_bundle)
app.command()(demo)
app.command()(distil)
app.command()(doctor)
app.add_typer(evaluate, name="evaluate")
app.command()(export)
app.command()(inspect)
app.add_typer(profile, name="profile")
app.command()(readiness)
app.command()(run)
app.add_typer(service, name="service")
app.command()(train)
app.add_typer(visibility, name="visibility")
