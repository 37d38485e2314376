"""`fundusgate cameras`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from fundusgate.cli import app

if TYPE_CHECKING:
    from pathlib import Path

SIM = "sim://?size=64&fps=200"


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["cameras", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_list_names_every_kind_and_how_to_try_one() -> None:
    code, out, _ = run()
    assert code == 0
    assert all(uri in out for uri in ("sim://", "v4l2:/dev/video", "argus:0", "picamera2:0"))
    assert "fundusgate cameras --try" in out
    code, out, _ = run("--json")
    assert code == 0
    assert {"uri", "label", "problem"} == set(json.loads(out)[0])


def test_a_try_reports_the_rate_and_the_intervals() -> None:
    code, out, _ = run("--try", SIM, "--frames", "10", "--still")
    assert code == 0
    assert "10 frames of 64 x 64" in out
    assert re.search(r"\d+\.\d frames a second, median interval \d+\.0 ms", out)
    assert "frames lost" in out
    assert "█" in out
    assert "still: 64 x 64" in out


def test_figures_for_a_program() -> None:
    code, out, _ = run("--try", SIM, "--frames", "5", "--json")
    assert code == 0
    figures = json.loads(out)
    assert figures["frames"] == 5
    assert figures["sizes"] == [[64, 64]]
    assert len(figures["intervals_ms"]) == 4
    assert figures["still_size"] is None


def test_a_saved_picture_is_the_cameras_own_file(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), (200, 30, 10)).save(tmp_path / "eye.jpg", quality=70)
    code, _, _ = run("--try", f"replay:{tmp_path / 'eye.jpg'}", "--save", str(tmp_path / "same.jpg"))
    assert code == 0
    assert (tmp_path / "same.jpg").read_bytes() == (tmp_path / "eye.jpg").read_bytes()
    code, _, _ = run("--try", f"replay:{tmp_path / 'eye.jpg'}", "--save", str(tmp_path / "other.png"))
    assert code == 0
    with Image.open(tmp_path / "other.png") as written:
        assert np.asarray(written).shape == (20, 30, 3)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--try", "v4l2:/dev/video987"), 1, "is not there: plug the camera in"),
        (("--try", "webcam"), 1, "names no camera"),
        (("--still",), 2, "--try"),
        (("--try", SIM, "--frames", "0"), 2, "frames"),
        (("--try", SIM, "--frames", "1", "--save", "/nonexistent/a.png"), 1, "nonexistent"),
        (("--try", SIM, "--frames", "1", "--save", "still.xyz"), 2, ".png or .jpg"),
    ],
)
def test_what_does_not_work_is_said(arguments: tuple[str, ...], code: int, words: str) -> None:
    given, _, err = run(*arguments)
    assert given == code
    assert words in " ".join(err.replace("│", " ").split())
