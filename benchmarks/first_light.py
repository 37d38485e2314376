"""What the shipped bundle makes of photographs of sources that its weights never saw.

    python benchmarks/first_light.py PHOTOGRAPHS [--bundle DIR] [--each 120] [--json FILE]

PHOTOGRAPHS holds labels.csv. Sections: discrimination (AUC of the score, good over reject), acceptance, the map on
local faults of known place, refusal of pictures without a retina, and time a photograph.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import statistics
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from fundusgate.codes import CauseCode
from fundusgate.console.play import KEPT
from fundusgate.export.accuracy.statistics import wilson_interval
from fundusgate.runtime import Assessment, Assessor
from fundusgate.runtime.photograph import read_photograph
from fundusgate.training.negatives import HELD_OUT, sample_pictures
from fundusgate.training.photographs import PhotographRecord, Quality, read_records

Pixels = NDArray[np.uint8]
UNSEEN = ("srahim", "diaretdb1")
"""Sources held out of training whose photographs were taken for grading; they stand for good ones."""
BY_EYE = Path(__file__).parent / "data" / "by_eye.csv"
FAULTS = ("blur", "shadow", "glare", "haze")


def interval(hits: int, of: int) -> str:
    """Share with its Wilson 95 % interval."""
    if of == 0:
        return "none"
    low, high = wilson_interval(hits, of)
    return f"{hits}/{of} = {100 * hits / of:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def locally_faulty(rgb: Pixels, kind: str, seed: int) -> tuple[Pixels, NDArray[np.float32]]:
    """One soft-edged ellipse of ``kind``; not the generator that training uses. Pixels and the fault's weight 0..1."""
    height, width = rgb.shape[:2]
    side, rng = min(height, width), np.random.default_rng(seed)
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    angle, (cy, cx) = rng.uniform(0, np.pi), (np.array([height, width]) / 2 + rng.uniform(-0.24, 0.24, 2) * side)
    a, b = rng.uniform(0.12, 0.3, 2) * side
    u = ((xs - cx) * np.cos(angle) + (ys - cy) * np.sin(angle)) / a
    v = ((cx - xs) * np.sin(angle) + (ys - cy) * np.cos(angle)) / b
    weight = np.clip((1.1 - np.hypot(u, v)) / 0.2, 0, 1).astype(np.float32)
    image = rgb.astype(np.float32)
    bad = {
        "blur": lambda: cv2.GaussianBlur(image, (0, 0), 0.016 * side),
        "shadow": lambda: image * 0.08,
        "glare": lambda: image * 0.15 + np.array([235, 235, 225], np.float32) * 0.85,
        "haze": lambda: (
            cv2.GaussianBlur(image, (0, 0), 0.006 * side) * 0.3 + np.array([150, 130, 110], np.float32) * 0.7
        ),
    }[kind]()
    mixed = image * (1 - weight[..., None]) + bad * weight[..., None]
    return np.clip(mixed + rng.normal(0, 1.5, mixed.shape), 0, 255).astype(np.uint8), weight


def cell_truth(weight: NDArray[np.float32], box: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """Mean weight of the fault in each of 16 x 16 cells of ``box``."""
    x0, y0, x1, y1 = box
    square = np.zeros((y1 - y0, x1 - x0), np.float32)
    height, width = weight.shape
    left, top, right, bottom = max(0, x0), max(0, y0), min(width, x1), min(height, y1)
    square[top - y0 : bottom - y0, left - x0 : right - x0] = weight[top:bottom, left:right]
    return np.asarray(cv2.resize(square, (16, 16), interpolation=cv2.INTER_AREA), np.float32)


def auc(good: list[Assessment], reject: list[Assessment]) -> float:
    """AUC of the score, good over reject."""
    scores = [each.score for each in [*good, *reject]]
    return float(roc_auc_score([1] * len(good) + [0] * len(reject), scores))


class Report:
    """Lines for people and figures for machines, together."""

    def __init__(self) -> None:
        self.figures: dict[str, object] = {}

    def say(self, name: str, value: object, text: str | None = None) -> None:
        """One figure."""
        self.figures[name] = value
        print(f"{name:<58} {text if text is not None else value}", flush=True)


def sample(rows: list[PhotographRecord], count: int) -> list[PhotographRecord]:
    """``count`` rows, the same at every call."""
    return random.Random(7).sample(rows, min(count, len(rows)))


def discrimination(
    report: Report, name: str, assessor: Assessor, good: list[Path], usable: list[Path], reject: list[Path]
) -> None:
    """AUC, acceptance by class, and the score's means."""
    judged = {
        quality: [assessor.assess(read_photograph(path)) for path in paths]
        for quality, paths in (("good", good), ("usable", usable), ("reject", reject))
        if paths
    }
    if "good" in judged and "reject" in judged:
        value = auc(judged["good"], judged["reject"])
        report.say(f"{name}: AUC of the score, good over reject", round(value, 4))
    for quality, told in judged.items():
        kept = sum(each.verdict in KEPT for each in told)
        report.say(f"{name}: kept, of {quality}", [kept, len(told)], interval(kept, len(told)))
        scores = [each.score for each in told]
        report.say(f"{name}: score of {quality}, mean", round(statistics.fmean(scores), 1))


def main() -> None:
    """Run every section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--each", type=int, default=120, help="photographs of each class and source at most")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    records = read_records(options.photographs)
    report = Report()
    with Assessor.open(options.bundle, precision=options.precision) as assessor:
        val = [record for record in records if record.split == "val"]
        discrimination(
            report, "EyeQ small, validation patients", assessor,
            *([record.path for record in sample([r for r in val if r.quality is q], options.each)] for q in Quality),
        )  # fmt: skip
        with BY_EYE.open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        by_eye = {q: [options.photographs / r["file"] for r in rows if r["quality"] == q] for q in ("good", "reject")}
        discrimination(report, "mexico, by eye (source unseen)", assessor, by_eye["good"], [], by_eye["reject"])
        unseen = [record for record in records if record.source in UNSEEN]
        discrimination(report, "srahim, diaretdb1 (sources unseen)", assessor, [r.path for r in unseen], [], [])
        faults(report, assessor, [record.path for record in unseen][::2] + by_eye["good"])
        refusals(report, assessor)
        times(report, assessor, records)
    if options.json is not None:
        options.json.write_text(json.dumps(report.figures, indent=1))
    sys.exit(0)


def faults(report: Report, assessor: Assessor, paths: list[Path]) -> None:
    """Cell AUROC of the map on local faults, each kind apart and together; cells half in are left out."""
    everything: tuple[list[bool], list[float]] = ([], [])
    for kind in FAULTS:
        truth: list[bool] = []
        said: list[float] = []
        for index, path in enumerate(paths[FAULTS.index(kind) :: len(FAULTS)]):
            rgb, weight = locally_faulty(read_photograph(path), kind, index)
            assessment = assessor.assess(rgb)
            cells = cell_truth(weight, assessment.box)
            chosen = ~np.isnan(assessment.map) & ((cells > 0.5) | (cells < 0.05))
            truth += (cells[chosen] > 0.5).tolist()
            said += assessment.map[chosen].tolist()
        report.say(f"map on local {kind}: cell AUROC inside the disc", round(float(roc_auc_score(truth, said)), 4))
        everything[0].extend(truth)
        everything[1].extend(said)
    report.say("map on local faults: cell AUROC inside the disc", round(float(roc_auc_score(*everything)), 4))


def refusals(report: Report, assessor: Assessor) -> None:
    """Pictures without a retina that training never saw: as they are, and through a round mask."""
    told = []
    for path in sample_pictures():
        if path.name not in HELD_OUT:
            continue
        rgb = read_photograph(path)
        height, width = rgb.shape[:2]
        ys, xs = np.ogrid[:height, :width]
        masked = rgb.copy()
        masked[(ys - height / 2) ** 2 + (xs - width / 2) ** 2 > (min(height, width) / 2) ** 2] = 0
        told += [assessor.assess(rgb), assessor.assess(masked)]
    refused = sum(each.verdict not in KEPT for each in told)
    named = sum(each.main is CauseCode.NOT_FUNDUS for each in told)
    report.say("no retina, never seen: refused", [refused, len(told)], interval(refused, len(told)))
    report.say("no retina, never seen: named NOT_FUNDUS", [named, len(told)], interval(named, len(told)))


def times(report: Report, assessor: Assessor, records: list[PhotographRecord]) -> None:
    """Milliseconds a photograph of mixed size, reading not counted."""
    pixels = [read_photograph(record.path) for record in sample(records, 100)]
    spent = [assessor.assess(rgb).elapsed_ms for rgb in pixels]
    for stage in ("preprocess", "map", "score", "total"):
        report.say(f"median ms: {stage}", round(statistics.median(each[stage] for each in spent), 1))


if __name__ == "__main__":
    main()
