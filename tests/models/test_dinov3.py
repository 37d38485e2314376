from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import DINOv3ViTConfig, DINOv3ViTModel

from fundusgate.models import CheckpointError, build, dinov3
from fundusgate.models.dinov3 import PhotographMap, random_backbone, read_backbone, vit_l16_config

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {**dinov3.SIZES, "num_hidden_layers": 1, "intermediate_size": 64}
"""As wide as the published backbone, so that the heads fit, but one layer deep."""


@pytest.fixture
def small_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dinov3, "SIZES", SMALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    DINOv3ViTModel(DINOv3ViTConfig(**SMALL)).save_pretrained(tmp_path / "backbone")
    return tmp_path / "backbone"


def tiny_backbone() -> DINOv3ViTModel:
    torch.manual_seed(1)
    config = DINOv3ViTConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, num_register_tokens=4
    )
    return DINOv3ViTModel(config)


def test_published_size_has_the_published_parameters() -> None:
    with torch.device("meta"):
        backbone = random_backbone()
    assert sum(p.numel() for p in backbone.parameters()) == 303_129_600
    config = vit_l16_config()
    assert (config.hidden_size, config.num_hidden_layers, config.num_attention_heads) == (1024, 24, 16)
    assert (config.num_register_tokens, config.patch_size, config.intermediate_size) == (4, 16, 4096)


def test_patches_keep_their_rows_and_the_other_tokens_are_skipped() -> None:
    network = PhotographMap(tiny_backbone(), torch.nn.Identity())
    image = torch.randn(2, 3, 48, 80, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        features = network.features(image)
        hidden = network.backbone(image).last_hidden_state
    assert features.shape == (2, 32, 3, 5)
    assert hidden.shape == (2, 5 + 15, 32)
    for row in range(3):
        for column in range(5):
            assert torch.equal(features[1, :, row, column], hidden[1, 5 + row * 5 + column])


def test_only_the_head_learns_and_the_backbone_always_evaluates() -> None:
    network = PhotographMap(tiny_backbone(), torch.nn.Conv2d(32, 1, 1)).train()
    assert network.head.training
    assert not any(module.training for module in network.backbone.modules())
    network(torch.randn(1, 3, 32, 32)).sum().backward()
    assert all(p.grad is None for p in network.backbone.parameters())
    assert all(p.grad is not None for p in network.head.parameters())


def test_sides_that_are_no_multiple_of_a_patch_are_refused() -> None:
    with pytest.raises(ValueError, match="16 divides"):
        PhotographMap(tiny_backbone(), torch.nn.Identity())(torch.zeros(1, 3, 40, 48))


@pytest.mark.usefixtures("small_sizes")
def test_efiqa_cp_is_backbone_then_context_network(folder: Path, tmp_path: Path) -> None:
    context = build("efiqa-cp-context")
    save_file(context.state_dict(), tmp_path / "context.safetensors")
    network = build("efiqa-cp", checkpoint=tmp_path / "context.safetensors", backbone=folder)
    image = torch.randn(1, 3, 128, 64, generator=torch.Generator().manual_seed(3))
    stored = DINOv3ViTModel.from_pretrained(folder).eval()
    with torch.no_grad():
        tokens = stored(image).last_hidden_state[0, 5:]
        features = torch.stack([tokens[row * 4 : row * 4 + 4].T for row in range(8)], dim=1)[None]
        torch.testing.assert_close(network(image), context(features), atol=1e-5, rtol=1e-5)
    assert network(image).shape == (1, 1, 2, 1)


@pytest.mark.usefixtures("small_sizes")
def test_efiqa_cp_without_weights_is_random_and_runs() -> None:
    with torch.no_grad():
        assert bool(build("efiqa-cp")(torch.zeros(1, 3, 64, 64)).isfinite().all())


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no config\.json.*dinov3-vitl16"):
        read_backbone(tmp_path / "nowhere")


def test_another_size_of_vision_transformer_is_refused(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="num_hidden_layers is 1, not 24"):
        read_backbone(folder)


@pytest.mark.usefixtures("small_sizes")
class TestDamagedBackbones:
    def test_missing_weights(self, folder: Path) -> None:
        state = load_file(folder / "model.safetensors")
        gone = next(name for name in state if name.endswith("q_proj.weight"))
        del state[gone]
        save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(CheckpointError, match=r"1 missing keys.*q_proj\.weight"):
            read_backbone(folder)

    def test_not_finite(self, folder: Path) -> None:
        state = load_file(folder / "model.safetensors")
        state["norm.weight"][3] = float("nan")
        save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(CheckpointError, match=r"norm\.weight is not finite"):
            read_backbone(folder)

    def test_cut_short(self, folder: Path) -> None:
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:5000])
        with pytest.raises(CheckpointError, match="cannot be read"):
            read_backbone(folder)

    def test_configuration_that_is_no_json(self, folder: Path) -> None:
        (folder / "config.json").write_text("{")
        with pytest.raises(CheckpointError, match=r"config\.json: cannot be read"):
            read_backbone(folder)

    def test_another_kind_of_network(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        config["num_register_tokens"] = 0
        (folder / "config.json").write_text(json.dumps(config))
        with pytest.raises(CheckpointError, match="num_register_tokens is 0, not 4"):
            read_backbone(folder)
