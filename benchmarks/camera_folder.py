"""A folder as a clinic would label it: photographs of one group, as they are or through a strange camera.

    python benchmarks/camera_folder.py PHOTOGRAPHS --group eyeq_hi --camera permuted --count 50 --out /tmp/clinic
    fundusgate adapt /tmp/clinic --out /tmp/adapted

PHOTOGRAPHS holds labels.csv. Two fifths of the photographs are good, two fifths rejects, the rest usable, as far as the
group has them. Groups are those of sources.py ("eyeq_lo val", "mexico by eye"); the folder has file, quality, patient.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from pathlib import Path

from choice.groups import real_items
from choice.strange_cameras import STRANGE_CAMERAS, through
from PIL import Image

from fundusgate.training.photographs import LabelsError, Quality, read_records

BY_EYE = Path(__file__).parent / "data" / "by_eye.csv"
SHARES = {Quality.GOOD: 0.4, Quality.REJECT: 0.4, Quality.USABLE: 0.2}


def main() -> None:
    """Choose, change, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--group", required=True)
    parser.add_argument("--camera", choices=sorted(STRANGE_CAMERAS), help="none: the photographs as they are")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    try:
        patients = {record.path: record.patient for record in read_records(given.photographs)}
        items = real_items(given.photographs, BY_EYE, ())
    except LabelsError as error:
        sys.exit(f"not written: {error}")
    own = [item for item in items if item.group == given.group]
    if not own:
        groups = ", ".join(sorted({item.group for item in items}))
        sys.exit(f"not written: there is no group {given.group!r}; there are {groups}")
    random.Random(given.seed).shuffle(own)
    given.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for quality, share in SHARES.items():
        for item in [each for each in own if each.quality is quality][: round(share * given.count)]:
            name = f"{Path(item.name).stem}.png"
            Image.fromarray(through(given.camera or "", item.pixels())).save(given.out / name)
            rows.append([name, quality.value, patients[item.path] if item.path else name])
    with (given.out / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["file", "quality", "patient"], *rows])
    print(f"{len(rows)} photographs of {given.group} in {given.out}")


if __name__ == "__main__":
    main()
