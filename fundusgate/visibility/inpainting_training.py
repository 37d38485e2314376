"""The inpainting network's samples and loss: vessel maps of good photographs with holes, and the maps without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from fundusgate.visibility.vessel_training import overlap_loss
from fundusgate.visibility.vessel_view import SIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CELLS = 16


class InpaintingSamples(Dataset[dict[str, Tensor]]):
    """Item ``i`` is a function of (seed, i) alone: a map with holes beside its mask, and the whole map.

    The network is not told where the holes are: on a real photograph nobody is. It must find, from the vessels
    around, where some are missing, and give back everything else as it came. One map in six has no hole.

    Args:
        maps: S x S x 2 uint8 each, 256 a side: the vessel map, 0..255, and the mask, 0 or 255.
        seed: Of everything random.
    """

    def __init__(self, maps: Sequence[NDArray[np.uint8]], seed: int) -> None:
        self._maps, self._seed = maps, seed

    def __len__(self) -> int:
        return 2**31

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        cv2.setNumThreads(0)
        rng = np.random.default_rng((self._seed, index))
        vessels, inside = moved(self._maps[int(rng.integers(len(self._maps)))], rng)
        left = holes(rng) if rng.random() < 5 / 6 else np.ones((SIDE, SIDE), np.float32)
        return {
            "seen": torch.from_numpy(np.stack([vessels * left, inside.astype(np.float32)])),
            "whole": torch.from_numpy(vessels)[None],
            "inside": torch.from_numpy(inside)[None],
        }


def moved(planes: NDArray[np.uint8], rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """A map and its mask, turned, mirrored and scaled a little; vessels 0..1."""
    matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), rng.uniform(-30, 30), rng.uniform(0.93, 1.1))
    turned = np.asarray(cv2.warpAffine(planes, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR))
    if rng.random() < 0.5:
        turned = turned[:, ::-1]
    if rng.random() < 0.5:
        turned = turned[::-1]
    inside = np.ascontiguousarray(turned[..., 1] > 127)
    return np.asarray(turned[..., 0] / 255 * inside, np.float32), inside


def holes(rng: np.random.Generator) -> NDArray[np.float32]:
    """How much is left of a vessel map, S x S, 0..1: soft-edged ellipses, a side, or scattered cells are (nearly) gone.

    Args:
        rng: Source of chance.
    """
    left = np.ones((SIDE, SIDE), np.float32)
    ys, xs = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE - 0.5
    kind = rng.random()
    # Something often shines through: a wide vessel in a haze, a third of its contrast in a shadow.
    faint = float(rng.uniform(0, 0.35)) if rng.random() < 0.4 else 0.0
    if kind < 0.6:
        for _ in range(int(rng.integers(1, 5))):
            angle, radii = rng.uniform(0, np.pi), rng.uniform(0.06, 0.34, 2)
            x, y = rng.uniform(-0.42, 0.42, 2)
            u = ((xs - x) * np.cos(angle) + (ys - y) * np.sin(angle)) / radii[0]
            v = ((ys - y) * np.cos(angle) - (xs - x) * np.sin(angle)) / radii[1]
            soft = rng.uniform(0.05, 0.4)
            left = np.minimum(left, np.clip((np.hypot(u, v) - 1) / soft, 0, 1).astype(np.float32))
    elif kind < 0.8:
        angle = rng.uniform(0, 2 * np.pi)
        along = xs * np.cos(angle) + ys * np.sin(angle)
        left = np.clip((rng.uniform(-0.15, 0.4) - along) / rng.uniform(0.02, 0.15), 0, 1).astype(np.float32)
    else:
        kept = (rng.random((CELLS, CELLS)) > rng.uniform(0.1, 0.6)).astype(np.float32)
        left = np.asarray(cv2.resize(kept, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST), np.float32)
    return faint + (1 - faint) * left


def inpainting_loss(network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Of one batch of `InpaintingSamples`."""
    logits = network(batch["seen"].contiguous(memory_format=torch.channels_last)).float()
    return overlap_loss(logits, batch["whole"], batch["inside"])
