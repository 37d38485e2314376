from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest
import torch
from safetensors import safe_open
from typer.testing import CliRunner

from fundusgate.cli import app
from fundusgate.models import build
from fundusgate.models.weights import shipped_weights
from fundusgate.training.adaptation import map_tuning, run, score_tuning, views
from fundusgate.training.adaptation.camera import read_camera
from fundusgate.training.adaptation.views import camera_views, last_block, remembered_views
from fundusgate.training.judging import map_opinions
from tests.training.adaptation.folder import write_camera

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from torch import nn

    from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge
    from fundusgate.training.adaptation.camera import CameraPhotograph


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few views and steps: what is tested is what follows what."""
    monkeypatch.setattr(views, "MOST_VIEWS", 2)
    monkeypatch.setattr(views, "VIEWS_IN_ALL", 40)
    for module in (map_tuning, run):
        monkeypatch.setattr(module, "STEPS", 2)
    monkeypatch.setattr(score_tuning, "STEPS", 2)


@pytest.fixture
def known(few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What every whole run begins with, worked out once for all of them."""
    del few
    monkeypatch.setattr(run, "opinions_of", _opinions)
    monkeypatch.setattr(run, "camera_views", lambda network, photographs, _seed, _tell: _views(network, photographs))
    monkeypatch.setattr(run, "remembered_views", lambda network, _seed: _remembered(network))


_kept: dict[str, object] = {}


def _opinions(network: nn.Module, photographs: Sequence[CameraPhotograph]) -> list[float]:
    return cast("list[float]", _once("opinions", lambda: score_tuning.opinions_of(network, photographs)))


def _views(network: EfiqaCpEdge, photographs: Sequence[CameraPhotograph]) -> views.Views:
    return cast("views.Views", _once("views", lambda: camera_views(network, photographs, seed=1)))


def _remembered(network: EfiqaCpEdge) -> views.Views:
    return cast("views.Views", _once("remembered", lambda: remembered_views(network, 9, count=3)))


def _once(name: str, make: Callable[[], object]) -> object:
    if name not in _kept:
        _kept[name] = make()
    return _kept[name]


def edge() -> EfiqaCpEdge:
    return cast("EfiqaCpEdge", build("efiqa-cp-edge", shipped_weights("efiqa-cp-edge")))


@pytest.mark.usefixtures("few")
def test_the_first_view_of_a_photograph_is_what_the_camera_gives(tmp_path: Path) -> None:
    camera = read_camera(write_camera(tmp_path))
    network = edge()
    every = _views(network, camera.photographs)
    plain = every.at(torch.arange(20) * 2)
    assert plain.owner.tolist() == list(range(20))
    said = map_opinions(network, [each.framed for each in camera.photographs])
    whole = torch.stack([torch.from_numpy(each.degraded) for each in said])
    torch.testing.assert_close(plain.map_before.sigmoid(), whole, rtol=0, atol=1e-4)
    again, _ = last_block(network, plain.features.float())
    torch.testing.assert_close(again.sigmoid(), whole, rtol=0, atol=0.02)
    # only readable photographs say that a cell is untouched, and only made faults that one is hidden
    rejects = every.of([place for place, each in enumerate(camera.photographs) if each.quality.value == "reject"])
    assert not rejects.untouched.any()
    assert not rejects.positive.any()
    assert every.positive.any()


@pytest.mark.usefixtures("few")
def test_tuning_moves_the_last_block_alone(tmp_path: Path) -> None:
    camera = read_camera(write_camera(tmp_path))
    before = edge()
    every = _views(before, camera.photographs)
    after = map_tuning.tuned(before, every, _remembered(before), seed=1)
    old, new = before.state_dict(), after.state_dict()
    moved = {name for name in old if not torch.equal(old[name], new[name])}
    assert moved
    assert all(name.startswith(("stage4.1.", "context.", "map_head.")) for name in moved)
    assert not any("running" in name for name in moved)


def adapt(folder: Path, *more: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["adapt", str(folder), "--out", str(folder / "out"), "--folds", "2", *more])
    return result.exit_code, result.output


@pytest.mark.usefixtures("known")
def test_a_run_says_what_it_did_and_leaves_no_work_behind(tmp_path: Path) -> None:
    code, output = adapt(write_camera(tmp_path))
    assert code == 0, output
    assert "before" in output
    assert "the map's last block: merit" in output
    told = json.loads((tmp_path / "out" / "adaptation.json").read_text())
    assert [each["network"] for each in told["candidates"]] == ["", "efiqa-cp-edge", "fthnet-s"]
    assert set(told["written"]) == {each["network"] for each in told["candidates"][1:] if each["chosen"]}
    assert not (tmp_path / "out" / "work").exists()


@pytest.mark.usefixtures("known")
def test_what_is_surely_better_is_written_as_weights_that_export_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "LEAST_GAIN", -1.0)
    monkeypatch.setattr(run, "SURE", 0.0)
    monkeypatch.setattr(run._Run, "_lost", lambda *_: "")
    code, output = adapt(write_camera(tmp_path), "--tune-score")
    assert code == 0, output
    assert "next: fundusgate export" in output
    assert "PHOTOGRAPHS: 300 or more" in output
    for name in ("efiqa-cp-edge", "fthnet-s"):
        path = tmp_path / "out" / f"{name}.safetensors"
        build(name, path)
        with safe_open(path, framework="pt") as stream:
            card = stream.metadata()
        assert "adapted to one camera by 20 photographs" in card["data"]
        with safe_open(shipped_weights(name), framework="pt") as stream:
            old = stream.metadata()
        assert card["terms"] == old["terms"]
        assert card.get("threshold.map") == old.get("threshold.map")


@pytest.mark.usefixtures("known")
def test_weights_that_forgot_are_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "LEAST_GAIN", -1.0)
    monkeypatch.setattr(run, "SURE", 0.0)
    monkeypatch.setattr(run._Run, "_lost", lambda *_: "the phantom's hidden cells")
    code, output = adapt(write_camera(tmp_path))
    assert code == 0, output
    assert not (tmp_path / "out" / "efiqa-cp-edge.safetensors").exists()
    told = json.loads((tmp_path / "out" / "adaptation.json").read_text())
    assert told["candidates"][1]["why"] == "what it knew is lost: the phantom's hidden cells"


@pytest.mark.usefixtures("known")
def test_a_broken_run_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_camera(tmp_path)
    with monkeypatch.context() as patch:

        def stopped(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(run._Run, "_tuned_maps", stopped)
        CliRunner().invoke(app, ["adapt", str(folder), "--out", str(folder / "out"), "--folds", "2"])
    assert list((tmp_path / "out" / "work").rglob("views.pt"))

    def again(*_: object) -> None:
        raise AssertionError("views were made again")

    monkeypatch.setattr(run, "camera_views", again)
    code, output = adapt(folder)
    assert code == 0, output


@pytest.mark.parametrize(
    ("weights", "code", "said"),
    [
        ("resnet=x.safetensors", 2, "write NAME=FILE with one of"),
        ("fthnet-s=nowhere.safetensors", 2, "is not there"),
    ],
)
def test_wrong_weights(tmp_path: Path, weights: str, code: int, said: str) -> None:
    result = CliRunner().invoke(app, ["adapt", str(tmp_path), "--out", str(tmp_path), "--weights", weights])
    assert result.exit_code == code
    assert said in " ".join(result.output.replace("│", " ").split())


def test_weights_for_whole_frames_are_refused_before_any_work(tmp_path: Path) -> None:
    published = tmp_path / "net.pth"
    published.write_bytes(b"published")
    code, output = adapt(tmp_path, "--weights", f"fthnet-l={published}")
    assert code == 1
    assert "net.pth was not trained on the framed disc" in " ".join(output.split())


def test_a_folder_without_labels(tmp_path: Path) -> None:
    code, output = adapt(tmp_path)
    assert code == 1
    assert "labels.csv does not exist" in output
