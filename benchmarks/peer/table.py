"""Results for people: tables for the screen, Markdown for a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .results import Coverage, Flips, Results, Row

NOTHING = "-"


def as_tables(results: Results) -> list[Table]:
    """Four tables a network, a row for each variant."""
    tables = []
    for title, headings, lines in _everything(results):
        table = Table(title=title, title_justify="left")
        for index, heading in enumerate(headings):
            table.add_column(heading, justify="left" if index == 0 else "right", overflow="fold")
        for line in lines:
            table.add_row(*line)
        tables.append(table)
    return tables


def as_markdown(results: Results) -> str:
    """The same tables, with the machine and the command above them."""
    parts = [
        f"`{results.command}`",
        f"{results.machine}.",
        f"Calibrated on {results.calibrated_on} photographs, measured on {results.measured_on} others.",
    ]
    for title, headings, lines in _everything(results):
        parts += [f"### {title}", _markdown_table(headings, lines)]
    return "\n\n".join(parts) + "\n"


def _everything(results: Results) -> list[tuple[str, list[str], list[list[str]]]]:
    networks = list(dict.fromkeys(row.network for row in results.rows))
    found = []
    for network in networks:
        rows = [row for row in results.rows if row.network == network]
        found.append((f"{network}: parity with fp32", *_parity_lines(rows, results)))
        found.append((f"{network}: what runs in INT8", *_coverage_lines(rows)))
        found.append((f"{network}: cost", *_cost_lines(rows, results.fp32_milliseconds[network])))
        found.append((f"{network}: where Q/DQ pairs stand", *_pair_lines(rows, results)))
    return found


def _parity_lines(rows: Sequence[Row], results: Results) -> tuple[list[str], list[list[str]]]:
    figures = next((row.figures for row in rows if row.figures), {})
    if "srcc" in figures:
        headings = ["SRCC", "mean, points", "p99, points"]
        shown = [("srcc", ".4f"), ("mean", ".2f"), ("p99", ".2f")]
    else:
        headings = ["map, mean", "map, p99", "Dice"]
        shown = [("mean", ".4f"), ("p99", ".4f"), ("dice", ".4f")]
    lines = []
    for row in rows:
        if row.failed is not None:
            lines.append([row.variant, f"failed: {row.failed}", *[NOTHING] * (len(shown) + 2)])
            continue
        told = [format(row.figures[name], form) for name, form in shown]
        both = results.together.get(row.variant)
        budget = "kept" if not row.over_budget else "broken"
        lines.append([row.variant, *told, _flips(row.flips), NOTHING if both is None else _flips(both), budget])
    return ["", *headings, "flips, alone", "flips, both networks", "budget"], lines


def _coverage_lines(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    lines = [[row.variant, str(row.opset), *_coverage(row.coverage)] for row in rows if row.failed is None]
    return [
        "",
        "opset",
        "INT8 by the builder",
        "meant for it",
        "all products",
        "ready for JetPack",
        "refused by",
    ], lines


def _coverage(told: Coverage | None) -> list[str]:
    if told is None:
        return [NOTHING] * 5
    ready = [version for version, objections in told.jetpacks.items() if not objections]
    stopped = [version for version, objections in told.jetpacks.items() if objections]
    fused = f" + {told.fused} fused" if told.fused else ""
    built = "no engine" if told.refused else f"{told.int8}{fused}"
    return [built, str(told.quantized), str(told.products), _listed(ready), _listed(stopped)]


def _cost_lines(rows: Sequence[Row], fp32: float) -> tuple[list[str], list[list[str]]]:
    lines = [["fp32", *[NOTHING] * 5, f"{fp32:.1f}", "1.00"]]
    for row in rows:
        if row.failed is not None or row.made is None:
            continue
        lines.append(
            [
                row.variant,
                f"{row.made.seconds:.0f}",
                f"{row.made.cpu_seconds:.0f}",
                f"{row.made.peak_mib:.0f}",
                f"{row.made.peak_mib - row.made.before_mib:.0f}",
                f"{row.bytes / 2**20:.1f}",
                f"{row.milliseconds:.1f}",
                f"{row.speed:.2f}",
            ]
        )
    headings = ["", "quantizing, s", "CPU s", "peak, MiB", "above imports, MiB", "graph, MiB", "CPU, ms", "fp32 / this"]
    return headings, lines


def _pair_lines(rows: Sequence[Row], results: Results) -> tuple[list[str], list[list[str]]]:
    lines = []
    for row in rows:
        if row.failed is not None:
            continue
        where = ", ".join(f"{count} {operator}" for operator, count in row.pairs.items()) or NOTHING
        kept = results.range_kept.get(row.network, {}).get(row.variant)
        lines.append([row.variant, where, str(row.per_tensor_weights), NOTHING if kept is None else _kept(kept)])
    return ["", "activations through a pair, by reader", "weights with one scale", "range kept"], lines


def _kept(kept: dict[str, float]) -> str:
    if not kept["tensors"]:
        return "no tensor in common"
    median, least = 100 * kept["median"], 100 * kept["least"]
    return f"{median:.0f} % in the median, {least:.0f} % the least, {kept['tensors']:.0f} tensors"


def _flips(flips: Flips | None) -> str:
    if flips is None:
        return NOTHING
    return f"{flips.hits}/{flips.trials} ({100 * flips.low:.1f} to {100 * flips.high:.1f} %)"


def _listed(versions: Sequence[str]) -> str:
    return ", ".join(versions) or "none"


def _markdown_table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return "\n".join([line(headings), "|" + "---|" * len(headings), *(line(cells) for cells in lines)])
