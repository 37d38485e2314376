from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from fundusgate.training.loop import LoopSettings, Precision, TrainingError, train

if TYPE_CHECKING:
    from pathlib import Path


class Line(Dataset[Tensor]):
    """Item i is x = noise(i); the loss asks for y = 2 x - 1."""

    def __len__(self) -> int:
        return 2**31

    def __getitem__(self, index: int) -> Tensor:
        generator = torch.Generator().manual_seed(index)
        return torch.rand(1, generator=generator)


def squared(network: nn.Module, x: Tensor) -> dict[str, Tensor]:
    parameter = next(network.parameters())
    error = network(x.to(parameter.dtype)).float() - (2 * x - 1)
    return {"squared": error.pow(2).mean()}


def settings(steps: int, **changes: object) -> LoopSettings:
    values: dict[str, object] = {
        "steps": steps,
        "batch": 16,
        "learning_rate": 0.05,
        "warmup": 5,
        "weight_decay": 0.0,
        "average": 0.9,
        "workers": 0,
        "checkpoint_every": 20,
        "precision": Precision.FLOAT32,
    }
    return LoopSettings(**(values | changes))  # type: ignore[arg-type]


def fresh() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(1, 1)


@pytest.mark.parametrize("precision", list(Precision))
def test_it_learns_in_every_precision(tmp_path: Path, precision: Precision) -> None:
    network = train(fresh(), Line(), squared, settings(300, precision=precision), tmp_path)
    assert network.weight.item() == pytest.approx(2, abs=0.15)  # type: ignore[union-attr]
    assert network.bias.item() == pytest.approx(-1, abs=0.1)  # type: ignore[union-attr]
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == list(range(20, 301, 20))
    assert lines[-1]["squared"] < lines[0]["squared"] / 10


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(tmp_path: Path) -> None:
    whole = train(fresh(), Line(), squared, settings(60), tmp_path / "whole")

    class Interrupted(Line):
        def __getitem__(self, index: int) -> Tensor:
            if index >= 45 * 16:
                raise KeyboardInterrupt
            return super().__getitem__(index)

    with pytest.raises(KeyboardInterrupt):
        train(fresh(), Interrupted(), squared, settings(60), tmp_path / "parts")
    assert torch.load(tmp_path / "parts" / "checkpoint.pt", weights_only=True)["done"] == 40
    resumed = train(fresh(), Line(), squared, settings(60), tmp_path / "parts")
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_other_settings_do_not_resume(tmp_path: Path) -> None:
    train(fresh(), Line(), squared, settings(20), tmp_path)
    with pytest.raises(TrainingError, match="learning_rate"):
        train(fresh(), Line(), squared, settings(20, learning_rate=0.1), tmp_path)


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path) -> None:
    def broken(network: nn.Module, x: Tensor) -> dict[str, Tensor]:
        return {"broken": network(x).sum() * float("nan")}

    with pytest.raises(TrainingError, match="loss is nan at step 0"):
        train(fresh(), Line(), broken, settings(10), tmp_path)
