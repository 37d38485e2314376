"""`fundusgate evaluate` on small data sets in the exact formats, with real graphs."""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from fundusgate.cli import app
from tests.commands.bundles import write_bundle
from tests.evaluation.bundles import write_two_precisions
from tests.evaluation.pictures import write_csv, write_indexed, write_picture

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

PLOT = b"\x89PNG"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_two_precisions(tmp_path_factory.mktemp("bundles") / "two")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def said(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def figure(results: dict[str, Any], reading: str, metric: str, fold: str | None = None) -> dict[str, Any]:
    wanted = (reading, metric, fold)
    (found,) = [one for one in results["figures"] if (one["reading"], one["metric"], one["fold"]) == wanted]
    return dict(found)


@pytest.fixture
def fqs(tmp_path: Path) -> Path:
    """Twelve photographs, .PNG on the disk and .jpeg in the tables, ever darker; one is damaged."""
    root = tmp_path / "fqs"
    names = [f"{number:03d}" for number in range(12)]
    for number, name in enumerate(names):
        path = write_picture(root / "images" / f"{name}.PNG", seed=number)
        with Image.open(path) as image:
            darker = (np.asarray(image) * (1 - number / 14)).astype(np.uint8)
        Image.fromarray(darker).save(path)
    (root / "images" / "011.PNG").write_bytes(b"damaged")
    for fold in range(10):
        rows = [f"{name}.jpeg,1,{90 - 7 * int(name)}" for name in names if (int(name) + fold) % 2]
        write_csv(root / f"cross_validation-{fold:02d}-test.csv", "file_name,qualityLevel,meanOpinionScore", *rows)
    return root


def test_fqs_in_both_precisions(fqs: Path, bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    order = ("fqs", "--root", fqs, "--bundle", bundle, "--out", out, "--resamples", 40)
    results = said(run(*order, "--precision", "both", "--json"))
    assert results["photographs"] == {"labelled": 12, "judged": 11, "patients": 11}
    assert results["trouble_counts"] == {"unreadable": 1}
    assert results["troubles"][0]["what"] == "011.jpeg"
    correlation = figure(results, "score network", "PLCC", "mean of folds")
    assert correlation["values"]["fp32"]["value"] > 0.8
    assert correlation["values"]["fp32"]["low"] < correlation["values"]["fp32"]["high"]
    change = correlation["values"]["int8"]["value"] - correlation["values"]["fp32"]["value"]
    assert correlation["difference"]["value"] == pytest.approx(change)
    assert change != 0
    folds = [f"cross_validation-{fold:02d}-test" for fold in range(10)]
    per_fold = [figure(results, "score network", "RMSE", fold)["values"]["fp32"]["value"] for fold in folds]
    mean = figure(results, "score network", "RMSE", "mean of folds")["values"]["fp32"]["value"]
    assert mean == pytest.approx(np.mean(per_fold))
    assert "disc" in results["framings"]["red-light"]
    assert json.loads((out / "results.json").read_text()) == results
    assert (out / "scores.png").read_bytes().startswith(PLOT)
    with (out / "photographs.csv").open(newline="", encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    assert len(lines) == 22
    assert all(float(line["score_network"]) % 5 == pytest.approx(0, abs=1e-4) for line in lines[11:])

    table = run(*order)
    assert table.exit_code == 0
    for part in ("mean of folds", "difference", "cross_validation-09-test", "1 unreadable", "011.jpeg"):
        assert part in table.stdout, part
    assert max(len(line) for line in table.stdout.splitlines()) <= 80


def test_eyeq(tmp_path: Path, bundle: Path) -> None:
    root = tmp_path / "eyeq"
    rows = []
    for number in range(6):
        name = f"{number // 2}_{('left', 'right')[number % 2]}"
        write_picture(root / "original_crop" / f"{name}.png", seed=number)
        rows.append(f"{number},{name}.jpeg,{number % 3},0")
    write_csv(root / "Label_EyeQ_test.csv", ",image,quality,DR_grade", *rows, "6,99_left.jpeg,0,0")
    results = said(
        run("eyeq", "--root", root, "--bundle", bundle, "--out", tmp_path / "out", "--resamples", 10, "--json")
    )
    assert results["photographs"] == {"labelled": 6, "judged": 6, "patients": 3}
    assert results["trouble_counts"] == {"missing": 1}
    assert set(figure(results, "verdict", "accuracy")["values"]) == {"fp32", "int8"}
    assert (tmp_path / "out" / "roc.png").read_bytes().startswith(PLOT)
    assert (tmp_path / "out" / "confusion.png").read_bytes().startswith(PLOT)


def test_funpiq(tmp_path: Path, bundle: Path) -> None:
    """The graph's map is 1 where the picture is dark: a dark half annotated as bad is found, and polarity holds."""
    for number, side in enumerate(("top", "bottom")):
        path = write_picture(tmp_path / "mbrset" / f"{number}.1.png", seed=number, size=128)
        with Image.open(path) as image:
            rgb = np.asarray(image).copy()
        regions = np.full((64, 64), 1, np.uint8)
        half = slice(0, 32) if side == "top" else slice(32, 64)
        regions[half] = 3
        y, x = np.mgrid[:64, :64]
        regions[np.hypot(y - 31.5, x - 31.5) > 26] = 0
        rgb[slice(2 * half.start, 2 * half.stop)] //= 8
        Image.fromarray(rgb).save(path)
        write_indexed(tmp_path / "funpiq" / "mBRSET" / f"{number}.1.png", regions)
    Image.open(tmp_path / "funpiq" / "mBRSET" / "0.1.png").convert("RGB").save(tmp_path / "funpiq" / "2.1.png")
    write_picture(tmp_path / "mbrset" / "2.1.jpg", seed=2, size=128)
    results = said(
        run(
            *("funpiq", "--root", tmp_path / "funpiq", "--mbrset", tmp_path / "mbrset", "--bundle", bundle),
            *("--out", tmp_path / "out", "--precision", "fp32", "--resamples", 10, "--json"),
        )
    )
    assert results["photographs"]["judged"] == 2
    assert [(one["kind"], one["what"]) for one in results["troubles"]] == [("bad label", "2.1.png")]
    assert "flattened to RGB" in results["troubles"][0]["reason"]
    assert figure(results, "map", "AUROC")["values"]["fp32"]["value"] > 0.9
    assert figure(results, "map", "Dice at its best threshold")["values"]["fp32"]["value"] > 0.85
    assert (tmp_path / "out" / "confusion.png").read_bytes().startswith(PLOT)


def test_originals_of_eyeq_need_the_crop_for_their_annotations(tmp_path: Path, bundle: Path) -> None:
    path = write_picture(tmp_path / "eyepacs" / "10_left.png", size=128)
    with Image.open(path) as image:
        wide = np.pad(np.asarray(image), ((0, 0), (40, 40), (0, 0)))
    Image.fromarray(wide).save(path)
    regions = np.full((100, 100), 1, np.uint8)
    regions[:50] = 3
    write_indexed(tmp_path / "funpiq" / "EyeQ" / "10_left.png", regions)
    order = ("funpiq", "--root", tmp_path / "funpiq", "--eyeq", tmp_path / "eyepacs", "--bundle", bundle)
    order = (*order, "--out", tmp_path / "out", "--precision", "fp32", "--resamples", 0, "--json")
    refused = run(*order)
    assert refused.exit_code == 1
    assert "--crop" in " ".join(refused.stderr.split())
    results = said(run(*order, "--crop"))
    assert results["photographs"]["judged"] == 1
    assert any("cut to the square" in remark for remark in results["remarks"])


def test_what_cannot_be_evaluated_says_why(fqs: Path, tmp_path: Path) -> None:
    plain = write_bundle(tmp_path / "plain")
    for arguments, says in (
        (("fqs", "--root", tmp_path / "plain"), "holds no table"),
        (("fqs", "--root", fqs, "--bundle", plain, "--precision", "int8"), "does not hold both networks as 'int8'"),
        (("fqs", "--root", fqs, "--bundle", fqs), "no manifest.json"),
        (("eyeq", "--root", fqs), "Label_EyeQ_test.csv"),
        (("funpiq", "--root", fqs), "--eyeq"),
        (("fqs", "--root", fqs, "--bundle", plain, "--out", plain / "manifest.json"), "manifest.json"),
    ):
        result = run(*arguments) if "--out" in arguments else run(*arguments, "--out", tmp_path / "out")
        assert result.exit_code == 1, arguments
        assert says in result.stderr, result.stderr
        assert "Traceback" not in result.output
    assert run("fqs", "--root", tmp_path / "none").exit_code == 2


def test_a_bundle_without_int8_is_measured_in_what_it_holds(fqs: Path, tmp_path: Path) -> None:
    plain = write_bundle(tmp_path / "plain")
    results = said(run("fqs", "--root", fqs, "--bundle", plain, "--out", tmp_path / "out", "--resamples", 0, "--json"))
    assert list(results["figures"][0]["values"]) == ["fp32"]
    assert results["figures"][0]["difference"] is None


def test_a_killed_run_goes_on_where_it_stopped(fqs: Path, bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["fqs", "--root", fqs, "--bundle", bundle, "--out", out, "--resamples", 0, "--threads", 1]
    process = subprocess.Popen(
        [sys.executable, "-m", "fundusgate", "evaluate", *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while kept(out) < 3:
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.002)
    finally:
        process.kill()
        process.wait()
    before = kept(out)
    result = run(*arguments)
    assert result.exit_code == 0
    # of both precisions
    assert kept(out) == 22
    assert f"{before} of 22 predictions were an earlier run's" in result.stderr


def kept(out: Path) -> int:
    """Predictions on the disk."""
    if not (out / "predictions.sqlite").is_file():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{out / 'predictions.sqlite'}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM predictions").fetchone()[0])
    except sqlite3.OperationalError:
        # being made
        return 0
