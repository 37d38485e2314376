from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from safetensors import safe_open
from typer.testing import CliRunner

from fundusgate.cli import app
from fundusgate.models import build
from fundusgate.training.loop import TrainingError
from fundusgate.training.run import TrainingOrder, run
from tests.training.photographs import write_folder

if TYPE_CHECKING:
    from pathlib import Path


def order(folder: Path, **changes: object) -> TrainingOrder:
    values: dict[str, object] = {
        "name": "efiqa-cp-edge",
        "data": folder,
        "out": folder / "out",
        "hold_out": (),
        "assume_good": (),
        "steps": 1,
        "start": None,
        "learning_rate": None,
        "seed": 1,
        "threads": 1,
        "workers": 0,
        "cache": folder / "cache",
    }
    return TrainingOrder(**(values | changes))  # type: ignore[arg-type]


def test_a_recipe_ends_in_weights_that_build_loads(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    runner = CliRunner()
    arguments = ["train", "efiqa-cp-edge", "--data", str(folder), "--out", str(folder / "out"), "--steps", "1"]
    result = runner.invoke(app, [*arguments, "--workers", "0", "--hold-out", "south"])
    assert result.exit_code == 0, result.output
    weights = folder / "out" / "efiqa-cp-edge.safetensors"
    network = build("efiqa-cp-edge", weights)
    assert network(torch.zeros(1, 3, 512, 512)).shape == (1, 1, 16, 16)
    with safe_open(weights, framework="pt") as stream:
        card = stream.metadata()
    assert card["held_out"] == "south"
    assert card["data"].startswith("north 3, phantom 8,")
    assert card["framing"] == "disc"


def test_the_validation_split_is_never_trained_on(tmp_path: Path) -> None:
    run(order(write_folder(tmp_path)))
    with safe_open(tmp_path / "out" / "efiqa-cp-edge.safetensors", framework="pt") as stream:
        assert stream.metadata()["data"].startswith("north 3, phantom 8, south 2,")


def test_fthnets_weights_are_kept_without_the_training_head(tmp_path: Path) -> None:
    path = run(order(write_folder(tmp_path), name="fthnet-s"))
    assert sum(parameter.numel() for parameter in build("fthnet-s", path).parameters()) == 5_662_293


def test_an_unknown_recipe_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="efiqa-cp-edge, fthnet-s"):
        run(order(write_folder(tmp_path), name="resnet"))
