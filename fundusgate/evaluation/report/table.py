"""What was measured, as a table for a person."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from fundusgate.evaluation.bootstrap import Estimate
    from fundusgate.evaluation.evaluate import Measured
    from fundusgate.evaluation.report.results import Results

TROUBLES_SHOWN = 5


def table_of(results: Results) -> RenderableType:
    """Figures with their intervals, precisions side by side, and what was left out.

    Single folds come after the figures over all of them.
    """
    precisions = list(results.measured[0].values)
    title = f"{results.data_set}: {results.judged} photographs of {results.patients} patients"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("read from")
    table.add_column("figure")
    for precision in precisions:
        table.add_column(f"{precision} (95 %)", justify="right", no_wrap=True)
    if len(precisions) > 1:
        table.add_column("difference (95 %)", justify="right", no_wrap=True)
    folds = {measured.key.fold for measured in results.measured if measured.key.fold}
    several = [measured for measured in results.measured if measured.key.fold in ("", "mean of folds")]
    single = [measured for measured in results.measured if measured not in several]
    before = ""
    for measured in (*several, *single):
        reading = measured.key.reading
        if before and reading != before:
            table.add_section()
        table.add_row(Text("" if reading == before else reading), Text(_name(measured)), *_cells(measured, precisions))
        before = reading
    lines: list[RenderableType] = [table]
    lines += [Text(f"{name} sees {framing}.") for name, framing in results.framings.items()]
    lines += [Text(remark) for remark in results.remarks]
    if folds:
        lines.append(
            Text(f"Intervals over patients, {results.resamples} resamples, the mean's over all folds at once.")
        )
    lines += _troubles(results)
    return Group(*lines)


def _name(measured: Measured) -> str:
    return f"{measured.key.metric}, {measured.key.fold}" if measured.key.fold else measured.key.metric


def _cells(measured: Measured, precisions: list[str]) -> list[Text]:
    # errors on the scale of 0..100 need fewer digits than correlations
    digits = 2 if measured.key.metric == "RMSE" else 4
    cells = [Text(_shown(measured.values[precision], digits)) for precision in precisions]
    if len(precisions) > 1:
        cells.append(Text("" if measured.difference is None else _shown(measured.difference, digits, signed=True)))
    return cells


def _shown(one: Estimate, digits: int, *, signed: bool = False) -> str:
    if math.isnan(one.value):
        return "undefined"
    form = f"{'+' if signed else ''}.{digits}f"
    value = format(one.value, form)
    if one.low is None or one.high is None:
        return value
    return f"{value} ({format(one.low, form)} to {format(one.high, form)})"


def _troubles(results: Results) -> list[RenderableType]:
    if not results.troubles:
        return []
    counts = ", ".join(f"{count} {kind}" for kind, count in results.trouble_counts().items())
    lines: list[RenderableType] = [Text(f"Not as it should be: {counts}.", style="bold")]
    lines += [Text(f"  {one.kind.value}: {one.what}: {one.reason}") for one in results.troubles[:TROUBLES_SHOWN]]
    if len(results.troubles) > TROUBLES_SHOWN:
        lines.append(Text(f"  and {len(results.troubles) - TROUBLES_SHOWN} more, all in results.json"))
    return lines
