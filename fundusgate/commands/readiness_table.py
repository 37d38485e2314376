"""What `fundusgate readiness` found, for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from fundusgate.commands.bench_estimate import assumptions
from fundusgate.export.readiness.audit import Runs
from fundusgate.export.readiness.findings import Finding, Severity
from fundusgate.export.readiness.power_modes import POWER_MODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from fundusgate.export.readiness.assess import Outcome

_SHOWN_NODES = 3
_WORDS = {
    Severity.REFUSED: ("refused", "bold red"),
    Severity.NOT_INT8: ("silently not INT8", "bold yellow"),
    Severity.NOTE: ("note", "dim"),
}


def print_outcomes(console: Console, outcomes: Sequence[Outcome]) -> None:
    """A table for each graph, and a line on what the real builder did."""
    for outcome in outcomes:
        console.print(_table(outcome))
        console.print(_audit_line(outcome), markup=False, highlight=False, soft_wrap=True)
    ready = all(outcome.ready for outcome in outcomes)
    console.print("[green]ready[/green]" if ready else "[red]not ready[/red]: see above")


def print_estimates(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Time and memory of each graph on each module, plainly called an estimate."""
    for outcome in outcomes:
        work = outcome.work
        if work is None:
            console.print(f"{outcome.graph}: its shapes are not fixed, its work cannot be counted", markup=False)
            continue
        title = (
            f"{outcome.graph}: ESTIMATE from {work.multiplications / 1e9:.2f} billion multiplications, about"
            f" {work.memory / 2**20:.0f} MiB with CUDA and TensorRT"
        )
        table = Table("module", "mode", "at least ms", "rather ms", "memory", title=Text(title), title_justify="left")
        for mode in POWER_MODES:
            fits = "fits" if work.fits(mode) else f"more than half of {mode.memory} GiB"
            table.add_row(mode.module, mode.mode, f"{work.fastest(mode):.1f}", f"{work.usual(mode):.1f}", fits)
        console.print(table)
    console.print(assumptions(), markup=False, highlight=False, soft_wrap=True)


def _table(outcome: Outcome) -> Table:
    jetpacks = ", ".join(report.target.jetpack.version for report in outcome.reports) or "no JetPack that was asked for"
    table = Table(title=Text(f"{outcome.graph} on JetPack {jetpacks}"), title_justify="left")
    for heading in ("JetPack", "severity", "where", "what TensorRT does", "what to do"):
        table.add_column(heading, overflow="fold")
    for (severity, reason, advice), (versions, nodes) in _grouped(outcome).items():
        word, style = _WORDS[severity]
        table.add_row(", ".join(versions), Text(word, style), Text(_named(nodes)), Text(reason), Text(advice))
    if not table.rows:
        table.add_row(jetpacks, Text("nothing found", "green"), "", "", "")
    return table


def _grouped(outcome: Outcome) -> dict[tuple[Severity, str, str], tuple[list[str], list[str]]]:
    """Findings that say the same, with the JetPacks and the nodes that they were found on."""
    found: list[tuple[str, Finding]] = [
        (report.target.jetpack.version, finding) for report in outcome.reports for finding in report.findings
    ]
    if outcome.audit is not None:
        found += [("TensorRT-RTX", finding) for finding in outcome.audit.findings]
    order = list(Severity)
    groups: dict[tuple[Severity, str, str], tuple[list[str], list[str]]] = {}
    for version, finding in sorted(found, key=lambda pair: order.index(pair[1].severity)):
        versions, nodes = groups.setdefault((finding.severity, finding.reason, finding.advice), ([], []))
        if version not in versions:
            versions.append(version)
        if finding.node and finding.node not in nodes:
            nodes.append(finding.node)
    return groups


def _named(nodes: list[str]) -> str:
    shown = ", ".join(nodes[:_SHOWN_NODES])
    return shown if len(nodes) <= _SHOWN_NODES else f"{shown} and {len(nodes) - _SHOWN_NODES} more"


def _audit_line(outcome: Outcome) -> str:
    said = outcome.audit
    if said is None:
        return "not built: TensorRT-RTX was not asked, or is not installed"
    if said.refusals:
        return f"TensorRT-RTX {said.version} refuses it"
    quantized = [product for product in said.products if product.quantized]
    run = sum(product.int8 for product in quantized)
    silent = sum(product.runs is Runs.NOT_STATED for product in quantized)
    unsaid = f" ({silent} in layers that do not state their type)" if silent else ""
    return (
        f"TensorRT-RTX {said.version} built it: {run} of {len(quantized)} quantized products run in INT8{unsaid},"
        f" {len(said.products) - len(quantized)} were left in float"
    )
