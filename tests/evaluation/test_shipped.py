"""The shipped map against faults of known place, in FunPiQ's format: polarity and placing end to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from fundusgate.evaluation.data_sets.funpiq import Funpiq, Source
from fundusgate.evaluation.run import evaluate_data_set
from fundusgate.evaluation.yardsticks.base import FigureKey
from fundusgate.evaluation.yardsticks.regions import MAP, RegionYardstick
from fundusgate.phantom import degrade_locally, render
from tests.evaluation.pictures import write_indexed

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = range(5)
SIZE = 256


def test_local_faults_are_found_where_they_are(tmp_path: Path) -> None:
    for seed in SEEDS:
        phantom = render(seed, size=SIZE)
        fault = degrade_locally(phantom.rgb, phantom.field, seed, strength=0.8)
        (tmp_path / "mbrset").mkdir(exist_ok=True)
        Image.fromarray(np.asarray(fault.rgb)).save(tmp_path / "mbrset" / f"{seed}.1.png")
        regions = np.where(fault.hidden, 3, phantom.field).astype(np.uint8)
        # annotations at another resolution than the photograph
        write_indexed(tmp_path / "funpiq" / f"{seed}.1.png", regions[::2, ::2])
    evaluated = evaluate_data_set(
        Funpiq(tmp_path / "funpiq", {Source.MBRSET: tmp_path / "mbrset"}),
        lambda _, limits: RegionYardstick(limits.map.cell),
        bundle=None,
        precisions=["fp32"],
        out=tmp_path / "out",
        resamples=0,
        threads=1,
    )
    results = evaluated.results
    assert results.judged == len(SEEDS)
    figures = {measured.key: measured.values["fp32"].value for measured in results.measured}
    # an inverted map would be as far below a half, and a misplaced one near it
    assert figures[FigureKey(MAP, "AUROC")] > 0.9
    assert figures[FigureKey(MAP, "Dice at its best threshold")] > 0.6
    assert all(path.stat().st_size for path in evaluated.files)
