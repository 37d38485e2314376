from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from fundusgate.cli import app
from fundusgate.phantom import render
from fundusgate.runtime.profile import Profile
from tests.commands.bundles import write_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundles") / "small")


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty bright phantom eyes and twelve dim ones; the small bundle scores by brightness."""
    folder = tmp_path_factory.mktemp("camera")
    rgb = render(5, size=96, camera="film-yellow").rgb.astype(np.float32)
    for number in range(32):
        part = "good" if number < 20 else "bad"
        (folder / part).mkdir(exist_ok=True)
        light = (0.8 if part == "good" else 0.3) + 0.005 * number
        Image.fromarray((rgb * light).astype(np.uint8)).save(folder / part / f"{number}.png")
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["profile", "fit", *map(str, arguments)])


def test_a_camera_gets_a_profile_and_a_report(camera: Path, bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "bright.toml"
    result = run(camera, "--out", out, "--bundle", bundle, "--threads", 1)
    assert result.exit_code == 0, result.output
    assert str(out) in result.stdout.replace("\n", "")
    assert "20/20 = 100.0 %" in result.stdout
    assert "0/12 = 0.0 %" in result.stdout
    profile = Profile.load(out)
    assert profile.name == "bright"
    assert out.read_text(encoding="utf-8").startswith("# Fitted by `fundusgate profile fit`")
    # the profile is one that a camera takes
    assess = CliRunner().invoke(
        app, ["assess", str(camera / "good"), "--bundle", str(bundle), "--profile", str(out), "--json"]
    )
    verdicts = [json.loads(line)["verdict"] for line in assess.stdout.splitlines()]
    assert len(verdicts) == 20
    assert "retake" not in verdicts


def test_a_share_serves_where_labels_do_not(camera: Path, bundle: Path, tmp_path: Path) -> None:
    (camera / "bad" / "broken.png").write_bytes(b"no picture")
    try:
        result = run(camera, "--out", tmp_path / "p.toml", "--bundle", bundle, "--share", 0.5, "--json")
    finally:
        (camera / "bad" / "broken.png").unlink()
    assert result.exit_code == 0, result.output
    assert "passed over" in result.stderr
    assert "broken.png" in result.stderr.replace("\n", "")
    said = json.loads(result.stdout)
    assert said["accepted_after"]["all"]["of"] == 32
    assert said["accepted_after"]["all"]["accepted"] == pytest.approx(16, abs=2)
    low, high = said["accepted_after"]["all"]["interval"]
    assert low < 0.5 < high
    assert said["score"]["retake"] == Profile.load(tmp_path / "p.toml").score.retake


def test_too_few_are_refused_and_nothing_is_written(camera: Path, bundle: Path, tmp_path: Path) -> None:
    result = run(camera / "bad", "--out", tmp_path / "p.toml", "--bundle", bundle, "--share", 0.9)
    assert result.exit_code == 1
    assert "12 photographs can be read and at least 30 are needed" in " ".join(result.stderr.split())
    assert not (tmp_path / "p.toml").exists()


def test_unlabelled_photographs_without_a_share_are_refused(camera: Path, bundle: Path, tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for part in ("good", "bad"):
        for path in (camera / part).iterdir():
            (flat / path.name).symlink_to(path)
    result = run(flat, "--out", tmp_path / "p.toml", "--bundle", bundle)
    assert result.exit_code == 1
    assert "say with --share" in " ".join(result.stderr.split())


@pytest.mark.parametrize("share", ["0", "1.2", "-0.5", "nan"])
def test_a_share_that_is_none_is_wrong_use(camera: Path, tmp_path: Path, share: str) -> None:
    assert run(camera, "--out", tmp_path / "p.toml", "--share", share).exit_code == 2


def test_an_empty_folder_is_explained(tmp_path: Path, bundle: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run(tmp_path / "empty", "--out", tmp_path / "p.toml", "--bundle", bundle)
    assert result.exit_code == 1
    assert "not fitted:" in result.stderr
    assert "no photographs" in " ".join(result.stderr.split())


def test_help_has_examples() -> None:
    said = CliRunner().invoke(app, ["profile", "fit", "--help"], env={"COLUMNS": "160"}).stdout
    assert "fundusgate profile fit clinic-camera --out clinic.toml" in said
    assert "--share" in said
