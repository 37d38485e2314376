"""Fits what a map is worth on the mean-opinion scale, and says how the reported score would then fall by class.

    python benchmarks/fit_map_worth.py PHOTOGRAPHS [--bundle DIR] [--each 250] [--cache FILE]

PHOTOGRAPHS holds labels.csv; used is what training used (split `train` of EyeQ, and no patient of `val`). The expected
mean opinion of a photograph, given the share of its disc that the map calls hidden, is an isotonic regression on the
class means of FQS (82 good, 69 usable, 41 reject; Gong et al. 2025), each class weighing the same. Where nearly
everything is hidden, classes say no more, and the fall goes on to a tenth of the best as the made faults have it.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import numpy as np
from sklearn.isotonic import IsotonicRegression

from fundusgate.runtime import Assessor
from fundusgate.runtime.photograph import read_photograph
from fundusgate.runtime.profile import Profile
from fundusgate.training.photographs import PhotographRecord, Quality, read_records
from fundusgate.training.targets import ANCHORS

SHARES = (0.0, 0.02, 0.05, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0)


def looked_at(
    assessor: Assessor, records: list[PhotographRecord], cache: Path | None
) -> dict[str, tuple[float, float]]:
    """(share hidden 0..1, score network's opinion 0..100) by file, kept in ``cache``."""
    known: dict[str, tuple[float, float]] = json.loads(cache.read_text()) if cache and cache.is_file() else {}
    for record in records:
        name = str(record.path)
        if name not in known:
            seen = assessor.glance(read_photograph(record.path), want_map=True, want_score=True)
            if seen.map is None or seen.opinion is None:
                raise RuntimeError(f"{name}: the networks were asked and did not answer")
            known[name] = (float(seen.map[seen.cells].mean()), seen.opinion)
    if cache:
        cache.write_text(json.dumps(known))
    return known


def main() -> None:
    """Fit, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--each", type=int, default=250)
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    records = [
        record
        for record in read_records(options.photographs)
        if record.quality is not None and not record.weak and record.split != "val"
    ]
    chosen = {
        quality: random.Random(5).sample(rows, min(options.each, len(rows)))
        for quality in Quality
        if (rows := [record for record in records if record.quality is quality])
    }
    with Assessor.open(options.bundle, precision=options.precision, profile=Profile.load()) as assessor:
        known = looked_at(assessor, [record for rows in chosen.values() for record in rows], options.cache)
    hidden, wanted, weight = [], [], []
    for quality, rows in chosen.items():
        shares = np.array([known[str(record.path)][0] for record in rows])
        said = np.array([known[str(record.path)][1] for record in rows])
        print(
            f"{quality.value:<8} hidden, deciles {np.round(np.percentile(shares, range(10, 100, 10)), 3).tolist()}; "
            f"opinion mean {said.mean():.1f}, deciles {np.round(np.percentile(said, (10, 50, 90)), 1).tolist()}"
        )
        hidden += shares.tolist()
        wanted += [ANCHORS[quality]] * len(rows)
        weight += [1 / len(rows)] * len(rows)
    fitted = IsotonicRegression(increasing=False, out_of_bounds="clip").fit(hidden, wanted, sample_weight=weight)
    print("share hidden, expected mean opinion:")
    for share in SHARES:
        print(f"  {share:.2f}  {float(fitted.predict([share])[0]):.1f}")


if __name__ == "__main__":
    main()
