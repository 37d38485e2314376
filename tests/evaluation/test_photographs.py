"""EyeQ's own labels and photographs, a few of them, through the shipped networks."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from fundusgate.evaluation.data_sets.eyeq import Eyeq
from fundusgate.evaluation.quality import Quality
from fundusgate.evaluation.run import evaluate_data_set
from fundusgate.evaluation.yardsticks.base import FigureKey
from fundusgate.evaluation.yardsticks.grades import REPORTED, GradeYardstick
from tests.evaluation.pictures import write_csv

if TYPE_CHECKING:
    from pathlib import Path

EACH = 4


@pytest.mark.photographs
def test_good_and_reject_are_told_apart(photographs: Path, tmp_path: Path) -> None:
    with (photographs / "labels.csv").open(newline="", encoding="utf-8") as stream:
        labelled = [row for row in csv.DictReader(stream) if row["source"] == "eyeq_hi"]
    lines = []
    (tmp_path / "original_crop").mkdir()
    for quality in (Quality.GOOD, Quality.REJECT):
        rows = [row for row in labelled if row["quality"] == quality.label]
        for row in rows[:EACH]:
            name = row["file"].rsplit("/", 1)[1].removesuffix(".jpg")
            (tmp_path / "original_crop" / f"{name}.jpg").symlink_to(photographs / row["file"])
            lines.append(f"{len(lines)},{name}.jpeg,{int(quality)},0")
    write_csv(tmp_path / "data" / "Label_EyeQ_test.csv", ",image,quality,DR_grade", *lines)
    results = evaluate_data_set(
        Eyeq(tmp_path),
        lambda _, limits: GradeYardstick(limits.score),
        bundle=None,
        precisions=["fp32"],
        out=tmp_path / "out",
        resamples=20,
        threads=1,
    ).results
    assert results.judged == 2 * EACH
    assert results.troubles == ()
    figures = {measured.key: measured.values["fp32"].value for measured in results.measured}
    assert figures[FigureKey(REPORTED, "AUC good over reject")] > 0.9
