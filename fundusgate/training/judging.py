"""Weights looked at as the camera will use them: photographs framed by the runtime, one network, fp32, no bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.field_cut import visible_field
from fundusgate.runtime.prepared import CELLS
from fundusgate.runtime.preprocessing import frame_disc, inside_cells
from fundusgate.training.samples import normalised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import nn

    from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge

MAP_SIDE = 512
SCORE_SIDE = 384
MAP_NETWORK = "efiqa-cp-edge"
SCORE_NETWORKS = ("fthnet-s", "fthnet-l")
BATCH = 8
"""Photographs a pass; more gains nothing on a processor and costs memory."""


@dataclass(frozen=True, eq=False)
class FramedPhotograph:
    """One photograph as both networks take it.

    Attributes:
        map_input: 512 x 512 x 3 uint8, RGB.
        score_input: 384 x 384 x 3 uint8, RGB.
        cells: (16, 16) bool, the cells in the visible field.
    """

    map_input: NDArray[np.uint8]
    score_input: NDArray[np.uint8]
    cells: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MapOpinion:
    """What a map network says of one photograph.

    Attributes:
        degraded: (16, 16) float32, 0..1, 1 = anatomy cannot be seen.
        cells: (16, 16) bool, the cells in the visible field.
        retina: Probability that there is a retina, 0..1.
    """

    degraded: NDArray[np.float32]
    cells: NDArray[np.bool_]
    retina: float

    @property
    def hidden(self) -> float:
        """Mean of the map inside the field, 0..1; 1 where no cell lies inside."""
        return float(self.degraded[self.cells].mean()) if self.cells.any() else 1.0


def framed_photograph(rgb: NDArray[np.uint8]) -> FramedPhotograph:
    """Find the disc and frame it for both networks, as the runtime does.

    Args:
        rgb: H x W x 3 uint8, RGB.
    """
    disc = find_disc(rgb)
    framed = frame_disc(rgb, disc, MAP_SIDE)
    return FramedPhotograph(
        map_input=framed.rgb,
        score_input=frame_disc(rgb, disc, SCORE_SIDE).rgb,
        cells=inside_cells(visible_field(framed.rgb, framed.inside), CELLS),
    )


@torch.inference_mode()
def map_opinions(network: nn.Module, photographs: Sequence[FramedPhotograph]) -> list[MapOpinion]:
    """The map network's word on each photograph.

    Args:
        network: An ``efiqa-cp-edge`` in evaluation mode.
        photographs: As many as you like; they are passed ``BATCH`` at a time.
    """
    edge = cast("EfiqaCpEdge", network)
    told = []
    for start in range(0, len(photographs), BATCH):
        batch = photographs[start : start + BATCH]
        outputs = edge.outputs(_batch([each.map_input for each in batch]))
        maps = outputs.map_logits.float().sigmoid()[:, 0].numpy()
        retinas = outputs.retina_logit.float().sigmoid()[:, 0].tolist()
        told += [
            MapOpinion(degraded, each.cells, retina)
            for degraded, each, retina in zip(maps, batch, retinas, strict=True)
        ]
    return told


@torch.inference_mode()
def score_opinions(network: nn.Module, photographs: Sequence[FramedPhotograph]) -> list[float]:
    """The score network's mean opinion score of each photograph, high is good, on 0..100 but not clipped to it.

    Args:
        network: An FTHNet in evaluation mode.
        photographs: As many as you like; they are passed ``BATCH`` at a time.
    """
    told: list[float] = []
    for start in range(0, len(photographs), BATCH):
        batch = [each.score_input for each in photographs[start : start + BATCH]]
        told += [100 * score for score in network(_batch(batch)).float().flatten().tolist()]
    return told


def _batch(pixels: Sequence[NDArray[np.uint8]]) -> torch.Tensor:
    return normalised(torch.from_numpy(np.stack(pixels)))
