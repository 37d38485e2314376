"""Edge networks of other widths and depths, from the same layers, all of which INT8 likes."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from fundusgate.models.efiqa_cp_edge import CAP, WIDTHS, ConvUnit, EfiqaCpEdge, ResidualBlock
from fundusgate.training.map_recipe import MapTraining

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_GMAC = 1.5
"""Of one photograph at 512 px."""
MOST_PARAMETERS = 4_000_000


@dataclass(frozen=True)
class Shape:
    """What makes one network of the family another.

    Attributes:
        widths: Channels after each of the five halvings; multiples of 16, as tensor cores take them.
        depths: Residual blocks at 64, 32 and 16 cells a side; every second one sees twice as far.
    """

    widths: tuple[int, int, int, int, int]
    depths: tuple[int, int, int]

    @property
    def name(self) -> str:
        """Short, and good for a folder."""
        return f"w{'-'.join(map(str, self.widths))}-d{'-'.join(map(str, self.depths))}"


SHIPPED = Shape(cast("tuple[int, int, int, int, int]", WIDTHS), (1, 2, 2))


class EdgeVariant(EfiqaCpEdge):
    """The edge network with other widths and depths; the shipped shape has the shipped parameters."""

    def __init__(self, shape: Shape) -> None:
        nn.Module.__init__(self)
        half, quarter, eighth, sixteenth, cell = shape.widths
        self.shape = shape
        self.stem = nn.Sequential(ConvUnit(3, half, stride=2, cap=CAP), ConvUnit(half, quarter, stride=2, cap=CAP))
        self.stage1 = ConvUnit(quarter, quarter, cap=CAP)
        self.down1 = ConvUnit(quarter, eighth, stride=2)
        # A single block stands bare there, as in the shipped network, so that its weights fit.
        self.stage2 = ResidualBlock(eighth) if shape.depths[0] == 1 else _blocks(eighth, shape.depths[0])
        self.down2 = ConvUnit(eighth, sixteenth, stride=2)
        self.stage3 = _blocks(sixteenth, shape.depths[1])
        self.down3 = ConvUnit(sixteenth, cell, stride=2)
        self.stage4 = _blocks(cell, shape.depths[2])
        self.context = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(cell, cell, 1), nn.ReLU(inplace=True))
        self.map_head = nn.Conv2d(cell, 1, 1)
        self.retina_head = nn.Conv2d(cell, 1, 1)


def _blocks(width: int, depth: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(width, dilation=1 + place % 2) for place in range(depth)))


class VariantTraining(MapTraining):
    """A variant with the recipe's training-only question about vessels."""

    def __init__(self, network: EdgeVariant) -> None:
        nn.Module.__init__(self)
        self.network = network
        self.vessels = nn.Sequential(nn.Conv2d(network.shape.widths[3], 8, 1), nn.PixelShuffle(2))


@dataclass(frozen=True)
class Cost:
    """Parameters, and multiplications of one photograph."""

    parameters: int
    gmac: float

    @property
    def within(self) -> bool:
        """Whether the budget allows it."""
        return self.parameters <= MOST_PARAMETERS and self.gmac <= MOST_GMAC


def cost_of(shape: Shape) -> Cost:
    """Counted on the meta device: no weights, no arithmetic."""
    with torch.device("meta"):
        network = EdgeVariant(shape).eval()
        image = torch.zeros(1, 3, network.input_size, network.input_size)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Cost(parameters, counter.get_total_flops() / 2e9)


def shapes_within(count: int, seed: int) -> list[Shape]:
    """Shapes that the budget allows and that use at least half of its multiplications, the shipped one first.

    Args:
        count: How many.
        seed: Of the choice.
    """
    every = list(_every())
    random.Random(seed).shuffle(every)
    chosen = [SHIPPED]
    for shape in every:
        if len(chosen) >= count:
            break
        cost = cost_of(shape)
        if shape not in chosen and cost.within and cost.gmac >= MOST_GMAC / 2:
            chosen.append(shape)
    return chosen[:count]


def _every() -> Iterator[Shape]:
    first, second = (16, 32), (32, 48)
    third, fourth, last = (48, 64, 80), (64, 96, 128), (96, 128, 160, 192)
    for widths in itertools.product(first, second, third, fourth, last):
        if list(widths) == sorted(widths):
            for depths in itertools.product((1, 2), (1, 2, 3), (1, 2, 3)):
                yield Shape(widths, depths)
