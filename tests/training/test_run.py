from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from safetensors import safe_open
from typer.testing import CliRunner

from fundusgate.cli import app
from fundusgate.models import build
from fundusgate.models.swin import CONSTANT_BUFFERS
from fundusgate.training.run import TrainingOrder, recipe_of, run
from tests.training.photographs import write_folder

if TYPE_CHECKING:
    from pathlib import Path


def order(folder: Path, **changes: object) -> TrainingOrder:
    values: dict[str, object] = {
        "name": "efiqa-cp-edge",
        "recipe": recipe_of(str(changes.get("name", "efiqa-cp-edge")), for_int8=False),
        "data": folder,
        "out": folder / "out",
        "hold_out": (),
        "assume_good": (),
        "steps": 1,
        "start": None,
        "teacher": None,
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
    with safe_open(path, framework="pt") as stream:
        assert not [name for name in stream.keys() if name.endswith(CONSTANT_BUFFERS)]  # noqa: SIM118 - no mapping


def test_weights_for_int8_start_from_those_that_are_given(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    start = run(order(folder))
    arguments = ["train", "efiqa-cp-edge", "--for-int8", "--data", str(folder), "--out", str(folder / "int8")]
    result = CliRunner().invoke(app, [*arguments, "--start", str(start), "--steps", "2", "--workers", "0"])
    assert result.exit_code == 0, result.output
    before, after = (
        build("efiqa-cp-edge", path).state_dict() for path in (start, folder / "int8" / "efiqa-cp-edge.safetensors")
    )
    assert before.keys() == after.keys()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert "stem.0.0.weight" in moved
    assert not any("running" in name for name in moved)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["resnet"], "there is no recipe for 'resnet'; there are efiqa-cp-edge, fthnet-s, fthnet-l"),
        (["fthnet-s", "--for-int8"], "there is no recipe for INT8 for 'fthnet-s'; there are efiqa-cp-edge"),
    ],
)
def test_an_unknown_recipe_names_those_there_are(tmp_path: Path, arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["train", *arguments, "--data", str(tmp_path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert said in result.output
