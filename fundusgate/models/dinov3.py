"""The frozen backbone of EFIQA and EFIQA-CP, and what stands behind it.

Source: Simeoni et al., "DINOv3", arXiv 2508.10104; the layers are those of `transformers`. The sizes are those of
`facebook/dinov3-vitl16-pretrain-lvd1689m`, whose weights have a licence of their own and are never fetched from here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from fundusgate.models.checkpoints import CheckpointError

if TYPE_CHECKING:
    from transformers import DINOv3ViTConfig, DINOv3ViTModel

FEATURES = 1024
"""Channels of a patch feature."""
PUBLISHED = "facebook/dinov3-vitl16-pretrain-lvd1689m"
SIZES = {
    "hidden_size": FEATURES,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "num_register_tokens": 4,
    "patch_size": 16,
    "use_gated_mlp": False,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-5,
    "rope_theta": 100.0,
    "query_bias": True,
    "key_bias": False,
    "value_bias": True,
    "proj_bias": True,
    "mlp_bias": True,
}
"""What makes a DINOv3 ViT the published ViT-L/16, by the names of `DINOv3ViTConfig`."""


def vit_l16_config() -> DINOv3ViTConfig:
    """The configuration of the published DINOv3 ViT-L/16: 303,129,600 parameters."""
    from transformers import DINOv3ViTConfig

    return DINOv3ViTConfig(**SIZES)


def random_backbone() -> DINOv3ViTModel:
    """A ViT-L/16 with random weights: right for latency and memory, meaningless for quality.

    About 1.2 GB; under `torch.device("meta")` it takes none and can only be counted.
    """
    from transformers import DINOv3ViTModel

    return DINOv3ViTModel(vit_l16_config())


def read_backbone(folder: Path) -> DINOv3ViTModel:
    """Read the backbone's weights from a folder that the user fetched; nothing goes over the network.

    Args:
        folder: `config.json` and `model.safetensors`, as published under `facebook/dinov3-vitl16-pretrain-lvd1689m`.

    Returns:
        The backbone in float32.

    Raises:
        CheckpointError: there is no such folder, it is another network, or weights are missing, left over, of another
            shape, unreadable or not finite.
    """
    from safetensors import SafetensorError
    from transformers import DINOv3ViTConfig, DINOv3ViTModel

    folder = Path(folder)
    for name in ("config.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise CheckpointError(f"{folder}: has no {name}; give a folder with the files of {PUBLISHED}")
    try:
        config = DINOv3ViTConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{folder / 'config.json'}: cannot be read; fetch it again") from error
    others = [f"{name} is {getattr(config, name)!r}, not {value!r}" for name, value in SIZES.items()
              if getattr(config, name) != value]  # fmt: skip
    if others:
        raise CheckpointError(f"{folder} is not {PUBLISHED}: {', '.join(others)}")
    try:
        backbone, loading = DINOv3ViTModel.from_pretrained(
            folder, config=config, local_files_only=True, use_safetensors=True, dtype=torch.float32,
            output_loading_info=True,
        )  # fmt: skip
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        raise CheckpointError(
            f"{folder / 'model.safetensors'}: cannot be read or does not fit; fetch it again"
        ) from error
    unfit = {kind: sorted(map(str, loading[kind])) for kind in ("missing_keys", "unexpected_keys", "mismatched_keys")}
    said = [f"{len(names)} {kind.replace('_', ' ')} ({', '.join(names[:8])})" for kind, names in unfit.items() if names]
    said += [f"{name} is not finite" for name, tensor in backbone.state_dict().items() if not tensor.isfinite().all()]
    if said:
        raise CheckpointError(f"{folder} does not fit {PUBLISHED}: {'; '.join(said[:8])}")
    return backbone


class PhotographMap(nn.Module):
    """A frozen backbone and a head that maps its patch features: the published form of EFIQA and of EFIQA-CP.

    Attributes:
        backbone: the frozen vision transformer; stays in evaluation mode.
        head: `Efiqa` or `ContextNetwork`; the part that is trained.
    """

    def __init__(self, backbone: DINOv3ViTModel, head: nn.Module, grid: int | None = None) -> None:
        """Put the two together and freeze the backbone.

        Args:
            backbone: a DINOv3 ViT.
            head: takes features (B, C, H / 16, W / 16).
            grid: side of the square grid that features are stretched to before the head (bilinear), so that a smaller
                photograph gives as many cells; None leaves them as they are.
        """
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.backbone.requires_grad_(False)
        self.skipped = 1 + int(backbone.config.num_register_tokens)
        self.patch = int(backbone.config.patch_size)
        self.grid = grid
        self.train(self.training)

    def train(self, mode: bool = True) -> PhotographMap:
        """Put the head into training or evaluation mode; the backbone always evaluates."""
        super().train(mode)
        self.backbone.eval()
        return self

    def features(self, image: Tensor) -> Tensor:
        """Patch features of photographs, without the class and register tokens.

        Args:
            image: float tensor (B, 3, H, W), RGB, ImageNet-normalised; 16 divides H and W.

        Returns:
            Float tensor (B, C, H / 16, W / 16), from the last hidden state.

        Raises:
            ValueError: 16 does not divide a side.
        """
        rows, columns = int(image.shape[2]) // self.patch, int(image.shape[3]) // self.patch
        if not torch.onnx.is_in_onnx_export() and tuple(image.shape[1:]) != (
            3,
            rows * self.patch,
            columns * self.patch,
        ):
            raise ValueError(f"a batch of 3xHxW images with sides that {self.patch} divides, not {tuple(image.shape)}")
        tokens = cast("Tensor", self.backbone(image).last_hidden_state)[:, self.skipped :]
        return tokens.transpose(1, 2).reshape(-1, tokens.shape[2], rows, columns)

    def forward(self, image: Tensor) -> Tensor:
        """Map where photographs are degraded.

        Args:
            image: as for `features`; 1024x1024 (bicubic with antialias) for EFIQA-CP, 224x224 for EFIQA.

        Returns:
            Float tensor (B, 1, h, w), logits; 16x16 for EFIQA-CP, 14x14 for EFIQA; sigmoid, 1 = degraded.
        """
        features = self.features(image)
        if self.grid is not None and tuple(features.shape[2:]) != (self.grid, self.grid):
            features = nn.functional.interpolate(features, (self.grid, self.grid), mode="bilinear")
        return cast("Tensor", self.head(features))
