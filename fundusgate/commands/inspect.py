"""`fundusgate inspect`: what a bundle holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from fundusgate.runtime.manifest import ModelManifest


def inspect(
    bundle: Annotated[Path | None, typer.Argument(help="The bundle's folder; the shipped one unless given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The manifest as one JSON object on stdout.")] = False,
) -> None:
    """Verify a bundle and print what it holds; exit code 1 when it must not be used."""
    from rich.console import Console
    from rich.markup import escape

    from fundusgate.runtime.bundle import Bundle, BundleError, shipped_bundle

    try:
        held = Bundle.open(bundle or shipped_bundle())
    except BundleError as error:
        Console(stderr=True).print(f"[red]not usable:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(held.manifest.model_dump(mode="json"), ensure_ascii=False))
        return
    console = Console()
    producer = held.manifest.producer
    written = f"schema {held.manifest.schema_version}, {producer.name} {producer.version}"
    console.print(f"{held.folder}: sound; {written}", markup=False)
    for model in held.manifest.models:
        console.print(_facts(model))
        console.print(_graphs(model))
    if held.extra_files:
        console.print(f"not the bundle's, never read: {', '.join(held.extra_files)}", markup=False)


def _facts(model: ModelManifest) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(f"{model.name} ({model.role.value}) {model.version}"), show_header=False, title_justify="left"
    )
    takes, frame = model.input, model.preprocessing
    framing = "the framed disc" if frame.resize is None else f"the frame at {frame.resize} px, centre {frame.crop} px"
    rows = {
        "input": f"{takes.name} {takes.dtype} {list(takes.shape)} {takes.layout} {takes.colour}",
        "pre-processing": f"version {frame.version}, {framing}",
        "weights": f"{model.provenance.checkpoint} {(model.provenance.checkpoint_sha256 or '')[:12]}",
        "backbone": (model.provenance.backbone_sha256 or "none")[:12],
        "trained on": model.provenance.data,
        "licence": " - ".join(filter(None, (model.provenance.licence, model.provenance.terms))),
        "calibration": (model.calibration_sha256 or "none")[:12],
    }
    for output in model.outputs:
        good = "high is good" if output.polarity == "high_is_good" else "high is bad"
        threshold = model.thresholds.get(output.name)
        working = "" if threshold is None else f", working point {threshold:g}"
        meaning = output.meaning.replace("_", " ")
        rows[f"output {output.name}"] = f"{list(output.shape)} {meaning}, {good}, x{output.scale:g}{working}"
    for name, value in rows.items():
        table.add_row(name, Text(value))
    return table


def _graphs(model: ModelManifest) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table("precision", "file", "MiB", "opset", "SHA-256", "largest difference", "verdicts that flip")
    for precision, graph in model.files.items():
        size = sum(entry.bytes for entry in (graph, *graph.external_data)) / 2**20
        parity = model.parity.get(precision)
        said = "not measured"
        if parity is not None:
            worst = ", ".join(f"{name} {value:.1e}" for name, value in parity.max_abs_difference.items())
            said = f"{worst} from {parity.reference}"
        flips = None if parity is None else parity.verdict_flips
        changed = "" if flips is None else f"{flips.flipped} of {flips.photographs}, at most {100 * flips.upper:.1f} %"
        row = (precision.value, graph.file, f"{size:.1f}", str(graph.opset), graph.sha256[:12], said, changed)
        table.add_row(*(Text(cell) for cell in row))
    return table
