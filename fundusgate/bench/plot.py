"""A picture of a run: how the latencies are spread, how they went, and in a soak what the machine did beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fundusgate.bench.errors import BenchError
from fundusgate.bench.series import VERDICT

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.bench.record import BenchRecord
    from fundusgate.bench.series import Series
    from fundusgate.bench.soaked import Soak

ABSENT = "matplotlib is not installed, so there is no plot: pip install matplotlib; the JSON holds every sample"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito's, which people with any colour vision tell apart."""


def write_plot(record: BenchRecord, path: Path) -> None:
    """Draw press to verdict.

    Args:
        record: Of the run.
        path: Of the PNG.

    Raises:
        BenchError: matplotlib is not installed.
        OSError: The file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise BenchError(ABSENT) from error
    rows = 1 if record.soak is None else 2
    figure = Figure(figsize=(12, 5.2 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, 2, squeeze=False)
    _spread(grid[0][0], record.series)
    _course(grid[0][1], record.series)
    if record.soak is not None:
        _soak(grid[1][0], grid[1][1], record.soak)
    setup = record.setup
    mode = f", {setup.power_mode}" if setup.power_mode else ""
    figure.suptitle(f"Press to verdict on {setup.board}{mode}, {setup.precision}, {setup.threads} threads")
    figure.savefig(path, dpi=130)


def _spread(axes: Any, series: list[Series]) -> None:  # noqa: ANN401 - matplotlib comes and goes
    """Share of verdicts that had come by a time, every sample a step."""
    for each, colour in zip(series, _colours(series), strict=True):
        took = sorted(each.stages_ms[VERDICT])
        shares = [(place + 1) / len(took) for place in range(len(took))]
        figures = each.summaries[VERDICT]
        label = f"{each.name}: median {figures.p50:.1f}, p99 {figures.p99:.1f}, max {figures.max:.1f} ms"
        axes.step([took[0], *took], [0.0, *shares], where="post", color=colour, label=label)
    axes.set(xlabel="milliseconds from press to verdict", ylabel="share of verdicts that had come", ylim=(0, 1.01))
    axes.set_title("Spread, nothing clipped", fontsize=10)
    axes.grid(alpha=0.3)
    # below: curves may go anywhere
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncol=2, fontsize=8)


def _course(axes: Any, series: list[Series]) -> None:  # noqa: ANN401
    """Each verdict over the time since its cadence began."""
    for each, colour in zip(series, _colours(series), strict=True):
        since = [due - each.due_s[0] for due in each.due_s]
        axes.plot(since, each.stages_ms[VERDICT], ".", markersize=3, color=colour, label=each.name)
    axes.set(xlabel="seconds since the first sample of the cadence", ylabel="milliseconds", ylim=(0, _above(series)))
    axes.set_title("Course", fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncol=5, fontsize=8, markerscale=3)


def _soak(left: Any, right: Any, soak: Soak) -> None:  # noqa: ANN401
    start = soak.readings[0].at_s
    minutes = [(due - start) / 60 for due in soak.series.due_s]
    left.plot(minutes, soak.series.stages_ms[VERDICT], ".", markersize=2, color=COLOURS[0])
    left.set(xlabel="minutes", ylabel="milliseconds", ylim=(0, _above([soak.series])))
    left.set_title(f"Soak, {soak.series.name}", fontsize=10)
    left.grid(alpha=0.3)
    at = [(reading.at_s - start) / 60 for reading in soak.readings]
    clocks = [reading.gpu_hz or max((hz for hz in reading.cpu_hz if hz), default=None) for reading in soak.readings]
    lines: dict[str, list[Any]] = {
        "hottest zone, degrees Celsius": [reading.celsius for reading in soak.readings],
        "power, watts": [reading.watts for reading in soak.readings],
        "GPU's or fastest core's clock, 100 MHz": [None if hz is None else hz / 1e8 for hz in clocks],
        "load average": [reading.load for reading in soak.readings],
    }
    for (name, values), colour in zip(lines.items(), COLOURS, strict=False):
        if any(value is not None for value in values):
            told = [float("nan") if value is None else value for value in values]
            right.plot(at, told, color=colour, label=name)
    highest = max(value for values in lines.values() for value in values if value is not None)
    right.set(xlabel="minutes", ylim=(0, 1.1 * max(highest, 1.0)))
    right.set_title("The machine meanwhile", fontsize=10)
    right.grid(alpha=0.3)
    right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncol=2, fontsize=8)


def _above(series: list[Series]) -> float:
    return 1.1 * max(each.summaries[VERDICT].max for each in series)


def _colours(series: list[Series]) -> list[str]:
    return [COLOURS[place % len(COLOURS)] for place in range(len(series))]
