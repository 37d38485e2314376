"""The vessel network's samples and loss: phantoms as other cameras take them, and the vessels that are still seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import Dataset

from fundusgate.codes import CauseCode
from fundusgate.phantom.faults import degrade, degrade_locally
from fundusgate.training.augmentation import another_camera, draw_camera, electronics, reframe
from fundusgate.visibility.vessel_view import SIDE, vessel_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.visibility.phantom_bank import PhantomBank

WHOLE = (CauseCode.FOCUS, CauseCode.MOTION, CauseCode.MEDIA_OPACITY, CauseCode.TOO_DARK, CauseCode.TOO_BRIGHT)
"""Faults of the whole photograph among the samples."""


class VesselSamples(Dataset[dict[str, Tensor]]):
    """Item ``i`` is a function of (seed, i) alone: the view, the visible vessels 0..1, and the mask.

    Six of ten have a fault, mostly local ones; vessels that it hides are no longer asked for. A network that fills
    in what it cannot see would be no witness of what can be seen.

    Args:
        bank: Phantoms with their vessels.
        seed: Of everything random.
    """

    def __init__(self, bank: PhantomBank, seed: int) -> None:
        self._bank, self._seed = bank, seed

    def __len__(self) -> int:
        return 2**31

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        cv2.setNumThreads(0)
        rng = np.random.default_rng((self._seed, index))
        rgb, inside, vessels = reframed(self._bank, int(rng.integers(len(self._bank))), rng)
        camera = draw_camera(rng)
        rgb = another_camera(rgb, inside, camera, rng)
        draw, amount, fault = rng.random(), float(rng.uniform(0.2, 1.0)), int(rng.integers(2**31))
        if draw < 0.6:
            code = WHOLE[int(rng.integers(len(WHOLE)))]
            result = (
                degrade_locally(rgb, inside, fault, amount)
                if draw < 0.45
                else degrade(rgb, inside, code, amount, fault)
            )
            rgb = result.rgb
            vessels = vessels * ~result.hidden
        view = vessel_view(electronics(rgb, inside, camera, rng), inside)
        return {
            "view": torch.from_numpy(view),
            "vessels": torch.from_numpy(vessels * inside)[None],
            "inside": torch.from_numpy(inside)[None],
        }


def reframed(
    bank: PhantomBank, which: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.float32]]:
    """One eye of ``bank`` as another hand would frame it: pixels, mask, vessels 0..1, all 256 pixels a side."""
    seed = int(rng.integers(2**31))
    # The same chance twice moves picture and vessels alike.
    rgb, inside = reframe(bank.rgb[which], bank.inside[which], SIDE, np.random.default_rng(seed))
    coverage = np.dstack([bank.vessels[which]] * 3)
    moved, _ = reframe(coverage, bank.inside[which], SIDE, np.random.default_rng(seed))
    return rgb, inside, np.asarray(moved[..., 0] / 255, np.float32)


def overlap_loss(logits: Tensor, target: Tensor, inside: Tensor) -> dict[str, Tensor]:
    """Cross-entropy and soft Dice (Milletari et al., 3DV 2016) against coverage, inside the mask.

    Args:
        logits: B x 1 x S x S.
        target: Same shape, 0..1.
        inside: Same shape, boolean.
    """
    area = inside.float()
    entropy = functional.binary_cross_entropy_with_logits(logits, target, weight=area, reduction="sum")
    told = torch.sigmoid(logits) * area
    shared = (told * target).sum()
    dice = 1 - (2 * shared + 1) / (told.square().sum() + (target * area).square().sum() + 1)
    return {"entropy": entropy / area.sum().clamp(min=1), "dice": 0.3 * dice}


def vessel_loss(network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Of one batch of `VesselSamples`."""
    logits = network(batch["view"].contiguous(memory_format=torch.channels_last)).float()
    return overlap_loss(logits, batch["vessels"], batch["inside"])
