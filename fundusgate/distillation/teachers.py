"""The published networks as teachers: asked once about each view, in fp32."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import torch
from torch.nn import functional

from fundusgate.export.specs import FTHNET_RESIZE, spec_of
from fundusgate.models import build
from fundusgate.models.dinov3 import FEATURES, PhotographMap, random_backbone, read_backbone
from fundusgate.models.weights import read_card
from fundusgate.runtime.manifest import Framing
from fundusgate.runtime.prepared import CELLS
from fundusgate.runtime.preprocessing import frame_whole
from fundusgate.training.judging import SCORE_SIDE
from fundusgate.training.samples import normalised

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from fundusgate.models.fthnet import FTHNet

TEACHERS = {"efiqa-cp-edge": "efiqa-cp", "fthnet-s": "fthnet-l"}
"""Who teaches whom."""
PROJECTED = 64
"""Numbers that stand for a cell's features: a fixed random projection keeps the angles between cells (Achlioptas,
"Database-friendly random projections", JCSS 66:671, 2003) and a sixteenth of the room."""
PROJECTION_SEED = 20260915


class TeacherError(ValueError):
    """A teacher that cannot be had; the message says what to give."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What a teacher says of one view; None where it has no such output.

    Attributes:
        map_logits: (16, 16) float32, high = degraded.
        features: (64, 16, 16) float32, projected.
        score: Mean opinion score, 0..100, high is good.
    """

    map_logits: NDArray[np.float32] | None = None
    features: NDArray[np.float32] | None = None
    score: float | None = None


class Teacher(ABC):
    """A published network that is asked.

    Attributes:
        name: In `fundusgate.models`.
        side: Of the square view that it is shown, pixels.
        key: Tells its weights and its input apart from others'.
        told: For the card of those that it taught.
    """

    def __init__(self, name: str, side: int, key: str, told: str) -> None:
        self.name, self.side, self.key, self.told = name, side, key, told

    def answer(self, rgb: NDArray[np.uint8]) -> Answer:
        """Its word on one view.

        Args:
            rgb: side x side x 3 uint8, RGB, a framed disc.

        Raises:
            ValueError: The view has another side.
        """
        if rgb.shape != (self.side, self.side, 3):
            raise ValueError(f"{self.name} is shown {self.side} x {self.side} pixels here, not {rgb.shape}")
        with torch.inference_mode():
            return self._answer(rgb)

    @abstractmethod
    def _answer(self, rgb: NDArray[np.uint8]) -> Answer: ...


class MapTeacher(Teacher):
    """EFIQA-CP: a frozen DINOv3 ViT-L/16 and the published context network.

    Args:
        context: Weights of the context network; None for random ones.
        backbone: Folder of the backbone's weights; None for random ones.
        side: Of the photograph, pixels: 1024 as published, or smaller in steps of 16 (its features are then stretched).
        seed: Of random weights.

    Raises:
        CheckpointError: Weights do not fit.
        ExportError: It takes no such side.
    """

    def __init__(self, context: Path | None, backbone: Path | None, side: int, seed: int = 1) -> None:
        grid = spec_of("efiqa-cp", side).grid
        torch.manual_seed(seed)
        body = random_backbone() if backbone is None else read_backbone(backbone)
        self._network = PhotographMap(body, build("efiqa-cp-context", context), grid).eval()
        self._grid = grid or side // 16
        if context is None or backbone is None:
            said, key = f"efiqa-cp with random weights (seed {seed}), which teaches nothing", f"random-{seed}"
        else:
            card = read_card(context, backbone)
            said, key = f"efiqa-cp {card.version}", f"{card.sha256[:16]}-{(card.backbone_sha256 or '')[:16]}"
        super().__init__("efiqa-cp", side, f"efiqa-cp-{side}-{key}", f"{said} at {side} px")
        generator = torch.Generator().manual_seed(PROJECTION_SEED)
        self._projection = torch.randn(PROJECTED, FEATURES, generator=generator) * PROJECTED**-0.5

    def _answer(self, rgb: NDArray[np.uint8]) -> Answer:
        features = self._network.features(normalised(torch.from_numpy(rgb[None])).contiguous())
        stretched = features
        if features.shape[2] != self._grid:
            stretched = functional.interpolate(features, (self._grid, self._grid), mode="bilinear")
        logits = cast("Tensor", self._network.head(stretched))[0, 0]
        cells = functional.adaptive_avg_pool2d(features, CELLS)[0]
        projected = torch.einsum("pc,chw->phw", self._projection, cells)
        return Answer(map_logits=logits.numpy(), features=projected.numpy())


class ScoreTeacher(Teacher):
    """FTHNet, framed as its weights say: a published checkpoint sees the whole square's middle.

    Args:
        weights: Of fthnet-l; None for random ones.
        seed: Of random weights.

    Raises:
        CheckpointError: Weights do not fit.
    """

    def __init__(self, weights: Path | None, seed: int = 1) -> None:
        torch.manual_seed(seed)
        self._network = cast("FTHNet", build("fthnet-l", weights))
        if weights is None:
            said, key, self._framing = (
                f"fthnet-l with random weights (seed {seed}), which teaches nothing",
                "random",
                Framing.DISC,
            )
            key = f"random-{seed}"
        else:
            card = read_card(weights)
            self._framing = Framing(card.framing or spec_of("fthnet-l").published_framing.value)
            said, key = f"fthnet-l {card.version}", f"{card.sha256[:16]}-{self._framing.value}"
        super().__init__("fthnet-l", FTHNET_RESIZE, f"fthnet-l-{key}", said)

    def _answer(self, rgb: NDArray[np.uint8]) -> Answer:
        if self._framing is Framing.FRAME:
            seen = frame_whole(rgb, FTHNET_RESIZE, SCORE_SIDE)
        else:
            seen = np.asarray(cv2.resize(rgb, (SCORE_SIDE, SCORE_SIDE), interpolation=cv2.INTER_AREA), np.uint8)
        return Answer(score=100 * float(self._network(normalised(torch.from_numpy(seen[None])))[0]))
