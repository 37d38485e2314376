"""Photographs by source and by what is known of their quality, the phantom's among them."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.codes import CauseCode
from fundusgate.phantom import CAMERAS, degrade, render
from fundusgate.runtime.photograph import read_photograph
from fundusgate.training.photographs import Quality, read_records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.training.photographs import PhotographRecord

PHANTOM = "phantom"
FAULTS = tuple(code for code in CauseCode if code not in (CauseCode.UNKNOWN, CauseCode.NOT_FUNDUS))
HIDDEN_IN_A_REJECT = 0.4
"""Share of the field that a phantom's fault hides in what counts as a reject here."""
SEED = 7


@dataclass(frozen=True)
class Item:
    """One photograph to be judged.

    Attributes:
        group: Source, with the split where it is one of validation and `*` where the label is weak or assumed.
        quality: Expert label, by eye, or assumed.
        name: Of the photograph within its folder, or of the phantom's seed.
        path: The file; None for a phantom.
        by_eye: True when the label is an engineer's, from a thumbnail.
    """

    group: str
    quality: Quality
    name: str
    path: Path | None
    by_eye: bool = False

    def pixels(self) -> NDArray[np.uint8]:
        """H x W x 3 uint8, RGB."""
        return _phantom(self) if self.path is None else read_photograph(self.path)


def real_items(folder: Path, by_eye: Path, assumed_good: tuple[str, ...]) -> list[Item]:
    """Every photograph of `folder` whose quality is known, judged by eye or assumed.

    Args:
        folder: With labels.csv.
        by_eye: CSV of columns file and quality.
        assumed_good: Sources without labels whose photographs were taken to be read.
    """
    with by_eye.open(encoding="utf-8") as stream:
        eyed = {row["file"]: Quality(row["quality"]) for row in csv.DictReader(stream)}
    items = []
    for record in read_records(folder):
        name = record.path.relative_to(folder).as_posix()
        if name in eyed:
            items.append(Item(f"{record.source} by eye", eyed[name], name, record.path, by_eye=True))
        elif record.quality is not None:
            items.append(Item(_group(record), record.quality, name, record.path))
        elif record.source in assumed_good and not record.artifact:
            items.append(Item(f"{record.source} *", Quality.GOOD, name, record.path))
    return items


def _group(record: PhotographRecord) -> str:
    return record.source + (f" {record.split}" if record.split == "val" else " *" if record.weak else "")


def phantom_items(count: int) -> list[Item]:
    """As many good phantoms as bad ones, of eyes that training never grows (it takes seeds up from 100,000)."""
    return [
        Item(PHANTOM, quality, f"{quality.value}-{seed}", None)
        for quality in (Quality.GOOD, Quality.REJECT)
        for seed in range(count)
    ]


def _phantom(item: Item) -> NDArray[np.uint8]:
    seed = int(item.name.rpartition("-")[2])
    names = sorted(CAMERAS)
    phantom = render(7_000 + seed, 512, names[seed % len(names)])
    if item.quality is Quality.GOOD:
        return phantom.rgb
    code = FAULTS[seed % len(FAULTS)]
    # The mildest of these that hides enough: the border is where networks differ.
    for strength in (0.5, 0.65, 0.8, 1.0):
        done = degrade(phantom.rgb, phantom.field, code, strength, seed)
        if done.hidden_fraction(phantom.field) >= HIDDEN_IN_A_REJECT:
            return done.rgb
    return degrade(phantom.rgb, phantom.field, CauseCode.FOCUS, 1.0, seed).rgb


def at_most(items: list[Item], each: int) -> Iterator[Item]:
    """No more than `each` of a group and quality, the same ones at every call."""
    kinds: dict[tuple[str, Quality], list[Item]] = {}
    for item in items:
        kinds.setdefault((item.group, item.quality), []).append(item)
    for found in kinds.values():
        yield from found if len(found) <= each else random.Random(SEED).sample(found, each)
