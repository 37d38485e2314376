"""Captures as a person reads them in a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from fundusgate.runtime.gate.events import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.console import Console

    from fundusgate.archive.capture_folder import Kept
    from fundusgate.archive.pruning import PrunePlan
    from fundusgate.archive.record import CaptureRecord

_STYLES = {
    Outcome.ACCEPTED: "bold green",
    Outcome.ACCEPTED_WITH_NOTE: "bold yellow",
    Outcome.RETAKE: "bold red",
    Outcome.CANNOT_OBTAIN: "bold magenta",
}
_ICONS = {
    Outcome.ACCEPTED: "✓",
    Outcome.ACCEPTED_WITH_NOTE: "!",
    Outcome.RETAKE: "↻",
    Outcome.CANNOT_OBTAIN: "⊘",
}
_PLAIN_ICONS = {
    Outcome.ACCEPTED: "+",
    Outcome.ACCEPTED_WITH_NOTE: "!",
    Outcome.RETAKE: "R",
    Outcome.CANNOT_OBTAIN: "0",
}
_SHADES = (" ·", " ░", " ▒", " █")
_PLAIN_SHADES = (" .", " :", " o", " #")


def table_of(entries: Sequence[tuple[CaptureRecord, bool]], encoding: str) -> Table:
    """A row for each capture.

    Args:
        entries: Records, each with whether it was exported.
        encoding: The terminal's; without Unicode the icons are plain letters.
    """
    counts = Counter(record.outcome for record, _ in entries)
    parts = [f"{counts[outcome]} {_words(outcome.value)}" for outcome in Outcome if counts[outcome]]
    caption = ", ".join([f"{len(entries)} captures", *parts]) if entries else "no captures"
    table = Table(box=SIMPLE_HEAD, pad_edge=False, caption=caption, caption_justify="left", padding=(0, 1, 0, 0))
    table.add_column("capture (UTC)", no_wrap=True)
    table.add_column("here", no_wrap=True)
    table.add_column("patient", overflow="fold", min_width=6)
    table.add_column("eye", no_wrap=True)
    table.add_column("outcome", overflow="fold", min_width=15)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("copy", no_wrap=True)
    for record, exported in entries:
        eye = (record.laterality and record.laterality.value, record.field and record.field.value)
        why = _shown(_why(record), encoding)
        table.add_row(
            record.id[:15],
            f"{record.taken_at.astimezone():%m-%d %H:%M}",
            _shown(record.patient or "", encoding),
            " ".join(filter(None, eye)),
            Text.assemble(_outcome(record, encoding), " ", why),
            _number(record.assessment.get("score")),
            "yes" if exported else "no",
        )
    return table


def details_of(kept: Kept, folder: Path, encoding: str) -> Group:
    """Everything of one capture, with its map: dark where anatomy is hidden, blank outside the disc."""
    record, said = kept.record, kept.record.assessment
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    rows: list[tuple[str, str | Text | None]] = [
        ("capture", record.id),
        ("taken", f"{record.taken_at.isoformat()} ({record.trigger.value}, attempt {record.attempt})"),
        ("outcome", _outcome(record, encoding)),
        ("patient", record.patient),
        ("operator", record.operator),
        ("eye", record.laterality and record.laterality.value),
        ("field", record.field and record.field.value),
        ("verdict", _words(str(said.get("verdict", "")))),
        ("score", _number(said.get("score"))),
        ("causes", _causes(record)),
        ("advice", str(said.get("prompt") or "")),
    ]
    for amendment in kept.amendments:
        if (override := amendment.override) is not None:
            by = override.operator or "?"
            rows.append(("kept anyway", f"{override.reason} ({by}, {override.at.isoformat()})"))
        if (given_up := amendment.given_up) is not None:
            words = " ".join(filter(None, (_words(given_up.reason.value), given_up.note)))
            rows.append(("given up", f"{words} ({given_up.operator or '?'}, {given_up.at.isoformat()})"))
    rows += [
        ("camera", record.camera),
        ("networks", ", ".join(f"{model.name} {model.version} ({model.sha256[:12]})" for model in record.models)),
        ("bundle", record.bundle_sha256[:12]),
        ("precision", str(said.get("precision") or "")),
        ("timings", ", ".join(f"{name} {value:.0f} ms" for name, value in record.timings_ms.items())),
        ("photograph", str(folder / record.photograph)),
        ("", f"{record.width} x {record.height}, {record.photograph_bytes} bytes, SHA-256 {record.photograph_sha256}"),
    ]
    rows += [("copied", f"{mark.at.isoformat()} to {mark.folder}/{mark.photograph}") for mark in kept.exports]
    rows += [("fault", fault) for fault in kept.faults]
    for name, value in rows:
        if value:
            table.add_row(name, value if isinstance(value, Text) else _shown(value, encoding))
    return Group(table, *_map(said.get("map"), encoding))


def plan_table(plan: PrunePlan) -> Table:
    """What would be removed."""
    caption = f"{len(plan.removals)} captures may go, {plan.size / 1e6:.1f} MB; {len(plan.staying)} must stay"
    table = Table(box=SIMPLE_HEAD, pad_edge=False, caption=caption, caption_justify="left")
    table.add_column("may go", no_wrap=True)
    table.add_column("MB", justify="right")
    table.add_column("its copy", overflow="fold")
    for removal in plan.removals:
        table.add_row(Text(removal.id), f"{removal.size / 1e6:.1f}", Text(removal.copy))
    return table


def sentences(console: Console, pairs: Iterable[tuple[str, str]], heading: str) -> None:
    """A heading and a line for each pair of identifier and sentence; nothing where there is none."""
    lines = [f"{id_}: {why.removeprefix(f'{id_}: ')}" for id_, why in pairs]
    if lines:
        console.print(Text(f"{len(lines)} {heading}:", style="bold"))
    for line in lines:
        console.print(Text(_printable(line)), soft_wrap=True)


def _map(rows: object, encoding: str) -> list[Text]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        return []
    shades = _SHADES if _is_unicode(encoding) else _PLAIN_SHADES
    top = len(shades) - 1
    lines = ["".join("  " if cell is None else shades[round(top * float(cell))] for cell in row) for row in rows]
    return [Text(f"\nhidden anatomy,{shades[0]} none to{shades[-1]} all:", style="dim"), Text("\n".join(lines))]


def _outcome(record: CaptureRecord, encoding: str) -> Text:
    icons = _ICONS if _is_unicode(encoding) else _PLAIN_ICONS
    return Text(f"{icons[record.outcome]} {_words(record.outcome.value)}", style=_STYLES[record.outcome])


def _why(record: CaptureRecord) -> str:
    if record.override is not None:
        return f"kept anyway: {record.override.reason}"
    if record.given_up is not None:
        return _words(record.given_up.reason.value)
    causes = record.assessment.get("causes")
    first = causes[0] if isinstance(causes, list) and causes else None
    return str(first.get("code", "")) if isinstance(first, dict) else ""


def _causes(record: CaptureRecord) -> str:
    causes = record.assessment.get("causes") or []
    return ", ".join(f"{cause.get('code')} {cause.get('severity')}" for cause in causes if isinstance(cause, dict))


def _number(value: object) -> str:
    return f"{value:.0f}" if isinstance(value, int | float) else ""


def _words(code: str) -> str:
    return code.replace("_", " ")


def _is_unicode(encoding: str) -> bool:
    return encoding.lower().startswith("utf")


def _shown(text: str, encoding: str) -> Text:
    """The text, never read as markup, with what the terminal cannot show escaped."""
    return Text(_printable(text).encode(encoding, "backslashreplace").decode(encoding))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
