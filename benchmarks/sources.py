"""Choosing weights by sources that they never saw: candidates side by side, or each source held out in turn.

    python benchmarks/sources.py PHOTOGRAPHS --weights efiqa-cp-edge=FILE --weights fthnet-s=FILE [--bundle DIR ...]
    python benchmarks/sources.py PHOTOGRAPHS --shipped
    python benchmarks/sources.py PHOTOGRAPHS --train efiqa-cp-edge --steps 200 --every 50 [--hold-out SOURCE ...]

PHOTOGRAPHS holds labels.csv. Candidates are judged in fp32 on every labelled source, on the clinic source judged by eye
(data/by_eye.csv), on the phantom, and on cameras that nobody trained on (choice/strange_cameras.py). A column is high
where a photograph is good: of a map alone, of a score alone, or of both weighed as the gate does. Answers are kept in
--out by the weights' SHA-256: a broken run goes on where it stopped, and a new candidate costs only itself.
FILE may also be a training's checkpoint.pt: its averaged weights are judged.

With --train, the network's recipe is run (short) without each source in turn, and every checkpoint is asked about the
source that it never saw, as it is and through the strange cameras. The phantom counts as a source.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import torch
from choice.asking import ask
from choice.figures import columns_of
from choice.groups import Item, at_most, phantom_items, real_items
from choice.held_out import Trial
from choice.judges import BundleJudge, Judge, WeightsJudge
from choice.leaving_out import groups_of, leave_each_out
from choice.strange_cameras import STRANGE_CAMERAS
from choice.tables import Sheet
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fundusgate.models.checkpoints import CheckpointError
from fundusgate.runtime import AssessorError
from fundusgate.runtime.bundle import BundleError
from fundusgate.training.loop import TrainingError
from fundusgate.training.photographs import LabelsError, read_records

if TYPE_CHECKING:
    from collections.abc import Sequence

BY_EYE = Path(__file__).parent / "data" / "by_eye.csv"


def options() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--weights", action="append", default=[], metavar="NAME=FILE", help="a candidate; repeatable")
    parser.add_argument("--bundle", action="append", default=[], type=Path, help="a candidate; repeatable")
    parser.add_argument("--shipped", action="store_true", help="the shipped bundle as a candidate")
    parser.add_argument("--precision", default="fp32", help="of bundles: fp32, int8 or auto")
    parser.add_argument("--each", type=int, default=40, help="photographs of each source and label at most")
    parser.add_argument("--strange-each", type=int, default=20, help="of each label before each strange camera")
    parser.add_argument("--group", action="append", help="only this group, as the tables call it; repeatable")
    parser.add_argument("--strange-on", action="append", help="group behind the strange cameras; those by eye if none")
    parser.add_argument(
        "--assume-good", action="append", help="source without labels; srahim, diaretdb1, idrid if none"
    )
    parser.add_argument("--phantoms", type=int, default=20, help="good and bad phantoms, so many of each")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/sources"), help="folder where answers are kept")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--train", metavar="NAME", help="hold each source out in turn and train this network's recipe")
    parser.add_argument("--hold-out", action="append", help="source to hold out; all with both labels unless given")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--every", type=int, default=50, help="steps from one judged checkpoint to the next")
    parser.add_argument("--start", type=Path, help="weights that the trainings begin from; new ones unless given")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def judges_of(given: argparse.Namespace) -> list[Judge]:
    """The candidates, labelled by kind and number.

    Raises:
        ValueError: One is not written NAME=FILE, or its file is missing or does not fit.
        AssessorError: A bundle cannot be opened.
        BundleError: The same.
    """
    judges: list[Judge] = []
    for text in given.weights:
        name, _, file = text.partition("=")
        path = Path(file)
        if not file or not path.is_file():
            raise ValueError(f"--weights {text}: write NAME=FILE, with a file that is there")
        short = "map" if name == "efiqa-cp-edge" else name.rpartition("-")[2]
        number = 1 + sum(judge.label.startswith(short) for judge in judges)
        judges.append(WeightsJudge(f"{short}{number}", name, path))
    bundles = [*given.bundle, *([None] if given.shipped else [])]
    judges += [
        BundleJudge(f"b{number}", bundle, given.precision, given.threads) for number, bundle in enumerate(bundles, 1)
    ]
    if not judges:
        raise ValueError("nothing to judge: give --weights NAME=FILE, --bundle DIR or --shipped")
    return judges


def questions_of(given: argparse.Namespace) -> tuple[list[Item], list[tuple[Item, str]], list[str]]:
    """The photographs; each with the camera it is to be taken through; and the groups behind strange cameras.

    Raises:
        LabelsError: The labels cannot be read.
        ValueError: A group is not there.
    """
    assumed = tuple(given.assume_good or ("srahim", "diaretdb1", "idrid"))
    everything = [*real_items(given.photographs, BY_EYE, assumed), *phantom_items(given.phantoms)]
    _check("--group", given.group or [], everything)
    items = list(at_most([item for item in everything if not given.group or item.group in given.group], given.each))
    behind = given.strange_on or sorted({item.group for item in items if item.by_eye}) or [items[0].group]
    _check("--strange-on", behind, items)
    strange = list(at_most([item for item in items if item.group in behind], given.strange_each))
    questions = [(item, "") for item in items]
    questions += [(item, camera) for camera in STRANGE_CAMERAS for item in strange]
    return items, questions, behind


def _check(option: str, groups: Sequence[str], items: Sequence[Item]) -> None:
    unknown = set(groups) - {item.group for item in items}
    if unknown:
        known = ", ".join(dict.fromkeys(item.group for item in items))
        raise ValueError(f"{option} {', '.join(sorted(unknown))}: the groups are {known}")


def leave_out(given: argparse.Namespace, console: Console) -> None:
    """Each source held out in turn.

    Raises:
        ValueError: Nothing can be held out, or the recipe is unknown.
        TrainingError: A training went wrong.
        LabelsError: The labels cannot be read.
    """
    assumed = tuple(given.assume_good or ("srahim", "diaretdb1", "idrid"))
    everything = [*real_items(given.photographs, BY_EYE, assumed), *phantom_items(given.phantoms)]
    items = list(at_most(everything, given.each))
    known = [name for name in dict.fromkeys(item.group.split(" ")[0] for item in items) if groups_of(name, items)]
    sources = given.hold_out or known
    if not set(sources) <= set(known):
        raise ValueError(
            f"--hold-out {', '.join(sources)}: those with good photographs and rejects are {', '.join(known)}"
        )
    trial = Trial(
        name=given.train,
        steps=given.steps,
        every=given.every,
        # What judges by eye is never trained on.
        assumed_good=tuple(name for name in assumed if name == "idrid" or given.assume_good),
        start=given.start,
        seed=given.seed,
        threads=given.threads,
        folder=given.out,
    )
    judging = {item.group.split(" ")[0] for item in items if item.by_eye} | {"srahim", "diaretdb1"}
    records = [record for record in read_records(given.photographs) if record.source not in judging]
    table, figures = leave_each_out(
        trial,
        sources,
        records,
        items,
        lambda group: list(at_most([item for item in items if item.group == group], given.strange_each)),
        given.out,
        lambda stage, done, every: print(f"{stage}: {done} of {every}", file=sys.stderr) if done == every else None,
    )
    console.print(table)
    if given.json is not None:
        given.json.write_text(json.dumps({"settings": {"steps": given.steps, "seed": given.seed}} | figures, indent=1))


def main() -> None:
    """Ask, tabulate."""
    given = options()
    cv2.setNumThreads(given.threads)
    torch.set_num_threads(given.threads)
    console = Console(width=None if sys.stdout.isatty() else 200)
    try:
        if given.train:
            leave_out(given, console)
            return
        items, questions, behind = questions_of(given)
        judges = judges_of(given)
    except (AssessorError, BundleError, CheckpointError, LabelsError, OSError, TrainingError, ValueError) as error:
        sys.exit(f"not measured: {error}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task("photographs", total=len(questions))
        answers = ask(judges, questions, given.out, lambda done: bars.advance(task, done))
    for judge in judges:
        console.print(f"{judge.label}: {judge.told}", highlight=False, soft_wrap=True)
        judge.close()
    strange = {item.name for item, camera in questions if camera}
    sheet = Sheet(columns_of(judges, answers), items)
    sheet.areas("AUC by source (* weak or assumed labels)", [(group, group, "") for group in sheet.groups])
    seen_strange = Sheet(sheet.columns, [item for item in items if item.name in strange and item.group in behind])
    seen_strange.areas(
        "AUC by strange camera",
        [(f"{camera or 'as it is'}, {group}", group, camera) for group in behind for camera in ("", *STRANGE_CAMERAS)],
    )
    sheet.equal_label()
    for table in (sheet.tables[0], *seen_strange.tables, *sheet.tables[1:]):
        console.print(table)
    if given.json is not None:
        legend = {judge.label: judge.told for judge in judges}
        kept = {"candidates": legend} | sheet.figures | seen_strange.figures
        given.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
