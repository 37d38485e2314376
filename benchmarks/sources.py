"""Choosing weights by sources that they never saw: candidates side by side, or each source held out in turn.

    python benchmarks/sources.py PHOTOGRAPHS --weights efiqa-cp-edge=FILE --weights fthnet-s=FILE [--bundle DIR ...]
    python benchmarks/sources.py PHOTOGRAPHS --shipped

PHOTOGRAPHS holds labels.csv. Candidates are judged in fp32 on every labelled source, on the clinic source judged by eye
(data/by_eye.csv), on the phantom, and on cameras that nobody trained on (choice/strange_cameras.py). A column is high
where a photograph is good: of a map alone, of a score alone, or of both weighed as the gate does. Answers are kept in
--out by the weights' SHA-256: a broken run goes on where it stopped, and a new candidate costs only itself.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import cv2
import torch
from choice.asking import ask
from choice.figures import columns_of
from choice.groups import PHANTOM, Item, at_most, phantom_items, real_items
from choice.judges import BundleJudge, Judge, WeightsJudge
from choice.strange_cameras import STRANGE_CAMERAS
from choice.tables import Sheet
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fundusgate.models.checkpoints import CheckpointError
from fundusgate.runtime import AssessorError
from fundusgate.runtime.bundle import BundleError
from fundusgate.training.photographs import LabelsError

BY_EYE = Path(__file__).parent / "data" / "by_eye.csv"


def options() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--weights", action="append", default=[], metavar="NAME=FILE", help="a candidate; repeatable")
    parser.add_argument("--bundle", action="append", default=[], type=Path, help="a candidate; repeatable")
    parser.add_argument("--shipped", action="store_true", help="the shipped bundle as a candidate")
    parser.add_argument("--precision", default="fp32", help="of bundles: fp32, int8 or auto")
    parser.add_argument("--each", type=int, default=120, help="photographs of each source and label at most")
    parser.add_argument("--strange-each", type=int, default=70, help="of each label before each strange camera")
    parser.add_argument("--strange-on", action="append", help="group behind the strange cameras; those by eye if none")
    parser.add_argument(
        "--assume-good", action="append", help="source without labels; srahim, diaretdb1, idrid if none"
    )
    parser.add_argument("--phantoms", type=int, default=40, help="good and bad phantoms, so many of each")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/sources"), help="folder where answers are kept")
    parser.add_argument("--json", type=Path)
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
    everything = real_items(given.photographs, BY_EYE, assumed)
    items = [*at_most(everything, given.each), *phantom_items(given.phantoms)]
    behind = given.strange_on or sorted({item.group for item in items if item.by_eye}) or [PHANTOM]
    unknown = set(behind) - {item.group for item in items}
    if unknown:
        groups = ", ".join(dict.fromkeys(item.group for item in items))
        raise ValueError(f"--strange-on {', '.join(sorted(unknown))}: the groups are {groups}")
    strange = list(at_most([item for item in items if item.group in behind], given.strange_each))
    questions = [(item, "") for item in items]
    questions += [(item, camera) for camera in STRANGE_CAMERAS for item in strange]
    return items, questions, behind


def main() -> None:
    """Ask, tabulate."""
    given = options()
    cv2.setNumThreads(given.threads)
    torch.set_num_threads(given.threads)
    console = Console(width=None if sys.stdout.isatty() else 200)
    try:
        items, questions, behind = questions_of(given)
        judges = judges_of(given)
    except (AssessorError, BundleError, CheckpointError, LabelsError, OSError, ValueError) as error:
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
