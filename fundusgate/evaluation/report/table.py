"""What was measured, as tables for a person: they fit a terminal of 80 columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from fundusgate.evaluation.report.troubles import trouble_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from fundusgate.evaluation.bootstrap import Estimate
    from fundusgate.evaluation.evaluate import Measured
    from fundusgate.evaluation.report.results import Results

WHOLE = ("", "mean of folds")
"""Folds of the figures that stand for the whole data set."""


def tables_of(results: Results) -> RenderableType:
    """Figures with their intervals, precisions side by side; single folds; what was left out."""
    precisions = list(results.measured[0].values)
    whole = [measured for measured in results.measured if measured.key.fold in WHOLE]
    single = [measured for measured in results.measured if measured.key.fold not in WHOLE]
    parts: list[RenderableType] = [_of_the_whole(results, whole, precisions)]
    for reading in dict.fromkeys(measured.key.reading for measured in single):
        parts.append(_of_folds(reading, [one for one in single if one.key.reading == reading], precisions))
    parts += [Text(f"{name} sees {framing}.") for name, framing in results.framings.items()]
    parts += [Text(remark) for remark in results.remarks]
    parts += trouble_lines(results.troubles)
    return Group(*parts)


def _of_the_whole(results: Results, whole: Sequence[Measured], precisions: Sequence[str]) -> Table:
    folds = {measured.key.fold for measured in whole} - {""}
    title = f"{results.data_set}: {results.judged} photographs of {results.patients} patients"
    interval = f"95 % intervals over patients, {results.resamples} resamples" if results.resamples else "no intervals"
    table = Table(
        title="\n".join([title, *sorted(folds)]),
        caption=interval,
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("figure", ratio=1)
    for precision in precisions:
        table.add_column(precision, justify="right", no_wrap=True)
    if len(precisions) > 1:
        table.add_column("difference", justify="right", no_wrap=True)
    before = None
    for measured in whole:
        if measured.key.reading != before:
            if before is not None:
                table.add_section()
            before = measured.key.reading
            table.add_row(Text(before, style="bold"))
        digits = _digits(measured)
        cells = [_cell(measured.values[precision], digits, alone=len(precisions) == 1) for precision in precisions]
        if measured.difference is not None:
            cells.append(_cell(measured.difference, digits, sign="+"))
        table.add_row(Text(measured.key.metric), *cells)
    return table


def _of_folds(reading: str, single: Sequence[Measured], precisions: Sequence[str]) -> Table:
    """A row for each fold, without intervals: they are in the JSON."""
    metrics = list(dict.fromkeys(measured.key.metric for measured in single))
    found = {(measured.key.fold, measured.key.metric): measured for measured in single}
    table = Table(title=f"{reading}, each fold", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("fold", overflow="fold")
    for precision in precisions:
        for metric in metrics:
            head = metric if len(precisions) == 1 else f"{metric}\n{precision}"
            table.add_column(head, justify="right", no_wrap=True)
    for fold in dict.fromkeys(measured.key.fold for measured in single):
        cells = [
            Text(_number(found[fold, metric].values[precision].value, _digits(found[fold, metric])))
            for precision in precisions
            for metric in metrics
        ]
        table.add_row(Text(fold), *cells)
    return table


def _digits(measured: Measured) -> int:
    # an error on the scale of 0..100 needs fewer digits than a correlation
    return 2 if measured.key.metric == "RMSE" else 4


def _cell(one: Estimate, digits: int, *, sign: str = "-", alone: bool = False) -> Text:
    value = Text(_number(one.value, digits, sign))
    if one.low is None or one.high is None:
        return value
    interval = f"{_number(one.low, digits, sign)} to {_number(one.high, digits, sign)}"
    return Text.assemble(value, "  " if alone else "\n", (interval, "dim"))


def _number(value: float, digits: int, sign: str = "-") -> str:
    # a rounded zero has no sign
    return "undefined" if math.isnan(value) else format(round(value, digits) + 0.0, f"{sign}.{digits}f")
