from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PIL import Image
from typer.testing import CliRunner

from fundusgate.cli import app
from fundusgate.phantom import render
from fundusgate.training.run import write_weights
from fundusgate.visibility.networks import EXPECTED, VESSELS, inpainting_network, vessel_network

if TYPE_CHECKING:
    from pathlib import Path

runner = CliRunner()


def weights(folder: Path) -> Path:
    write_weights(vessel_network(), folder / f"{VESSELS}.safetensors", {})
    write_weights(inpainting_network(), folder / f"{EXPECTED}.safetensors", {})
    return folder


def photograph(folder: Path, name: str = "eye.png") -> Path:
    Image.fromarray(render(2, size=160).rgb).save(folder / name)
    return folder / name


def test_label_writes_and_says_what(tmp_path: Path) -> None:
    eye, out = photograph(tmp_path), tmp_path / "out"
    told = runner.invoke(
        app, ["visibility", "label", str(eye), "--out", str(out), "--weights", str(weights(tmp_path)), "--no-overlays"]
    )
    assert told.exit_code == 0, told.output
    assert "1 labels" in told.stdout
    assert (out / "eye.png.png").is_file()
    assert not (out / "overlays").exists()


def test_a_bad_photograph_is_named_and_the_rest_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    photograph(folder)
    (folder / "no.jpg").write_bytes(b"?")
    told = runner.invoke(
        app,
        ["visibility", "label", str(folder), "--out", str(tmp_path / "out"), "--weights", str(weights(tmp_path))],
    )
    assert told.exit_code == 1
    assert "no.jpg" in told.stderr
    assert "1 labels" in told.stdout


def test_weights_that_are_not_there_name_the_next_step(tmp_path: Path) -> None:
    eye = photograph(tmp_path)
    told = runner.invoke(
        app, ["visibility", "label", str(eye), "--out", str(tmp_path / "out"), "--weights", str(tmp_path)]
    )
    assert told.exit_code == 1
    assert "fundusgate visibility train" in " ".join(told.stderr.split())


def test_train_without_labels_is_one_sentence(tmp_path: Path) -> None:
    told = runner.invoke(app, ["visibility", "train", "--data", str(tmp_path), "--out", str(tmp_path / "out")])
    assert told.exit_code == 1
    assert "labels.csv does not exist" in told.stderr


def test_prior_says_where_it_was_read_off(tmp_path: Path) -> None:
    for index in range(3):
        Image.fromarray(render(20 + index, size=256).rgb).save(tmp_path / f"{index}.png")
    told = runner.invoke(app, ["visibility", "prior", str(tmp_path), "--json", "--most", "3"])
    assert told.exit_code == 0, told.output
    figures = json.loads(told.stdout)
    # Good phantoms: hardly a cell is degraded.
    assert 0 <= figures["prior"] < 0.2
    assert figures["positive_cells"] > 30


def test_prior_of_nothing_is_one_sentence(tmp_path: Path) -> None:
    told = runner.invoke(app, ["visibility", "prior", str(tmp_path)])
    assert told.exit_code == 1
    assert "not estimated" in told.stderr
