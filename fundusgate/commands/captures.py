"""`fundusgate captures`: list, show, copy out, check and remove what the camera has kept."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fundusgate.archive.layout import default_folder
from fundusgate.codes import Laterality
from fundusgate.runtime.gate.events import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fundusgate.archive.index import Selection
    from fundusgate.archive.pruning import PrunePlan
    from fundusgate.archive.reader import ArchiveReader

captures = typer.Typer(no_args_is_help=True, help="List, copy out, check and remove the photographs that were kept.")


class ExportFormat(str, Enum):
    """What `export` writes."""

    FOLDER = "folder"
    """Every photograph, with its record as JSON beside it."""
    CSV = "csv"
    """One table, without photographs."""


def _moment(text: str, days_later: int = 0) -> datetime:
    """A date or a time; without an offset it is this machine's."""
    try:
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text)
        return (moment + timedelta(days=days_later)).astimezone()
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"{text!r} is no date: write 2026-11-21, or 2026-11-21T08:30") from error


def _start(text: str) -> datetime:
    return _moment(text)


def _end(text: str) -> datetime:
    """As `_moment`; a date alone means the end of its day."""
    return _moment(text, days_later=1 if len(text) <= len("2026-11-21") else 0)


ArchiveFolder = Annotated[
    Path,
    typer.Option(
        "--archive",
        envvar="FUNDUSGATE_ARCHIVE",
        help="Folder that `fundusgate run` keeps photographs in.",
        file_okay=False,
        default_factory=default_folder,
        show_default="~/.local/share/fundusgate/archive",
    ),
]
Since = Annotated[
    datetime | None, typer.Option(parser=_start, metavar="DATE", help="Taken on this day (or at this time) or later.")
]
Until = Annotated[
    datetime | None, typer.Option(parser=_end, metavar="DATE", help="Taken on this day or earlier (or before a time).")
]
Patient = Annotated[str | None, typer.Option(help="Of this patient identifier, exactly.")]
WithOutcome = Annotated[Outcome | None, typer.Option(help="With this outcome.")]
OfEye = Annotated[Laterality | None, typer.Option(help="Of this eye.", case_sensitive=False)]


@captures.callback()
def _group() -> None:
    """List, copy out, check and remove the photographs that were kept.

    The exit code is 0 when done, 1 when something failed or was found wrong, 2 for wrong use.
    """


@captures.command("list")
def list_(
    archive: ArchiveFolder,
    since: Since = None,
    until: Until = None,
    patient: Patient = None,
    outcome: WithOutcome = None,
    laterality: OfEye = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many at most, the newest.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a capture on stdout, a line each.")] = False,
) -> None:
    """List captures, newest first; those that cannot be read are named at the end.

    For example:

        fundusgate captures list --since 2026-11-21 --outcome retake

        fundusgate captures list --patient A-1042 --json
    """
    from rich.console import Console

    from fundusgate.archive.index import Selection
    from fundusgate.commands.captures_table import sentences, table_of

    with _opened(archive) as reader:
        entries = reader.entries(Selection(since, until, patient, outcome, laterality), limit)
        unreadable = reader.unreadable()
        if as_json:
            for record, exported in entries:
                typer.echo(json.dumps(record.model_dump(mode="json") | {"exported": exported}, allow_nan=False))
            for one in unreadable:
                typer.echo(json.dumps({"id": one.id, "error": one.why}))
            return
        console = Console()
        console.print(table_of(list(entries), console.encoding))
        sentences(console, ((one.id, one.why) for one in unreadable), "cannot be read")


@captures.command()
def show(
    capture: Annotated[str, typer.Argument(metavar="ID", help="The capture, or the beginning of its identifier.")],
    archive: ArchiveFolder,
    as_json: Annotated[bool, typer.Option("--json", help="The record and its amendments as one JSON object.")] = False,
) -> None:
    """Show everything that was kept with one photograph.

    For example:

        fundusgate captures show 20261121T2053
    """
    from rich.console import Console

    from fundusgate.archive.export_folder import sidecar_of
    from fundusgate.commands.captures_table import details_of

    with _opened(archive) as reader:
        id_ = reader.find(capture)
        kept = reader.capture(id_)
        if as_json:
            typer.echo(sidecar_of(kept, kept.record.photograph), nl=False)
        else:
            console = Console()
            folder = reader.folder_of(id_)
            console.print(details_of(kept, folder, console.encoding), soft_wrap=False, highlight=False)


@captures.command()
def export(
    out: Annotated[Path, typer.Argument(help="Folder to copy to; for CSV the file to write, or - for stdout.")],
    archive: ArchiveFolder,
    format_: Annotated[ExportFormat, typer.Option("--format", help="What to write.")] = ExportFormat.FOLDER,
    since: Since = None,
    until: Until = None,
    patient: Patient = None,
    outcome: WithOutcome = None,
    laterality: OfEye = None,
) -> None:
    """Copy captures out, and note in each that it was; a CSV has no photographs and counts for no copy.

    An export that was broken off is taken up where it ended: what is there and whole is not copied again.

    For example:

        fundusgate captures export /media/stick/screening

        fundusgate captures export november.csv --format csv --since 2026-11-01
    """
    from fundusgate.archive.index import Selection

    selection = Selection(since, until, patient, outcome, laterality)
    with _opened(archive) as reader:
        (_export_table if format_ is ExportFormat.CSV else _export_folder)(reader, selection, out)


@captures.command()
def verify(archive: ArchiveFolder) -> None:
    """Read every file and compare it with its hash; the exit code is 1 when something is missing or altered.

    For example:

        fundusgate captures verify
    """
    from rich.console import Console

    from fundusgate.archive.verification import verify as verify_archive
    from fundusgate.commands.captures_table import sentences

    with _opened(archive) as reader:
        with _progress("checking") as progress:
            count, findings = verify_archive(reader, progress)
        lost = [finding for finding in findings if finding.lost]
        aside = reader.set_aside()
    console = Console(soft_wrap=True)
    sentences(console, ((finding.id, finding.what) for finding in lost), "missing or altered")
    sentences(console, ((finding.id, finding.what) for finding in findings if not finding.lost), "worth a look")
    whole = count - len({finding.id for finding in lost})
    typer.echo(f"{count} captures, {whole} of them whole" + (f"; {aside} in quarantine" if aside else ""))
    if lost:
        raise typer.Exit(1)


@captures.command()
def prune(
    archive: ArchiveFolder,
    older_than: Annotated[
        float | None, typer.Option(min=0, max=36500, metavar="DAYS", help="Only captures older than that.")
    ] = None,
    keep_free: Annotated[
        float | None, typer.Option(min=0, metavar="GB", help="Only until so much (10^9 bytes) is free on the disk.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
) -> None:
    """Remove captures that have been exported, oldest first; nothing else is ever removed.

    Where the copy's folder is at hand, the copy is compared by hash first. Shows what would go, and asks; where nobody
    can be asked it removes nothing without --yes.

    For example:

        fundusgate captures prune --older-than 90

        fundusgate captures prune --keep-free 20 --yes
    """
    from rich.console import Console

    from fundusgate.archive.pruning import plan_prune, remove
    from fundusgate.commands.captures_table import plan_table, sentences

    if older_than is None and keep_free is None:
        raise typer.BadParameter("say which may go: --older-than DAYS, or --keep-free GB, or both")
    console = Console(soft_wrap=True)
    with _opened(archive) as reader:
        before = None if older_than is None else datetime.now(timezone.utc) - timedelta(days=older_than)
        free_up = None if keep_free is None else int(keep_free * 1e9) - reader.free_bytes()
        with _progress("comparing copies") as progress:
            plan = plan_prune(reader, before, free_up, progress)
        console.print(plan_table(plan), soft_wrap=False)
        sentences(console, plan.staying, "stay")
        if not plan.removals or not (yes or _agreed(plan)):
            return
        freed = gone = 0
        with _progress("removing") as progress:
            for done, removal in enumerate(plan.removals, start=1):
                if remove(reader, removal):
                    gone, freed = gone + 1, freed + removal.size
                progress(done, len(plan.removals))
    typer.echo(f"{gone} removed, {freed / 1e6:.1f} MB freed")


def _agreed(plan: PrunePlan) -> bool:
    if not sys.stdin.isatty():
        typer.echo("nothing was removed: nobody can be asked here; add --yes to remove them")
        return False
    return typer.confirm(f"Remove {len(plan.removals)} captures from the archive for good?")


def _export_folder(reader: ArchiveReader, selection: Selection, out: Path) -> None:
    from rich.console import Console

    from fundusgate.archive.export_folder import export_captures
    from fundusgate.commands.captures_table import sentences

    with _progress("copying") as progress:
        result = export_captures(reader, selection, out, progress)
    there = f", {result.already} were there already" if result.already else ""
    typer.echo(f"{result.copied} captures copied to {out}{there}")
    failed = (*result.failed, *((one.id, one.why) for one in reader.unreadable()))
    sentences(Console(stderr=True, soft_wrap=True), failed, "not copied")
    if failed:
        raise typer.Exit(1)


def _export_table(reader: ArchiveReader, selection: Selection, out: Path) -> None:
    from io import StringIO

    from fundusgate.archive.durable import replace_file
    from fundusgate.archive.errors import archive_errors
    from fundusgate.archive.export_table import write_table

    text = StringIO(newline="")
    count = write_table(reader.entries(selection), text)
    if str(out) == "-":
        typer.echo(text.getvalue(), nl=False)
        return
    with archive_errors("write the table", out):
        # the mark tells spreadsheets that it is UTF-8
        replace_file(out.with_name(f".{out.name}.partial"), out, text.getvalue().encode("utf-8-sig"))
    typer.echo(f"{count} captures in {out}")


@contextmanager
def _opened(folder: Path) -> Iterator[ArchiveReader]:
    """The archive to look into; what goes wrong in it ends the command with one sentence."""
    from rich.console import Console
    from rich.markup import escape

    from fundusgate.archive.errors import ArchiveError
    from fundusgate.archive.reader import ArchiveReader

    try:
        with _progress("reading records") as progress:
            reader = ArchiveReader.look(folder, progress)
        with reader:
            yield reader
    except ArchiveError as error:
        told = Console(stderr=True)
        told.print(f"[red]not done:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


@contextmanager
def _progress(doing: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, shown once there is something to count."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    told = Console(stderr=True)
    with Progress(*columns, console=told, transient=True, redirect_stdout=False, disable=not told.is_terminal) as bar:
        task = bar.add_task(doing, total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)
