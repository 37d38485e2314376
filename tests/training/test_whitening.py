from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from fundusgate.training.frames import FrameStore, open_frames
from fundusgate.training.photographs import read_records
from fundusgate.training.whitening import NOISE_VARIANCE, photograph_patches, whiten_first_layer
from tests.training.photographs import write_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FrameStore:
    folder: Path = tmp_path_factory.mktemp("labelled")
    return open_frames(read_records(write_folder(folder)), folder / "cache")


def test_outputs_are_decorrelated_and_alike_in_variance(store: FrameStore) -> None:
    network = nn.Sequential(nn.Conv2d(3, 8, 3))
    whiten_first_layer(network, "0", store, size=96, seed=1)
    patches = torch.from_numpy(photograph_patches(store, 3, 96, seed=1)).float()
    with torch.no_grad():
        answers = network(patches.reshape(-1, 3, 3, 3)).flatten(1).numpy()
    covariance = np.cov(answers.T)
    variances = np.diag(covariance)
    assert np.abs(answers.mean(0)).max() < 1e-2
    assert np.abs(covariance - np.diag(variances)).max() < 1e-2
    # Unit variance, but for what the noise term takes from components that are hardly there.
    assert variances.max() <= 1.01
    assert variances[:3].min() > 0.98
    assert NOISE_VARIANCE > 0


def test_filters_beyond_the_components_keep_their_start(store: FrameStore) -> None:
    network = nn.Sequential(nn.Conv2d(3, 30, 3, bias=False))
    before = network[0].weight.detach().clone()
    whiten_first_layer(network, "0", store, size=96, seed=1)
    after = network[0].weight.detach()
    assert torch.equal(before[27:], after[27:])
    assert not torch.equal(before[:27], after[:27])
