from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from fundusgate.cli import app
from fundusgate.codes import Verdict
from tests.commands.bundles import write_bundle

if TYPE_CHECKING:
    from click.testing import Result
    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "image",
    "verdict",
    "score",
    "degraded_fraction",
    "map",
    "box",
    "causes",
    "prompt",
    "precision",
    "models",
    "elapsed_ms",
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundles") / "small")


@pytest.fixture(scope="module")
def eye() -> NDArray[np.uint8]:
    """A reddish disc with vessels, 300 x 400."""
    y, x = np.mgrid[:300, :400]
    away = np.hypot(x - 200, y - 150) / 140
    pixels = np.zeros((300, 400, 3), dtype=np.float32)
    pixels[away < 1] = (205, 95, 50)
    pixels *= (1 - 0.4 * np.clip(away, 0, 1) ** 2)[..., None]
    rng = np.random.default_rng(0)
    for _ in range(14):
        (x0, y0), (x1, y1) = rng.integers((80, 30), (320, 270), (2, 2))
        cv2.line(pixels, (int(x0), int(y0)), (int(x1), int(y1)), (120, 30, 20), 2)
    pixels[away >= 1] = 0
    return pixels.astype(np.uint8)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["assess", *map(str, arguments)])


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def one(result: Result) -> dict[str, Any]:
    (only,) = lines(result)
    return only


def assert_keeps_the_contract(said: dict[str, Any]) -> None:
    assert set(said) == KEYS
    assert said["verdict"] in {verdict.value for verdict in Verdict}
    assert 0 <= said["score"] <= 100
    assert 0 <= said["degraded_fraction"] <= 1
    assert [len(row) for row in said["map"]] == [16] * 16
    assert all(cell is None or 0 <= cell <= 1 for row in said["map"] for cell in row)
    x0, y0, x1, y1 = said["box"]
    assert x1 - x0 == y1 - y0 > 0
    assert all(set(cause) == {"code", "severity"} and 0 <= cause["severity"] <= 1 for cause in said["causes"])
    assert said["prompt"]
    assert said["models"] == {"red-light": "7", "dark-cells": "7"}
    assert said["precision"] == "fp32"
    assert {"preprocess", "map", "score", "total"} < set(said["elapsed_ms"])


def test_one_object_a_photograph(tmp_path: Path, bundle: Path, eye: NDArray[np.uint8]) -> None:
    Image.fromarray(eye).save(tmp_path / "a.png")
    result = run(tmp_path / "a.png", "--json", "--bundle", bundle, "--threads", 1)
    assert result.exit_code == 0
    said = one(result)
    assert_keeps_the_contract(said)
    assert said["image"] == str(tmp_path / "a.png")
    assert said["box"] == pytest.approx([60, 10, 340, 290], abs=4)
    assert said["map"][0][0] is None
    assert said["map"][8][8] is not None


def as_sixteen_bit_colour(path: Path, eye: NDArray[np.uint8]) -> None:
    assert cv2.imwrite(str(path), eye[..., ::-1].astype(np.uint16) * 257)


def as_exif_rotated(path: Path, eye: NDArray[np.uint8]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.ascontiguousarray(np.rot90(eye))).save(path, exif=exif)


SAVED = {
    "16-bit colour.png": as_sixteen_bit_colour,
    "16-bit colour.tif": as_sixteen_bit_colour,
    "with alpha.png": lambda path, eye: Image.fromarray(eye).convert("RGBA").save(path),
    "CMYK.tif": lambda path, eye: Image.fromarray(eye).convert("CMYK").save(path),
    "turned by EXIF.png": as_exif_rotated,
    "右眼 фото é  2.webp": lambda path, eye: Image.fromarray(eye).save(path, lossless=True),
}


@pytest.mark.parametrize("name", SAVED)
def test_the_same_eye_however_it_was_saved(tmp_path: Path, bundle: Path, eye: NDArray[np.uint8], name: str) -> None:
    Image.fromarray(eye).save(tmp_path / "a.png")
    expected = one(run(tmp_path / "a.png", "--json", "--bundle", bundle))
    path = tmp_path / "other" / name
    path.parent.mkdir()
    SAVED[name](path, eye)
    result = run(path.parent, "--json", "--bundle", bundle)
    assert result.exit_code == 0
    said = one(result)
    assert said["image"] == str(path)
    assert said["box"] == expected["box"]
    assert said["score"] == pytest.approx(expected["score"], abs=0.5)
    assert said["verdict"] == expected["verdict"]


def test_grey_photograph(tmp_path: Path, bundle: Path, eye: NDArray[np.uint8]) -> None:
    for name, pixels in {"8.png": eye[..., 1], "16.png": eye[..., 1].astype(np.uint16) * 257}.items():
        Image.fromarray(pixels).save(tmp_path / name)
    eight, sixteen = sorted(lines(run(tmp_path, "--json", "--bundle", bundle)), key=lambda said: -len(said["image"]))
    assert_keeps_the_contract(eight)
    assert eight["score"] == pytest.approx(sixteen["score"], abs=0.01)


@pytest.mark.parametrize("value", [0, 3, 255])
@pytest.mark.parametrize("shape", [(1, 1), (300, 400), (2, 900)])
def test_nothing_to_see_is_never_accepted(tmp_path: Path, bundle: Path, value: int, shape: tuple[int, int]) -> None:
    Image.fromarray(np.full((*shape, 3), value, dtype=np.uint8)).save(tmp_path / "a.png")
    result = run(tmp_path / "a.png", "--json", "--bundle", bundle)
    assert result.exit_code == 0
    said = one(result)
    assert_keeps_the_contract(said)
    assert said["verdict"] == "retake"


def test_a_hundred_megapixels(tmp_path: Path, bundle: Path, eye: NDArray[np.uint8]) -> None:
    large = Image.fromarray(eye).resize((11_600, 8_700), Image.Resampling.NEAREST)
    large.save(tmp_path / "a.jpg", quality=50)
    # processor time: a busy machine must not fail this
    began = time.process_time()
    said = one(run(tmp_path / "a.jpg", "--json", "--bundle", bundle))
    assert time.process_time() - began < 30
    assert_keeps_the_contract(said)
    assert said["box"] == pytest.approx([29 * edge for edge in (60, 10, 340, 290)], abs=100)


def test_what_cannot_be_read_is_named_and_the_rest_go_on(tmp_path: Path, bundle: Path, eye: NDArray[np.uint8]) -> None:
    folder = tmp_path / "clinic"
    folder.mkdir()
    Image.fromarray(eye).save(folder / "good.jpg")
    whole = (folder / "good.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("not a picture")
    (tmp_path / "no pictures").mkdir()
    result = run(folder, tmp_path / "no pictures", tmp_path / "missing.jpg", "--json", "--bundle", bundle)
    assert result.exit_code == 1
    said = {Path(line["image"]).name: line for line in lines(result)}
    assert list(said) == ["empty.jpg", "good.jpg", "text.jpg", "truncated.jpg", "no pictures", "missing.jpg"]
    assert_keeps_the_contract(said.pop("good.jpg"))
    assert all(set(line) == {"image", "error"} for line in said.values())
    faults = {"empty.jpg": "empty", "text.jpg": "not a picture", "truncated.jpg": "truncated"}
    faults |= {"no pictures": "no photographs in this folder", "missing.jpg": "no such file"}
    for name, fault in faults.items():
        assert fault in said[name]["error"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="everything is readable here")
def test_photograph_without_permission(tmp_path: Path, bundle: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "a.jpg").chmod(0)
    result = run(tmp_path / "a.jpg", "--json", "--bundle", bundle)
    assert result.exit_code == 1
    assert "permission" in one(result)["error"]


def test_table_for_a_person(tmp_path: Path, bundle: Path, eye: NDArray[np.uint8]) -> None:
    Image.fromarray(eye).save(tmp_path / "[bold]右眼.png")
    (tmp_path / "line\nbreak.jpg").touch()
    result = CliRunner().invoke(app, ["assess", str(tmp_path), "--bundle", str(bundle)], env={"COLUMNS": "300"})
    assert result.exit_code == 1
    good = next(line for line in result.stdout.splitlines() if "[bold]右眼.png" in line)
    assert any(verdict.value.replace("_", " ") in good for verdict in Verdict)
    bad = next(line for line in result.stdout.splitlines() if "line\\nbreak.jpg" in line)
    assert "unreadable" in bad
    assert "empty" in bad
    assert "1 unreadable" in result.stdout
    assert "{" not in result.stdout


def test_what_runs_is_said_once(tmp_path: Path, bundle: Path, eye: NDArray[np.uint8]) -> None:
    Image.fromarray(eye).save(tmp_path / "a.png")
    Image.fromarray(eye).save(tmp_path / "b.png")
    result = run(tmp_path, "--bundle", bundle, "--backend", "cpu")
    expected = "The networks run on the processor with ONNX Runtime (dark-cells as fp32, red-light as fp32).\n"
    assert (result.exit_code, result.stderr) == (0, expected)


@pytest.mark.parametrize("backend", ["tensorrt", "cuda"])
def test_a_backend_that_is_not_here_is_an_error(backend: str, tmp_path: Path, bundle: Path) -> None:
    result = run(tmp_path, "--bundle", bundle, "--backend", backend)
    assert result.exit_code == 1
    assert f"not assessed: the networks cannot run on backend '{backend}': " in result.stderr


def test_photographs_of_one_name_keep_an_overlay_each(tmp_path: Path, bundle: Path, eye: NDArray[np.uint8]) -> None:
    for place in ("monday/od.png", "tuesday/od.png", "tuesday/od.jpg"):
        path = tmp_path / "clinic" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(eye).save(path)
    maps = tmp_path / "maps"
    arguments = (tmp_path / "clinic" / "monday", tmp_path / "clinic" / "tuesday", "--maps", maps, "--bundle", bundle)
    assert run(*arguments).exit_code == 0
    written = sorted(str(path.relative_to(maps)) for path in maps.rglob("*.jpg"))
    assert written == ["monday/od.png.map.jpg", "tuesday/od.jpg.map.jpg", "tuesday/od.png.map.jpg"]
    with Image.open(maps / written[0]) as overlay:
        assert overlay.size == (1096, 688)
        pixels = np.asarray(overlay.convert("RGB")).astype(int)
    # the photograph at the left is as it was taken; the map at the right is grey and cyan, without the retina's red
    photograph, shown = pixels[200:560, 100:450], pixels[200:560, 640:1000]
    assert np.mean(photograph[..., 0] - photograph[..., 2]) > 60
    assert np.mean(shown[..., 0] - shown[..., 2]) < 5


def test_overlays_are_not_taken_for_photographs(tmp_path: Path, bundle: Path, eye: NDArray[np.uint8]) -> None:
    Image.fromarray(eye).save(tmp_path / "a.png")
    for _ in range(2):
        result = run(tmp_path, "--maps", tmp_path, "--json", "--bundle", bundle)
        assert result.exit_code == 0
        assert len(lines(result)) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("a.png", "--precision", "int4"),
        ("a.png", "--threads", "0"),
        ("a.png", "--bundle", "nowhere"),
        ("a.png", "--profile", "nowhere.toml"),
        ("a.png", "--nonsense"),
    ],
)
def test_wrong_use_ends_with_two(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_work_that_cannot_begin_ends_with_one_and_says_why(tmp_path: Path, bundle: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("a.png", "--bundle", tmp_path / "empty")
    assert result.exit_code == 1
    assert "not assessed" in result.stderr
    assert "manifest.json" in result.stderr
    assert result.stdout == ""
    (tmp_path / "wrong.toml").write_text("nonsense = 1")
    result = run("a.png", "--bundle", bundle, "--profile", tmp_path / "wrong.toml")
    assert result.exit_code == 1
    assert "nonsense" in result.stderr
    result = run("a.png", "--bundle", bundle, "--precision", "int8")
    assert result.exit_code == 1
    assert "int8" in result.stderr


def test_profile_decides(tmp_path: Path, bundle: Path, eye: NDArray[np.uint8]) -> None:
    from fundusgate.runtime.profile import DEFAULT_PROFILE

    text = Path(DEFAULT_PROFILE).read_text(encoding="utf-8")
    assert "cell = 0.5" in text
    (tmp_path / "strict.toml").write_text(text.replace("cell = 0.5", "cell = 0.01"), encoding="utf-8")
    Image.fromarray(eye).save(tmp_path / "a.png")
    usual = one(run(tmp_path / "a.png", "--json", "--bundle", bundle))
    strict = one(run(tmp_path / "a.png", "--json", "--bundle", bundle, "--profile", tmp_path / "strict.toml"))
    assert strict["degraded_fraction"] == 1
    assert usual["degraded_fraction"] < 1


ONLY_WHAT_RUNS = re.compile(rb"The networks run on [^\n]+\.\n")


def test_a_closed_pipe_is_quiet(tmp_path: Path, bundle: Path, eye: NDArray[np.uint8]) -> None:
    for number in range(60):
        Image.fromarray(eye[::4, ::4]).save(tmp_path / f"{number}.png")
    command = [sys.executable, "-m", "fundusgate", "assess", str(tmp_path), "--json", "--bundle", str(bundle)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["image"]
        process.stdout.close()
        told = process.stderr.read()
        assert process.wait(60) == 1
    assert ONLY_WHAT_RUNS.fullmatch(told)


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_is_quiet(tmp_path: Path, bundle: Path, eye: NDArray[np.uint8]) -> None:
    for number in range(300):
        Image.fromarray(eye[::4, ::4]).save(tmp_path / f"{number}.png")
    command = [sys.executable, "-m", "fundusgate", "assess", str(tmp_path), "--json", "--bundle", str(bundle)]

    def listen() -> None:
        # A test run in the background of a shell is deaf to SIGINT, and its children inherit that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, cwd=ROOT, preexec_fn=listen) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert ONLY_WHAT_RUNS.fullmatch(told)
