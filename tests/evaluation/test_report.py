from __future__ import annotations

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from fundusgate.evaluation.bootstrap import Estimate
from fundusgate.evaluation.data_sets.base import Item, Trouble, TroubleKind
from fundusgate.evaluation.data_sets.fqs import Opinion
from fundusgate.evaluation.data_sets.funpiq import Annotated, Source
from fundusgate.evaluation.evaluate import Measured
from fundusgate.evaluation.quality import Quality
from fundusgate.evaluation.report.results import Results, write_photographs, write_results
from fundusgate.evaluation.report.table import tables_of
from fundusgate.evaluation.yardsticks.base import FigureKey, Yardstick
from fundusgate.evaluation.yardsticks.grades import GradeYardstick
from fundusgate.evaluation.yardsticks.opinion import OpinionYardstick
from fundusgate.evaluation.yardsticks.regions import RegionYardstick
from fundusgate.runtime.profile import ScoreThresholds
from tests.evaluation.pictures import prediction, write_indexed

GOOD = Estimate(0.91234, 0.9, 0.92)
UNDEFINED = Estimate(math.nan, None, None)


def results(*measured: Measured, troubles: int = 0) -> Results:
    return Results(
        data_set="eyeq",
        networks={"fthnet-s": "1"},
        framings={"fthnet-s": "the square about the disc"},
        thresholds={"score": {"accept": 66.0}},
        bundle_sha256="0" * 64,
        labelled=3,
        judged=2,
        patients=2,
        troubles=tuple(Trouble(TroubleKind.MISSING, f"[bold]{number}", "no file") for number in range(troubles)),
        remarks=("A remark.",),
        measured=measured,
        resamples=1000,
        seed=1,
    )


def shown(told: Results) -> str:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(tables_of(told))
    return console.export_text()


def test_an_undefined_figure_is_null_and_says_so() -> None:
    told = results(Measured(FigureKey("verdict", "kappa"), {"fp32": UNDEFINED}, None))
    (figure,) = told.to_json_object()["figures"]
    assert figure["values"] == {"fp32": {"value": None, "low": None, "high": None}}
    json.dumps(told.to_json_object(), allow_nan=False)
    assert "undefined" in shown(told)


def test_figures_differences_and_their_signs() -> None:
    said = shown(
        results(
            Measured(
                FigureKey("score network", "PLCC"),
                {"fp32": GOOD, "int8": Estimate(0.9, 0.89, 0.91)},
                Estimate(-0.01234, -0.02, -0.00001),
            )
        )
    )
    assert "0.9123" in said
    assert "0.9000 to 0.9200" in said
    assert "-0.0123" in said
    assert "-0.0200 to +0.0000" in said
    assert "A remark." in said


def test_names_are_shown_as_they_are_and_not_all_of_them() -> None:
    said = shown(results(Measured(FigureKey("verdict", "accuracy"), {"fp32": GOOD}, None), troubles=8))
    assert "[bold]0" in said
    assert "8 missing" in said
    assert "and 3 more" in said


def test_results_take_the_place_of_an_earlier_runs(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text("of an earlier run")
    write_results(results(Measured(FigureKey("verdict", "accuracy"), {"fp32": GOOD}, None)), path)
    assert json.loads(path.read_text())["data_set"] == "eyeq"
    assert [held.name for held in tmp_path.iterdir()] == ["results.json"]


def test_a_table_of_photographs(tmp_path: Path) -> None:
    items = [Item("é, left.jpg", Path("a"), "7", (), None)]
    path = write_photographs(items, {"fp32": [{"score": 1.5}], "int8": [{"score": 2.5}]}, tmp_path / "p.csv")
    assert path.read_text(encoding="utf-8").splitlines() == [
        "photograph,patient,precision,score",
        '"é, left.jpg",7,fp32,1.5',
        '"é, left.jpg",7,int8,2.5',
    ]


def scores() -> tuple[Yardstick[Opinion, object], Item[Opinion]]:
    return OpinionYardstick(), Item("a", Path("a"), "a", (), Opinion(50, None))  # type: ignore[return-value]


def grades() -> tuple[Yardstick[Quality, object], Item[Quality]]:
    limits = ScoreThresholds(accept=66.0, retake=55.0, by_map=0.0)
    return GradeYardstick(limits), Item("a", Path("a"), "a", (), Quality.GOOD)  # type: ignore[return-value]


@pytest.mark.parametrize("make", [scores, grades])
def test_one_photograph_alone_can_be_drawn(make: object, tmp_path: Path) -> None:
    yardstick, item = make()  # type: ignore[operator]
    seen = [yardstick.observe(item, prediction())]
    for path in yardstick.draw({"fp32": seen, "int8": seen}, tmp_path):
        with Image.open(path) as image:
            assert image.format == "PNG"
            assert len(set(image.convert("L").tobytes())) > 2


@pytest.mark.parametrize("region", [1, 2, 3])
def test_one_region_alone_can_be_measured_and_drawn(region: int, tmp_path: Path) -> None:
    annotation = write_indexed(tmp_path / "a.png", np.full((64, 64), region, np.uint8))
    yardstick = RegionYardstick(0.5)
    item = Item("a", Path("a"), "a", (), Annotated(annotation, Source.EYEQ))
    seen = [yardstick.observe(item, prediction())]
    figures = yardstick.gather(seen).figures(np.ones(1, np.int64))
    assert math.isnan(figures[FigureKey("map", "AUROC")])
    assert len(yardstick.remarks({"fp32": seen})) == 2
    assert len(yardstick.draw({"fp32": seen}, tmp_path)) == 2
