from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors import safe_open

from fundusgate.models.checkpoints import read_state_dict
from fundusgate.training.loop import TrainingError
from fundusgate.training.photographs import read_records
from fundusgate.visibility.labelling import pseudo_label
from fundusgate.visibility.missing import Rule
from fundusgate.visibility.networks import VisibilityNetworks, VisibilityWeightsError
from fundusgate.visibility.training_run import A_SOURCE, VisibilityOrder, good_records, run
from tests.training.photographs import write_folder

if TYPE_CHECKING:
    from pathlib import Path


def order(data: Path, out: Path, **changes: object) -> VisibilityOrder:
    return VisibilityOrder(data, out, vessel_steps=1, inpainting_steps=1, phantoms=1, **changes)  # type: ignore[arg-type]


def test_an_order_ends_in_weights_that_open(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    written = run(order(write_folder(data), tmp_path / "out"))
    assert [path.name for path in written] == ["visibility-vessels.safetensors", "visibility-expected.safetensors"]
    # Small enough to go with the package.
    assert all(path.stat().st_size < 300_000 for path in written)
    networks = VisibilityNetworks.open(tmp_path / "out")
    label = pseudo_label(np.zeros((64, 64, 3), np.uint8), networks, Rule.PUBLISHED)
    assert np.isfinite(label.measure).all()
    with safe_open(written[1], "pt") as held:
        card = held.metadata()
    assert "research and evaluation only" in card["terms"]
    assert card["data"] == "north 2, south 1, phantom 1, made faults"
    # The same order again goes on from its end: nothing is left to do, the weights are the same.
    first = read_state_dict(written[0])
    again = read_state_dict(run(order(data, tmp_path / "out"))[0])
    assert all(torch.equal(tensor, again[name]) for name, tensor in first.items())


def test_only_good_photographs_that_may_be_seen_are_learnt_from(tmp_path: Path) -> None:
    records = read_records(write_folder(tmp_path, count=8))
    kept = good_records(records, order(tmp_path, tmp_path, hold_out=("south",)))
    assert {record.source for record in kept} == {"north"}
    assert all(record.quality is not None and record.quality.value == "good" for record in kept)
    assert len(kept) <= A_SOURCE


def test_nothing_good_is_said_before_anything_is_rendered(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with pytest.raises(TrainingError, match="--assume-good"):
        run(order(write_folder(data), tmp_path / "out", hold_out=("north", "south")))
    assert not (tmp_path / "out").exists()


def test_weights_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(VisibilityWeightsError, match=r"visibility-vessels\.safetensors.*visibility train"):
        VisibilityNetworks.open(tmp_path)
