from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from fundusgate.phantom import not_fundus
from fundusgate.training.frames import FrameStore, open_frames
from fundusgate.training.photographs import read_records
from fundusgate.training.samples import (
    MapSamples,
    ScoreSamples,
    View,
    cell_labels,
    degraded,
    hidden_share,
    label_targets,
    normalised,
    undegraded,
    without_retina,
)
from tests.training.photographs import write_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FrameStore:
    folder = tmp_path_factory.mktemp("labelled")
    return open_frames(read_records(write_folder(folder)), folder / "cache")


def test_frames_are_framed_once(tmp_path: Path) -> None:
    records = read_records(write_folder(tmp_path))
    counted: list[int] = []
    first = open_frames(records, tmp_path / "cache", lambda done, _all: counted.append(done))
    second = open_frames(records, tmp_path / "cache", lambda done, _all: counted.append(done))
    assert counted == [1, 2, 3, 4, 5, 6]
    assert np.array_equal(first[3].rgb, second[3].rgb)
    assert not first[3].rgb[~first[3].inside].any()


def test_an_unreadable_photograph_is_left_out_and_named(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "north-1.png").write_bytes(b"not a picture")
    store = open_frames(read_records(tmp_path), tmp_path / "cache")
    assert len(store) == 5
    assert "north-1.png" in store.skipped[0]


def test_a_sample_is_a_function_of_seed_and_index(store: FrameStore) -> None:
    pictures = [not_fundus(1, 128)]
    one = MapSamples(store, [0, 2], [1], pictures, seed=3, size=128)
    two = MapSamples(store, [0, 2], [1], pictures, seed=3, size=128)
    for index in (0, 7, 123):
        assert torch.equal(one[index]["image"], two[index]["image"])
        assert torch.equal(one[index]["positive"], two[index]["positive"])
    assert not torch.equal(one[0]["image"], one[1]["image"])


def test_positives_and_unlabelled_lie_inside_and_apart(store: FrameStore) -> None:
    samples = MapSamples(store, [0, 2], [1], [not_fundus(1, 128)], seed=5, size=128)
    kinds = set()
    for index in range(60):
        sample = samples[index]
        assert not (sample["positive"] & sample["unlabelled"]).any()
        assert not ((sample["positive"] | sample["unlabelled"]) & ~sample["inside"]).any()
        if sample["bag"]:
            kinds.add("bag")
            assert not sample["unlabelled"].any()
        elif sample["retina"] == 0:
            kinds.add("no retina")
            assert torch.equal(sample["positive"], sample["inside"])
        else:
            kinds.add("readable")
    assert kinds == {"bag", "no retina", "readable"}


def test_cells_at_the_edge_of_a_fault_are_neither() -> None:
    hidden = np.zeros((160, 160), np.bool_)
    hidden[:, :83] = True
    view = View(np.zeros((160, 160, 3), np.uint8), np.ones((160, 160), np.bool_), hidden, 1.0)
    positive, untouched = cell_labels(view, 16)
    assert positive[:, :8].all()
    assert not positive[:, 8:].any()
    assert not untouched[:, 8].any()
    assert untouched[:, 9:].all()


def test_a_degraded_copy_hides_no_less(store: FrameStore) -> None:
    rng = np.random.default_rng(2)
    view = undegraded(store, 0, 128, rng)
    assert hidden_share(view) == 0
    worse = [degraded(view, rng, 0.5) for _ in range(12)]
    assert all(copy.strength > 0 for copy in worse)
    assert max(hidden_share(copy) for copy in worse) > 0.2


def test_a_pair_is_ordered_and_a_negative_is_at_the_bottom(store: FrameStore) -> None:
    samples = ScoreSamples(store, label_targets(store, ()), [not_fundus(2, 128)], seed=4, size=96)
    seen_negative = False
    for index in range(90):
        target = samples[index]["target"]
        assert target[0] >= target[1]
        seen_negative |= bool(target[0] < 10)
        known, hidden = samples[index]["known"], samples[index]["hidden"]
        assert not (hidden & ~known).any()
    assert seen_negative


def test_unlabelled_sources_count_as_good_only_when_told(store: FrameStore) -> None:
    assert len(label_targets(store, ())) == 6


def test_a_picture_without_a_retina_is_hidden_whole() -> None:
    view = without_retina([not_fundus(3, 200)], 96, np.random.default_rng(0))
    assert hidden_share(view) == 1
    assert not view.rgb[~view.inside].any()


def test_normalisation_is_imagenets() -> None:
    images = torch.full((1, 2, 2, 3), 255, dtype=torch.uint8)
    expected = (1 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    assert torch.allclose(normalised(images)[0, :, 0, 0], expected, atol=1e-5)
