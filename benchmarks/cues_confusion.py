"""Which cause the cues name when a known fault is put on real photographs, and which on photographs as they are.

    python benchmarks/cues_confusion.py PHOTOGRAPHS [--each 30] [--strength 0.5 0.8 1.0] [--profile FILE]

PHOTOGRAPHS is a folder with labels.csv (columns file, source, quality). Faults are those of `fundusgate.phantom`.
A row is what was done to the photograph, a column what the cues name; "none" where no severity reaches the profile's
`causes.main`. The last lines are the areas under the curve of good against reject for the sharpness figures.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
from sklearn.metrics import roc_auc_score

from fundusgate.codes import CauseCode
from fundusgate.phantom import degrade
from fundusgate.runtime.causes import cue_severities, rank
from fundusgate.runtime.cues import Cues, measure_cues
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.field_cut import visible_field
from fundusgate.runtime.photograph import read_photograph
from fundusgate.runtime.preprocessing import frame_disc
from fundusgate.runtime.profile import Profile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 256
SEED = 2
CONCLUSIONS = (CauseCode.NOT_FUNDUS, CauseCode.UNKNOWN)
PUT_ON = [code for code in CauseCode if code not in CONCLUSIONS]


def framed(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The photograph's square at the cues' size, and its field."""
    rgb = read_photograph(path)
    square = frame_disc(rgb, find_disc(rgb), SIDE)
    return square.rgb, visible_field(square.rgb, square.inside)


def named(cues: Cues, profile: Profile) -> str:
    """The main cause by the cues alone."""
    causes = rank(cue_severities(cues, profile.cues), profile.causes)
    return causes[0].code.value if causes and causes[0].severity >= profile.causes.main else "none"


def groups_of(folder: Path, each: int) -> dict[str, list[Path]]:
    """Photographs by source and quality, `each` of a group at most, drawn with a fixed seed."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found[f"{row['source']} {row['quality']}".strip()].append(folder / row["file"])
    draw = random.Random(SEED)
    return {name: draw.sample(paths, min(each, len(paths))) for name, paths in sorted(found.items())}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--each", type=int, default=30, help="photographs of each group")
    parser.add_argument("--strength", type=float, nargs="+", default=[0.5, 0.8, 1.0])
    parser.add_argument("--profile", type=Path, default=None)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    profile = Profile.load(given.profile)
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    figures: dict[str, list[Cues]] = {}
    groups = groups_of(given.photographs, given.each)
    for name, paths in groups.items():
        figures[name] = [measure_cues(*framed(path)) for path in paths]
        table[f"as taken: {name}"].update(named(cues, profile) for cues in figures[name])
    # faults need a photograph that has none: the groups that experts called good, at full resolution first
    clean = [path for name, paths in groups.items() if name.endswith("good") for path in paths]
    for index, path in enumerate(random.Random(SEED).sample(clean, min(given.each, len(clean)))):
        rgb, field = framed(path)
        for code in PUT_ON:
            for strength in given.strength:
                worse = degrade(rgb, field, code, strength, index).rgb.copy()
                worse[~field] = 0
                table[f"{code.value} {strength:g}"][
                    named(measure_cues(worse, visible_field(worse, field)), profile)
                ] += 1
    columns = ["none", *(code.value for code in PUT_ON)]
    print(f"{'':28}" + " ".join(f"{column[:4] + column[-3:]:>7}" for column in columns))
    for name, counts in table.items():
        print(f"{name:28}" + " ".join(f"{counts[column] or '.':>7}" for column in columns))
    for name, good in figures.items():
        rejected = figures.get(name.replace("good", "reject"))
        if name.endswith("good") and rejected:
            truth = [1] * len(good) + [0] * len(rejected)
            both = [cues.sharpness for cues in (*good, *rejected)]
            detail = roc_auc_score(truth, [sharpness.detail for sharpness in both])
            ratio = roc_auc_score(truth, [sharpness.fine_to_coarse for sharpness in both])
            print(f"AUC good over reject, {name.split()[0]}: detail {detail:.3f}, fine_to_coarse {ratio:.3f}")


if __name__ == "__main__":
    main()
