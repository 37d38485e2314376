"""Which way of saying where anatomy cannot be seen is better: by missing vessels, or by known degradation.

    python benchmarks/visibility_ways.py PHOTOGRAPHS [--bundle DIR] [--weights DIR] [--each 120] [--json FILE]
                                         [--looks DIR]

PHOTOGRAPHS holds labels.csv. Sections: the vessel network beside classical filters on phantoms that it never saw; cell
AUROC of each way on local faults of known place, on sources that no network was trained on; AUC of good over reject on
EyeQ's validation patients by each way's share of bad cells; and the share of bad cells in good photographs.
``--looks`` writes real photographs beside their vessel maps, to be looked at: they have no truth.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from first_light import BY_EYE, FAULTS, UNSEEN, Report, cell_truth, interval, locally_faulty, sample
from numpy.typing import NDArray
from skimage.filters import frangi, sato
from sklearn.metrics import roc_auc_score

from fundusgate.phantom.faults import degrade_locally
from fundusgate.runtime import Assessor
from fundusgate.runtime.photograph import read_photograph
from fundusgate.training.augmentation import another_camera, draw_camera, electronics
from fundusgate.training.photographs import PhotographRecord, Quality, read_records
from fundusgate.visibility.labelling import OUTSIDE, pseudo_labels
from fundusgate.visibility.missing import BAD_FROM, Rule, firm
from fundusgate.visibility.networks import VisibilityNetworks
from fundusgate.visibility.phantom_bank import phantom_bank
from fundusgate.visibility.vessel_training import reframed
from fundusgate.visibility.vessel_view import framed, vessel_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Pixels = NDArray[np.uint8]
DIRECT = "direct"
WAYS = (*(rule.value for rule in Rule), DIRECT)
UNSEEN_EYES = 9_000_000
"""Seed of phantoms that no training draws."""


class Told:
    """One way's word on one photograph: 16 x 16, high is bad, not-a-number outside; its square; where bad begins."""

    def __init__(self, cells: NDArray[np.float32], box: tuple[int, int, int, int], bad_from: float) -> None:
        self.cells, self.box, self.bad_from = cells, box, bad_from

    @property
    def share(self) -> float:
        """Share of bad cells inside the disc; 1 where there is no cell."""
        inside = ~np.isnan(self.cells)
        return float((self.cells[inside] >= self.bad_from).mean()) if inside.any() else 1.0


def asked(rgb: Pixels, networks: VisibilityNetworks, assessor: Assessor) -> dict[str, Told]:
    """Every way's word on ``rgb``."""
    told = {}
    for rule, label in pseudo_labels(rgb, networks, Rule).items():
        cells = np.where(label.cells == OUTSIDE, np.nan, label.measure)
        told[rule.value] = Told(cells.astype(np.float32), label.photograph.box, BAD_FROM[rule])
    assessment = assessor.assess(rgb)
    told[DIRECT] = Told(assessment.map, assessment.box, assessor.profile.map.cell)
    return told


def filters(rgb: Pixels, inside: NDArray[np.bool_], networks: VisibilityNetworks) -> dict[str, NDArray[np.float32]]:
    """The vessels by our network and by two multi-scale filters of the green contrast."""
    green = vessel_view(rgb, inside)[1]
    core = cv2.erode(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    return {
        "network": networks.vessels(rgb, inside),
        "Frangi": np.asarray(frangi(green, sigmas=(1, 2, 3), black_ridges=True) * core, np.float32),
        "Sato": np.asarray(sato(green, sigmas=(1, 2, 3), black_ridges=True) * core, np.float32),
    }


def vessels_on_phantoms(report: Report, networks: VisibilityNetworks, count: int) -> None:
    """Pixel AUC against exact vessels: as good photographs by other cameras, and with a local fault."""
    bank = phantom_bank(count, UNSEEN_EYES, None)
    for faulty in (False, True):
        gathered: dict[str, list[float]] = {}
        for index in range(count):
            rng = np.random.default_rng(index)
            rgb, inside, vessels = reframed(bank, index, rng)
            camera = draw_camera(rng)
            rgb = another_camera(rgb, inside, camera, rng)
            if faulty:
                result = degrade_locally(rgb, inside, index, 0.7)
                rgb, vessels = result.rgb, vessels * ~result.hidden
            rgb = electronics(rgb, inside, camera, rng)
            chosen = inside & ((vessels > 0.5) | (vessels < 0.05))
            truth = vessels[chosen] > 0.5
            if not truth.any():
                continue
            for name, map_ in filters(rgb, inside, networks).items():
                gathered.setdefault(name, []).append(float(roc_auc_score(truth, map_[chosen])))
        kind = "with a local fault" if faulty else "good"
        for name, values in gathered.items():
            report.say(f"vessels of phantoms, {kind}, {name}: pixel AUC, mean", round(float(np.mean(values)), 4))


def on_faults(report: Report, ask: Callable[[Pixels], dict[str, Told]], paths: list[Path]) -> None:
    """Cell AUROC of each way inside the disc; cells half in a fault are left out."""
    pooled: dict[str, tuple[list[bool], list[float]]] = {way: ([], []) for way in WAYS}
    for kind in FAULTS:
        held: dict[str, tuple[list[bool], list[float]]] = {way: ([], []) for way in WAYS}
        for index, path in enumerate(paths[FAULTS.index(kind) :: len(FAULTS)]):
            rgb, weight = locally_faulty(read_photograph(path), kind, index)
            for way, told in ask(rgb).items():
                cells = cell_truth(weight, told.box)
                chosen = ~np.isnan(told.cells) & ((cells > 0.5) | (cells < 0.05))
                held[way][0].extend((cells[chosen] > 0.5).tolist())
                held[way][1].extend(told.cells[chosen].tolist())
        for way, (truth, said) in held.items():
            report.say(f"local {kind}, {way}: cell AUROC", round(float(roc_auc_score(truth, said)), 4))
            pooled[way][0].extend(truth)
            pooled[way][1].extend(said)
    for way, (truth, said) in pooled.items():
        report.say(f"local faults, {way}: cell AUROC", round(float(roc_auc_score(truth, said)), 4))


def on_eyeq(
    report: Report, ask: Callable[[Pixels], dict[str, Told]], records: list[PhotographRecord], each: int
) -> None:
    """AUC of good over reject by the share of bad cells, and that share in good photographs."""
    shares: dict[str, dict[Quality, list[float]]] = {way: {} for way in WAYS}
    for quality in (Quality.GOOD, Quality.REJECT):
        for record in sample([r for r in records if r.split == "val" and r.quality is quality], each):
            for way, told in ask(read_photograph(record.path)).items():
                shares[way].setdefault(quality, []).append(told.share)
    for way, by_quality in shares.items():
        good, reject = by_quality[Quality.GOOD], by_quality[Quality.REJECT]
        area = roc_auc_score([0] * len(good) + [1] * len(reject), [*good, *reject])
        report.say(f"EyeQ validation, {way}: AUC by the share of bad cells", round(float(area), 4))
        report.say(f"EyeQ validation, {way}: bad cells in good photographs", round(float(np.mean(good)), 4))
        clear = sum(share < 0.25 for share in good)
        report.say(f"EyeQ validation, {way}: good with under a quarter bad", [clear, len(good)],
                   interval(clear, len(good)))  # fmt: skip


def looks(networks: VisibilityNetworks, paths: list[Path], folder: Path) -> None:
    """Photograph, network, Frangi, expected vessels, a row each, six rows a file."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for path in paths:
        square = framed(read_photograph(path))
        maps = filters(square.rgb, square.inside, networks)
        expected = networks.expected(firm(maps["network"]), square.inside)
        line = maps["Frangi"] / max(float(np.quantile(maps["Frangi"], 0.99)), 1e-9)
        planes = [np.dstack([(255 * plane.clip(0, 1)).astype(np.uint8)] * 3) for plane in
                  (maps["network"], line, expected)]  # fmt: skip
        rows.append(np.hstack([square.rgb, *planes]))
    for index in range(0, len(rows), 6):
        sheet = np.vstack(rows[index : index + 6])
        cv2.imwrite(str(folder / f"vessels-{index // 6}.png"), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))


def spread(records: list[PhotographRecord], count: int) -> Iterator[Path]:
    """``count`` photographs of each source, the same at every call."""
    for source in sorted({record.source for record in records}):
        yield from (record.path for record in sample([r for r in records if r.source == source], count))


def main() -> None:
    """Run every section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--weights", type=Path, help="of `fundusgate visibility train`; the shipped ones unless given")
    parser.add_argument("--each", type=int, default=120, help="EyeQ photographs of each class at most")
    parser.add_argument("--most", type=int, default=1000, help="photographs with a fault at most")
    parser.add_argument("--phantoms", type=int, default=24)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--looks", type=Path, help="folder for sheets to look at; nothing else is done")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    networks = VisibilityNetworks.open(options.weights)
    records = read_records(options.photographs)
    if options.looks is not None:
        looks(networks, list(spread(records, 3)), options.looks)
        return
    report = Report()
    vessels_on_phantoms(report, networks, options.phantoms)
    with BY_EYE.open(encoding="utf-8") as stream:
        good = [options.photographs / row["file"] for row in csv.DictReader(stream) if row["quality"] == "good"]
    unseen = [record.path for record in records if record.source in UNSEEN][::2]
    with Assessor.open(options.bundle, threads=options.threads) as assessor:

        def ask(rgb: Pixels) -> dict[str, Told]:
            return asked(rgb, networks, assessor)

        began = time.monotonic()
        on_faults(report, ask, [*unseen, *good][: options.most])
        on_eyeq(report, ask, records, options.each)
        report.say("seconds of the comparison", round(time.monotonic() - began))
    if options.json is not None:
        options.json.write_text(json.dumps(report.figures, indent=1))


if __name__ == "__main__":
    main()
