from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from fundusgate.phantom import render
from fundusgate.runtime.photograph import PhotographError
from fundusgate.visibility.label_files import overlay, read_label, write_label
from fundusgate.visibility.label_run import label_photographs
from fundusgate.visibility.labelling import DEGRADED, OUTSIDE, UNLABELLED, pseudo_label
from fundusgate.visibility.missing import Rule
from fundusgate.visibility.networks import VisibilityNetworks

if TYPE_CHECKING:
    from pathlib import Path


class DarkIsVessel(nn.Module):
    """A vessel wherever the green plane is darker than its surroundings."""

    def forward(self, view: Tensor) -> Tensor:
        return torch.where(view[:, 1:2] < -0.3, 4.0, -9.0)


class LeftHalfShouldBeFull(nn.Module):
    """As it came on the right; cover of a half everywhere on the left."""

    def forward(self, planes: Tensor) -> Tensor:
        logits = torch.logit(planes[:, :1].clamp(1e-4, 1 - 1e-4))
        logits[..., :128] = 0.0
        return logits


@pytest.fixture
def networks() -> VisibilityNetworks:
    return VisibilityNetworks(DarkIsVessel(), LeftHalfShouldBeFull())


@pytest.mark.parametrize("rule", list(Rule))
def test_cells_where_vessels_are_missing_are_degraded(networks: VisibilityNetworks, rule: Rule) -> None:
    label = pseudo_label(render(5, size=256).rgb, networks, rule)
    assert label.cells.shape == (16, 16)
    assert label.cells[0, 0] == OUTSIDE
    left, right = label.cells[5:11, 3:7], label.cells[5:11, 9:13]
    assert (left == DEGRADED).all()
    assert (right == UNLABELLED).all()
    assert label.degraded == int((label.cells == DEGRADED).sum())
    assert label.inside == int((label.cells != OUTSIDE).sum())


def test_a_label_comes_back_as_it_was_written(networks: VisibilityNetworks, tmp_path: Path) -> None:
    label = pseudo_label(render(5, size=256).rgb, networks, Rule.PUBLISHED)
    write_label(label, tmp_path / "deep" / "eye.png")
    assert np.array_equal(read_label(tmp_path / "deep" / "eye.png"), label.cells)
    with Image.open(tmp_path / "deep" / "eye.png") as image:
        assert image.mode == "P"


def test_another_picture_is_no_label(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "flat.png")
    with pytest.raises(ValueError, match="not a label"):
        read_label(tmp_path / "flat.png")


def test_an_overlay_shows_four_panels(networks: VisibilityNetworks) -> None:
    drawn = overlay(pseudo_label(render(5, size=256).rgb, networks, Rule.PUBLISHED))
    assert drawn.shape == (512, 2048, 3)
    photograph, seen, _, marked = (drawn[:, 512 * i : 512 * (i + 1)].astype(int) for i in range(4))
    assert seen.max() > 200
    # Marked where the left half is degraded, as it was elsewhere.
    assert np.abs(marked - photograph)[200:300, 100:200].mean() > 8
    assert np.array_equal(marked[200:300, 330:400], photograph[200:300, 330:400])


def test_a_folder_is_labelled_and_a_bad_file_is_named(networks: VisibilityNetworks, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name in ("a/eye.png", "b/eye.png"):
        (folder / name).parent.mkdir(parents=True)
        Image.fromarray(render(1, size=128).rgb).save(folder / name)
    (folder / "a" / "broken.jpg").write_bytes(b"no picture")
    seen: list[int] = []
    done = label_photographs(
        [folder], tmp_path / "out", networks, Rule.PUBLISHED, stage=lambda total: lambda: seen.append(total)
    )
    assert (done.labels, seen) == (2, [3, 3, 3])
    assert len(done.unreadable) == 1
    assert "broken.jpg" in done.unreadable[0]
    with (tmp_path / "out" / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["label"] for row in rows] == ["a/eye.png.png", "b/eye.png.png"]
    cells = read_label(tmp_path / "out" / rows[1]["label"])
    assert int(rows[1]["cells"]) == int((cells != OUTSIDE).sum())
    assert int(rows[1]["degraded"]) == int((cells == DEGRADED).sum()) > 0
    assert float(rows[1]["share"]) == pytest.approx(int(rows[1]["degraded"]) / int(rows[1]["cells"]), abs=1e-4)
    assert (tmp_path / "out" / "overlays" / "b" / "eye.png.jpg").is_file()
    assert done.degraded == sum(int(row["degraded"]) for row in rows)


def test_an_empty_folder_is_an_error(networks: VisibilityNetworks, tmp_path: Path) -> None:
    with pytest.raises(PhotographError):
        label_photographs([tmp_path], tmp_path / "out", networks, Rule.PUBLISHED)
