"""`fundusgate bench --estimate BOARD`: what a board that nobody has yet may be hoped to take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from fundusgate.export.readiness.estimate import Work
    from fundusgate.export.readiness.power_modes import PowerMode


def modes_of(board: str) -> tuple[PowerMode, ...]:
    """The power modes of the modules whose name begins with what was asked for: `orin-nano`, `AGX Orin`.

    Raises:
        typer.BadParameter: No module is called so.
    """
    from fundusgate.export.readiness.power_modes import POWER_MODES

    asked = _plain(board)
    found = tuple(mode for mode in POWER_MODES if asked and _plain(mode.module).startswith(asked))
    if not found:
        known = ", ".join(dict.fromkeys(mode.module for mode in POWER_MODES))
        raise typer.BadParameter(f"{board!r} is none of {known}", param_hint="--estimate")
    return found


def works_of(bundle: Path) -> dict[str, Work]:
    """The work of each graph of a bundle that is for GPUs, by `network precision`.

    Raises:
        GraphError, EstimateError, BundleError: A graph cannot be read or counted.
    """
    from fundusgate.export.readiness.estimate import work_of
    from fundusgate.export.readiness.graph import GraphView
    from fundusgate.export.readiness.subjects import subjects_of

    return {subject.name: work_of(GraphView.read(subject.path)) for subject in subjects_of(bundle)}


def estimate_json(works: dict[str, Work], modes: tuple[PowerMode, ...]) -> dict[str, Any]:
    """One JSON object."""
    return {"estimate": True, "graphs": [{"graph": name, **work.to_json_object(modes)} for name, work in works.items()]}


def print_estimate(console: Console, works: dict[str, Work], modes: tuple[PowerMode, ...]) -> None:
    """A table a module, a row a graph, and what was assumed."""
    from fundusgate.export.readiness.estimate import USUAL_SHARE

    for module in dict.fromkeys(mode.module for mode in modes):
        own = [mode for mode in modes if mode.module == module]
        table = Table(title=Text(f"ESTIMATE for {module}: milliseconds, the networks alone"), title_justify="left")
        table.add_column("graph", no_wrap=True)
        for mode in own:
            table.add_column(mode.mode, justify="right", no_wrap=True)
        for name, work in works.items():
            table.add_row(name, *(_told(work, mode) for mode in own))
        console.print(table)
    console.print(
        f"From: every product at the module's peak rate. To: at {100 * USUAL_SHARE:.0f} % of it, an assumption. What is"
        " not INT8 is counted as half precision. Launching many small kernels, preparing the photograph and the gate"
        " come on top. Nothing was measured on a Jetson; `fundusgate bench` measures on yours.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _told(work: Work, mode: PowerMode) -> str:
    return f"{work.fastest(mode):.2f} to {work.usual(mode):.2f}" if work.fits(mode) else "too large"


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
