"""Where the score's `retake` should lie: what each threshold costs, on photographs that training used.

    python benchmarks/fit_retake.py PHOTOGRAPHS [--bundle DIR] [--each 250] [--dearer 2]

PHOTOGRAPHS holds labels.csv; patients of `val` are left out, so that they can judge. A usable photograph that is
refused costs another attempt; a reject that is kept costs the patient another visit, and counts --dearer times as much.
Each source weighs the same. Good photographs must not pay: a threshold that refuses more than --good of them beyond
what the lowest one refuses is out.
"""

from __future__ import annotations

import argparse
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.console.play import KEPT
from fundusgate.runtime import Assessor, AssessorError
from fundusgate.runtime.bundle import BundleError
from fundusgate.runtime.photograph import read_photograph
from fundusgate.training.photographs import LabelsError, Quality, read_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

THRESHOLDS = tuple(float(each) for each in range(50, 71))


@dataclass(frozen=True)
class Told:
    """What the gate said of one photograph with the lowest threshold: its score, and whether it was kept."""

    score: float
    kept: bool


@dataclass(frozen=True)
class Row:
    """Shares that one threshold keeps of each quality, 0..1, each source weighing the same, and what that costs."""

    threshold: float
    kept: Mapping[Quality, float]
    cost: float


def rows_of(told: Mapping[tuple[str, Quality], Sequence[Told]], dearer: float) -> list[Row]:
    """A row a threshold.

    Args:
        told: By source and quality.
        dearer: What a reject that is kept costs, in usable photographs that are refused.

    Raises:
        ValueError: There is no photograph of one of the qualities.
    """
    found = []
    for threshold in THRESHOLDS:
        kept = {}
        for quality in Quality:
            shares = [
                np.mean([each.kept and each.score >= threshold for each in group])
                for (_, of), group in told.items()
                if of is quality and group
            ]
            if not shares:
                raise ValueError(f"no photograph is labelled {quality.value}: what a threshold costs cannot be told")
            kept[quality] = float(np.mean(shares))
        cost = 1 - kept[Quality.USABLE] + dearer * kept[Quality.REJECT]
        found.append(Row(threshold, kept, cost))
    return found


def cheapest(rows: Sequence[Row], good: float) -> Row:
    """The cheapest threshold that refuses at most ``good`` (0..1) more of the good ones than the lowest does."""
    allowed = [row for row in rows if row.kept[Quality.GOOD] >= rows[0].kept[Quality.GOOD] - good]
    return min(allowed, key=lambda row: (row.cost, row.threshold))


def main() -> None:
    """Ask, tabulate, choose."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--each", type=int, default=250, help="photographs of each source and label at most")
    parser.add_argument("--dearer", type=float, default=2.0)
    parser.add_argument("--good", type=float, default=0.01)
    options = parser.parse_args()
    told: dict[tuple[str, Quality], list[Told]] = {}
    try:
        records = [r for r in read_records(options.photographs) if r.quality and not r.weak and r.split != "val"]
        with Assessor.open(options.bundle) as assessor:
            profile = assessor.profile
        lowest = profile.score.model_copy(update={"retake": THRESHOLDS[0]})
        with Assessor.open(options.bundle, profile=profile.model_copy(update={"score": lowest})) as assessor:
            for group in sorted({(r.source, r.quality) for r in records if r.quality}):
                rows = [r for r in records if (r.source, r.quality) == group]
                chosen = random.Random(3).sample(rows, min(options.each, len(rows)))
                answers = [assessor.assess(read_photograph(r.path)) for r in chosen]
                told[group] = [Told(each.score, each.verdict in KEPT) for each in answers]
                print(f"{group[0]}, {group[1].value}: {len(chosen)}", flush=True)
        table = rows_of(told, options.dearer)
    except (AssessorError, BundleError, LabelsError, OSError, ValueError) as error:
        sys.exit(f"not fitted: {error}")
    print("retake  kept: good  usable  reject   cost")
    for row in table:
        shares = "  ".join(f"{100 * row.kept[quality]:6.1f}" for quality in Quality)
        print(f"{row.threshold:6.0f}      {shares}  {row.cost:6.3f}")
    print(f"cheapest: retake = {cheapest(table, options.good).threshold:.0f}")


if __name__ == "__main__":
    main()
