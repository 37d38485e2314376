"""YOLO11's detectors, for their operations and bytes alone: random weights, written from its published description.

Ultralytics publishes what they take on Orin in every precision (docs.ultralytics.com/guides/nvidia-jetson), and no
network of this field has been timed there. Sizes and repeats are those of its model table (docs.ultralytics.com/models/
yolo11); the number of parameters of every size is held to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

SIDE = 640
CLASSES = 80
BINS = 16
"""In which a side of a box is told."""
STRIDES = (8, 16, 32)


@dataclass(frozen=True)
class Scale:
    """One of the five sizes."""

    width: float
    most: int
    """Channels before they are multiplied by the width."""
    repeats: int
    deep: bool
    """Whether every stage has the deeper kind of block; else only the last two of the backbone and the last."""
    parameters: int
    """As published."""

    def channels(self, count: int) -> int:
        """Of a layer that the largest network gives `count`, in steps of eight."""
        return int(-(-min(count, self.most) * self.width // 8) * 8)


SCALES = {
    "n": Scale(0.25, 1024, 1, deep=False, parameters=2_624_080),
    "s": Scale(0.50, 1024, 1, deep=False, parameters=9_458_752),
    "m": Scale(1.00, 512, 1, deep=True, parameters=20_114_688),
    "l": Scale(1.00, 512, 2, deep=True, parameters=25_372_160),
    "x": Scale(1.50, 512, 2, deep=True, parameters=56_966_176),
}


def convolve(
    before: int, after: int, side: int = 1, stride: int = 1, groups: int = 1, *, act: bool = True
) -> nn.Module:
    """Convolution, batch normalisation and, where wanted, SiLU."""
    parts: list[nn.Module] = [
        nn.Conv2d(before, after, side, stride, side // 2, groups=groups, bias=False),
        nn.BatchNorm2d(after),
    ]
    return nn.Sequential(*parts, nn.SiLU()) if act else nn.Sequential(*parts)


class Residual(nn.Module):
    """Two 3x3 convolutions beside the input."""

    def __init__(self, width: int, share: float) -> None:
        super().__init__()
        inner = int(width * share)
        self.change = nn.Sequential(convolve(width, inner, 3), convolve(inner, width, 3))

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to as many places."""
        return x + self.change(x)


class Deeper(nn.Module):
    """Two residual blocks on one half of the channels, beside the other half."""

    def __init__(self, width: int) -> None:
        super().__init__()
        half = width // 2
        self.one = nn.Sequential(convolve(width, half), Residual(half, 1.0), Residual(half, 1.0))
        self.other = convolve(width, half)
        self.join = convolve(2 * half, width)

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to as many places."""
        return self.join(torch.cat((self.one(x), self.other(x)), 1))


class Stage(nn.Module):
    """Split in two, change one half again and again, keep every step, join."""

    def __init__(self, before: int, after: int, repeats: int, share: float, *, deep: bool) -> None:
        super().__init__()
        inner = int(after * share)
        self.split = convolve(before, 2 * inner)
        self.steps = nn.ModuleList(Deeper(inner) if deep else Residual(inner, 0.5) for _ in range(repeats))
        self.join = convolve((2 + repeats) * inner, after)

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to as many places."""
        kept = list(self.split(x).chunk(2, 1))
        for step in self.steps:
            kept.append(step(kept[-1]))
        return self.join(torch.cat(kept, 1))


class Pools(nn.Module):
    """Three poolings one after the other, all of them kept."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.narrow = convolve(width, width // 2)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.join = convolve(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to as many places."""
        kept = [self.narrow(x)]
        for _ in range(3):
            kept.append(self.pool(kept[-1]))
        return self.join(torch.cat(kept, 1))


class Attention(nn.Module):
    """Attention between all places of the smallest map, and what follows it in a transformer's block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // 64
        self.value = width // self.heads
        self.key = self.value // 2
        self.qkv = convolve(width, width + 2 * self.key * self.heads, act=False)
        self.place = convolve(width, width, 3, groups=width, act=False)
        self.project = convolve(width, width, act=False)
        self.feed = nn.Sequential(convolve(width, 2 * width), convolve(2 * width, width, act=False))

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to as many places."""
        batch, width, rows, columns = x.shape
        together = self.qkv(x).view(batch, self.heads, 2 * self.key + self.value, rows * columns)
        query, key, value = together.split((self.key, self.key, self.value), 2)
        likeness = (query.transpose(-2, -1) @ key * self.key**-0.5).softmax(-1)
        seen = (value @ likeness.transpose(-2, -1)).view(batch, width, rows, columns)
        x = x + self.project(seen + self.place(value.reshape(batch, width, rows, columns)))
        return x + self.feed(x)


class Attentive(nn.Module):
    """Attention on one half of the channels."""

    def __init__(self, width: int, repeats: int) -> None:
        super().__init__()
        self.split = convolve(width, width)
        self.blocks = nn.Sequential(*(Attention(width // 2) for _ in range(repeats)))
        self.join = convolve(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to as many places."""
        one, other = self.split(x).chunk(2, 1)
        return self.join(torch.cat((one, self.blocks(other)), 1))


class Detect(nn.Module):
    """Boxes and classes of three maps."""

    places: Tensor
    strides: Tensor

    def __init__(self, widths: tuple[int, int, int]) -> None:
        super().__init__()
        box, kind = max(16, widths[0] // 4, 4 * BINS), max(widths[0], min(CLASSES, 100))
        self.boxes = nn.ModuleList(
            nn.Sequential(convolve(width, box, 3), convolve(box, box, 3), nn.Conv2d(box, 4 * BINS, 1))
            for width in widths
        )
        self.classes = nn.ModuleList(
            nn.Sequential(
                convolve(width, width, 3, groups=width),
                convolve(width, kind),
                convolve(kind, kind, 3, groups=kind),
                convolve(kind, kind),
                nn.Conv2d(kind, CLASSES, 1),
            )
            for width in widths
        )
        self.mean = nn.Conv2d(BINS, 1, 1, bias=False)
        places, strides = [], []
        for stride in STRIDES:
            middles = torch.arange(SIDE // stride) + 0.5
            rows, columns = torch.meshgrid(middles, middles, indexing="ij")
            places.append(torch.stack((columns.flatten(), rows.flatten())))
            strides.append(torch.full((1, len(middles) ** 2), float(stride)))
        self.register_buffer("places", torch.cat(places, 1)[None])
        self.register_buffer("strides", torch.cat(strides, 1)[None])

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Three maps to 1 x 84 x 8400."""
        sides = torch.cat([box(x).flatten(2) for box, x in zip(self.boxes, maps, strict=True)], 2)
        kinds = torch.cat([kind(x).flatten(2) for kind, x in zip(self.classes, maps, strict=True)], 2)
        bins = sides.view(1, 4, BINS, -1).transpose(1, 2).softmax(1)
        near, far = self.mean(bins).view(1, 4, -1).chunk(2, 1)
        first, last = self.places - near, self.places + far
        return torch.cat((torch.cat(((first + last) / 2, last - first), 1) * self.strides, kinds.sigmoid()), 1)


class Yolo11(nn.Module):
    """1 x 3 x 640 x 640 to 1 x 84 x 8400."""

    def __init__(self, scale: Scale) -> None:
        super().__init__()
        a, b, c, d, e = (scale.channels(count) for count in (64, 128, 256, 512, 1024))
        deep, again = scale.deep, scale.repeats
        self.to_p3 = nn.Sequential(
            convolve(3, a, 3, 2),
            convolve(a, b, 3, 2),
            Stage(b, c, again, 0.25, deep=deep),
            convolve(c, c, 3, 2),
            Stage(c, d, again, 0.25, deep=deep),
        )
        self.to_p4 = nn.Sequential(convolve(d, d, 3, 2), Stage(d, d, again, 0.5, deep=True))
        self.to_p5 = nn.Sequential(
            convolve(d, e, 3, 2), Stage(e, e, again, 0.5, deep=True), Pools(e), Attentive(e, again)
        )
        self.up = nn.Upsample(scale_factor=2.0)
        self.p4 = Stage(e + d, d, again, 0.5, deep=deep)
        self.p3 = Stage(2 * d, c, again, 0.5, deep=deep)
        self.down4, self.n4 = convolve(c, c, 3, 2), Stage(c + d, d, again, 0.5, deep=deep)
        self.down5, self.n5 = convolve(d, d, 3, 2), Stage(d + e, e, again, 0.5, deep=True)
        self.detect = Detect((c, d, e))

    def forward(self, image: Tensor) -> Tensor:
        """1 x 3 x 640 x 640 to boxes and classes of 8,400 places."""
        third = self.to_p3(image)
        fourth = self.to_p4(third)
        fifth = self.to_p5(fourth)
        wide4 = self.p4(torch.cat((self.up(fifth), fourth), 1))
        wide3 = self.p3(torch.cat((self.up(wide4), third), 1))
        narrow4 = self.n4(torch.cat((self.down4(wide3), wide4), 1))
        narrow5 = self.n5(torch.cat((self.down5(narrow4), fifth), 1))
        return self.detect([wide3, narrow4, narrow5])
