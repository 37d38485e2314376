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

    from fundusgate.export.readiness.power_modes import PowerMode
    from fundusgate.export.readiness.roofline import Work


def modes_of(board: str) -> tuple[PowerMode, ...]:
    """The power modes of the modules whose name begins with what was asked for: `orin-nano`, `AGX Orin`, `all`.

    Raises:
        typer.BadParameter: No module is called so.
    """
    from fundusgate.export.readiness.power_modes import POWER_MODES

    asked = _plain(board)
    if asked == "all":
        return POWER_MODES
    found = tuple(mode for mode in POWER_MODES if asked and _plain(mode.module).startswith(asked))
    if not found:
        known = ", ".join(dict.fromkeys(mode.module for mode in POWER_MODES))
        raise typer.BadParameter(f"{board!r} is none of {known}, or all", param_hint="--estimate")
    return found


def works_of(bundle: Path | None) -> dict[str, Work]:
    """What is to be estimated, by `network precision`.

    Args:
        bundle: Whose graphs are counted, those for GPUs; None for every network, by the counts that come with the
            package.

    Raises:
        GraphError, EstimateError, BundleError: A graph cannot be read or counted.
        ModuleNotFoundError: A bundle's graphs are to be counted, and onnx is not installed.
    """
    if bundle is None:
        from fundusgate.export.readiness.networks import works

        return works()
    from fundusgate.export.readiness.estimate import work_of
    from fundusgate.export.readiness.graph import GraphView
    from fundusgate.export.readiness.subjects import subjects_of

    return {subject.name: work_of(GraphView.read(subject.path)) for subject in subjects_of(bundle)}


def estimate_json(works: dict[str, Work], modes: tuple[PowerMode, ...]) -> dict[str, Any]:
    """One JSON object."""
    return {"estimate": True, "graphs": [{"graph": name, **work.to_json_object(modes)} for name, work in works.items()]}


def print_estimate(console: Console, works: dict[str, Work], modes: tuple[PowerMode, ...]) -> None:
    """A table a module, a row a network and precision, and what was assumed."""
    for module in dict.fromkeys(mode.module for mode in modes):
        own = [mode for mode in modes if mode.module == module]
        table = Table(title=Text(f"ESTIMATE for {module}: milliseconds, the network alone"), title_justify="left")
        table.add_column("network", no_wrap=True)
        for mode in own:
            table.add_column(mode.mode, justify="right", no_wrap=True)
        for name, work in works.items():
            table.add_row(name, *(told(work, mode) for mode in own))
        console.print(table)
    console.print(assumptions(), markup=False, highlight=False, soft_wrap=True)


def assumptions() -> str:
    """What the two ends of a range mean."""
    from fundusgate.export.readiness.roofline import LAUNCH_SECONDS, USUAL_SHARE

    return (
        "From: every operation at the module's peak rate, and through memory only weights, photograph and result; no"
        f" engine is quicker. To: each layer on its own through memory, at {100 * USUAL_SHARE:.0f} % of the peaks, and"
        f" {1e6 * LAUNCH_SECONDS:.0f} microseconds to launch each: assumptions. What is not INT8 is FP16, and fp32 runs"
        " as TF32. Latencies that others published for Orin lie near the upper end (docs/estimate.md). Preparing the"
        " photograph and the gate come on top. Nothing was measured on a Jetson; `fundusgate bench` measures on yours."
    )


def told(work: Work, mode: PowerMode) -> str:
    """The range in milliseconds."""
    return f"{_short(work.fastest(mode))} to {_short(work.usual(mode))}" if work.fits(mode) else "too large"


def _short(milliseconds: float) -> str:
    """Two digits that count: an estimate has no more."""
    digits = 2 if milliseconds < 1 else 1 if milliseconds < 10 else 0
    return f"{milliseconds:.{digits}f}"


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
