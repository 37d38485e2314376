"""How `fundusgate bench` shows its figures to a person."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from fundusgate.bench.series import VERDICT, Summary
from fundusgate.bench.statistics import percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from fundusgate.bench.compare import Difference
    from fundusgate.bench.record import BenchRecord, LoadGenOpinion
    from fundusgate.bench.series import Series
    from fundusgate.bench.shares import Overhead
    from fundusgate.bench.soaked import Soak
    from fundusgate.bench.trtexec import TrtexecLog

_WORTH = 0.01
"""Share of press to verdict under which even a sure difference is not coloured."""
_FIGURES = ("min", "p50", "p90", "p95", "p99", "max")


def print_record(console: Console, record: BenchRecord) -> None:
    """The set-up, a table a cadence, the parts, and every warning."""
    setup = record.setup
    mode = f", power mode {setup.power_mode}" if setup.power_mode else ""
    _say(console, f"{setup.board}{mode}; {setup.processor}, {setup.processors} processors")
    networks = ", ".join(f"{name} {digest[:12]}" for name, digest in setup.networks.items())
    _say(console, f"{networks}; {setup.precision} on {setup.engine}, {setup.threads} threads; camera {setup.camera}")
    _say(console, record.environment.running)
    for series in record.series:
        console.print(_series(series))
    table = _table("Preparing a photograph, each part alone, ms")
    for name, samples in record.parts_ms.items():
        _row(table, name, Summary.of(samples))
    console.print(table)
    _say(console, _whose(record.overhead))
    if record.loadgen is not None:
        console.print(_loadgen(record.loadgen))
    if record.soak is not None:
        _print_soak(console, record.soak)
    for warning in record.warnings:
        console.print(Text(f"! {warning}", "yellow"), soft_wrap=True)


def print_differences(console: Console, differences: Sequence[Difference], remarks: Sequence[str]) -> None:
    """A table a cadence, a row a figure, those larger than the noise marked."""
    for remark in remarks:
        _say(console, f"Differs: {remark}")
    for name, rows in groupby(differences, key=lambda each: each.series):
        # One table a cadence, and short words: 80 columns hold it without folding a figure.
        table = Table(title=Text(f"{name}, ms"), title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
        table.add_column("stage", no_wrap=True)
        for heading in ("", "before", "after", "change", "99 % of chance", "of verdict"):
            table.add_column(heading, justify="right", overflow="fold")
        table.add_column("")
        for each in rows:
            mark = ("slower" if each.change > 0 else "quicker") if each.larger_than_noise else "noise"
            worth = mark if abs(each.share) >= _WORTH else "noise"
            table.add_row(
                each.stage,
                f"p{each.percent}",
                _ms(each.before),
                _ms(each.after),
                _signed(each.change),
                f"{_signed(each.low)} to {_signed(each.high)}",
                f"{100 * each.share:+.1f} %",
                Text(mark, {"slower": "red", "quicker": "green", "noise": "dim"}[worth]),
            )
        console.print(table)
    _say(
        console,
        "Noise is the chance within each run; what changes from one start of the program to the next comes on top:"
        " measure each side more than once.",
    )


def print_trtexec(console: Console, log: TrtexecLog) -> None:
    """Its figures, and the flags that made them."""
    version = f"TensorRT {log.tensorrt}" if log.tensorrt else "TensorRT of a version that the log does not tell"
    table = _table(f"trtexec, {version}, ms")
    for name, row in log.rows_ms.items():
        table.add_row(name, "", *(_ms(row[figure]) if figure in row else "" for figure in _FIGURES), "")
    console.print(table)
    _say(console, f"Its flags: {' '.join(log.flags) or 'not in the log'}")
    _say(console, "trtexec times one engine with the next inference in flight; ours is press to verdict.")


def _whose(overhead: Overhead) -> str:
    told = [
        f"{words} {100 * share.share:.1f} % (99 % interval {100 * share.low:.1f} to {100 * share.high:.1f} %)"
        for words, share in (
            ("the networks", overhead.networks),
            ("looking at the photograph (disc, framing, cues)", overhead.looking),
            ("our runtime, which is everything else,", overhead.runtime),
        )
    ]
    middle = percentile(overhead.verdict_ms, 50)
    return f"Whose press to verdict is, median {middle:.1f} ms, each part alone and in turn: {', '.join(told)}."


def _series(series: Series, what: str = "") -> Table:
    missed = ""
    if series.cadence_hz is not None:
        missed = f"; {series.missed} of {len(series.due_s)} verdicts late, {series.skipped} presses skipped"
    table = _table(f"{what}{series.name}: press to verdict and its stages, ms{missed}")
    for name, summary in series.summaries.items():
        _row(table, name, summary, "bold" if name == VERDICT else "")
    return table


def _table(title: str) -> Table:
    table = Table(title=Text(title), title_justify="left")
    table.add_column("stage", no_wrap=True)
    for heading in ("n", *_FIGURES, "CV"):
        table.add_column(heading, justify="right", overflow="fold")
    return table


def _row(table: Table, name: str, summary: Summary, style: str = "") -> None:
    figures = (_ms(getattr(summary, figure)) for figure in _FIGURES)
    variation = "" if summary.variation is None else f"{100 * summary.variation:.0f} %"
    table.add_row(name, str(summary.count), *figures, variation, style=style)


def _loadgen(opinion: LoadGenOpinion) -> Table:
    title = f"MLPerf LoadGen {opinion.version} SingleStream ({opinion.result}), the same presses, ms"
    table = _table(title)
    _row(table, "ours", opinion.ours)
    for name, told in (("ours, its rank", opinion.ours_their_way_ms), ("LoadGen's", opinion.theirs_ms)):
        table.add_row(name, "", *(_ms(told[figure]) if figure in told else "" for figure in _FIGURES), "")
    if opinion.early_stopping_p90_ms is not None:
        table.add_row("early stopping", "", "", "", _ms(opinion.early_stopping_p90_ms), "", "", "", "")
    return table


def _print_soak(console: Console, soak: Soak) -> None:
    console.print(_series(soak.series, "Soak, "))
    told = (
        f"Soak: median {soak.first_minute_p50_ms:.1f} ms in its first minute, {soak.last_minute_p50_ms:.1f} ms in its"
    )
    told += f" last; slowed down {soak.throttle_events} times by the machine's own count"
    hot = [reading.celsius for reading in soak.readings if reading.celsius is not None]
    told += f"; {hot[0]:.0f} C at the start, {max(hot):.0f} C at its hottest" if hot else ""
    if soak.joules_a_verdict is None:
        _say(console, f"{told}. Its power cannot be read, so there is no energy a verdict.")
        return
    told += f". {soak.joules_a_verdict:.2f} J a verdict ({' + '.join(soak.rails)})"
    if soak.joules_a_verdict_above_idle is not None:
        told += f", {soak.joules_a_verdict_above_idle:.2f} J above idle"
    _say(console, f"{told}.")


def _signed(change: float) -> str:
    return f"{change:+.3f}" if abs(change) < 100 else f"{change:+.1f}"


def _ms(value: float) -> str:
    """Four digits or so, which fit into a terminal's width."""
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 100 else f"{value:.1f}"


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
