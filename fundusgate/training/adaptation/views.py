"""Many views of each photograph, made once, and what the frozen part of the map's network answers to them.

Fifty photographs cannot teach filters. They can teach the last block what this camera's readable cells look like, so
everything before it is kept as it is and worked out once a view: a training of the rest then costs seconds, and
cross-validation becomes affordable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import torch

from fundusgate.phantom import CAMERAS, not_fundus, render
from fundusgate.runtime.prepared import CELLS
from fundusgate.runtime.preprocessing import inside_cells
from fundusgate.training.augmentation import Camera, draw_jpeg
from fundusgate.training.judging import BATCH, MAP_SIDE
from fundusgate.training.photographs import Quality
from fundusgate.training.samples import MAP_LOCAL_SHARE, View, cell_labels, degraded, normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge
    from fundusgate.training.adaptation.camera import CameraPhotograph

VIEWS_IN_ALL = 480
MOST_VIEWS = 8
"""Of one photograph; fewer where there are many photographs."""
MEMORY = 24
"""Phantom eyes, and as many pictures without a retina, that hold what the network knew before."""


@dataclass(frozen=True, eq=False)
class Views:
    """Views with what is known of their cells; N of them.

    Attributes:
        features: N x C x 16 x 16 float16, before the last block.
        owner: N, the photograph's place; -1 for what is remembered.
        positive: N x 16 x 16 bool, cells that a made fault hides.
        untouched: N x 16 x 16 bool, cells of a readable photograph that nothing hides.
        inside: N x 16 x 16 bool.
        level: N, 0 reject, 1 usable, 2 good, -1 for what is remembered or had a fault put on it.
        map_before: N x 16 x 16 float, logits of the weights that are adapted.
        retina_before: N float, the same.
    """

    features: Tensor
    owner: Tensor
    positive: Tensor
    untouched: Tensor
    inside: Tensor
    level: Tensor
    map_before: Tensor
    retina_before: Tensor

    def of(self, places: Sequence[int]) -> Views:
        """The views of some photographs."""
        return self.at(torch.nonzero(torch.isin(self.owner, torch.tensor(list(places)))).flatten())

    def at(self, rows: Tensor) -> Views:
        """Some of the views."""
        return Views(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def frozen_features(network: EfiqaCpEdge, x: Tensor) -> Tensor:
    """Everything before the last block: B x 3 x 512 x 512 normalised to B x 160 x 16 x 16."""
    return cast("Tensor", network.stage4[0](network.down3(network.fine_features(x))))


def last_block(network: EfiqaCpEdge, features: Tensor) -> tuple[Tensor, Tensor]:
    """The rest: map logits B x 16 x 16 and retina logits B."""
    outputs = network.answer(network.stage4[1](features))
    return outputs.map_logits[:, 0], outputs.retina_logit[:, 0]


def camera_views(
    network: EfiqaCpEdge,
    photographs: Sequence[CameraPhotograph],
    seed: int,
    tell: Callable[[], None] = lambda: None,
) -> Views:
    """Each photograph as it is and turned; readable ones with made faults in half their views.

    Args:
        network: The weights that are adapted.
        photographs: Of one camera.
        seed: Of everything random.
        tell: Called after each view.
    """
    return _answered(network, _counted(drawn_views(photographs, seed), tell))


def remembered_views(network: EfiqaCpEdge, seed: int, count: int = MEMORY) -> Views:
    """Phantom eyes with made faults, and pictures without a retina: what must not be forgotten.

    Args:
        network: The weights that are adapted.
        seed: Of the eyes and pictures.
        count: Of each kind.
    """
    return _answered(network, _remembered(seed, count))


@dataclass(frozen=True, eq=False)
class DrawnView:
    """A view before any network: what it shows and what is known of it."""

    view: View
    rgb: NDArray[np.uint8]
    owner: int
    level: int
    readable: bool


_LEVELS = {Quality.REJECT: 0, Quality.USABLE: 1, Quality.GOOD: 2}


def views_each(photographs: Sequence[CameraPhotograph]) -> int:
    """Views of each photograph."""
    return max(2, min(MOST_VIEWS, VIEWS_IN_ALL // len(photographs)))


def drawn_views(photographs: Sequence[CameraPhotograph], seed: int) -> Iterator[DrawnView]:
    """Every view of every photograph in turn, the untouched one first."""
    cv2.setNumThreads(0)
    each = views_each(photographs)
    for place, photograph in enumerate(photographs):
        good = photograph.quality is Quality.GOOD
        for number in range(each):
            rng = np.random.default_rng([seed, place, number])
            view = _turned(photograph, rng) if number else _as_taken(photograph)
            faulty = good and number % 2 == 1
            if faulty:
                view = degraded(view, rng, MAP_LOCAL_SHARE)
            rgb = view.taken(rng) if number else view.rgb
            yield DrawnView(view, rgb, place, -1 if faulty else _LEVELS[photograph.quality], good)


def _as_taken(photograph: CameraPhotograph) -> View:
    field = photograph.field
    return View(photograph.framed.map_input, field, np.zeros_like(field), 0.0)


def _turned(photograph: CameraPhotograph, rng: np.random.Generator) -> View:
    """Turned, mirrored, a little larger or smaller, a little brighter or darker: the same camera, another eye."""
    middle = (MAP_SIDE - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), rng.uniform(-20, 20), rng.uniform(0.96, 1.06))
    field = photograph.field.astype(np.uint8)
    rgb = cv2.warpAffine(photograph.framed.map_input, matrix, (MAP_SIDE, MAP_SIDE), flags=cv2.INTER_LINEAR)
    inside = cv2.warpAffine(field, matrix, (MAP_SIDE, MAP_SIDE), flags=cv2.INTER_NEAREST) > 0
    if rng.random() < 0.5:
        rgb, inside = rgb[:, ::-1], inside[:, ::-1]
    lit = np.clip(rgb.astype(np.float32) * rng.uniform(0.9, 1.1), 0, 255).astype(np.uint8)
    lit[~inside] = 0
    same = Camera(jpeg=draw_jpeg(rng))
    return View(np.ascontiguousarray(lit), np.ascontiguousarray(inside), np.zeros_like(inside), 0.0, camera=same)


def _remembered(seed: int, count: int) -> Iterator[DrawnView]:
    cv2.setNumThreads(0)
    names = sorted(CAMERAS)
    for number in range(count):
        rng = np.random.default_rng([seed, number, 1])
        phantom = render(seed + number, MAP_SIDE, names[number % len(names)])
        view = View(phantom.rgb, phantom.field, np.zeros_like(phantom.field), 0.0)
        view = degraded(view, rng, MAP_LOCAL_SHARE) if number % 3 else view
        yield DrawnView(view, view.rgb, -1, -1, readable=True)
        other = not_fundus(seed + number, MAP_SIDE)
        everywhere = np.ones((MAP_SIDE, MAP_SIDE), np.bool_)
        yield DrawnView(View(other, everywhere, everywhere, 1.0), other, -1, -1, readable=False)


def _counted(drawn: Iterable[DrawnView], tell: Callable[[], None]) -> Iterator[DrawnView]:
    for each in drawn:
        yield each
        tell()


@torch.inference_mode()
def _answered(network: EfiqaCpEdge, drawn: Iterable[DrawnView]) -> Views:
    rows: list[list[Tensor]] = [[] for _ in Views.__dataclass_fields__]
    batch: list[DrawnView] = []

    def flush() -> None:
        features = frozen_features(network, normalised(torch.from_numpy(np.stack([each.rgb for each in batch]))))
        logits, retinas = last_block(network, features)
        labels = [cell_labels(each.view, CELLS) for each in batch]
        known = (
            features.half().contiguous(),
            torch.tensor([each.owner for each in batch]),
            _stacked([positive for positive, _ in labels]),
            _stacked([untouched & each.readable for (_, untouched), each in zip(labels, batch, strict=True)]),
            _stacked([inside_cells(each.view.inside, CELLS) for each in batch]),
            torch.tensor([each.level for each in batch]),
            logits.float(),
            retinas.float(),
        )
        for column, values in zip(rows, known, strict=True):
            column.append(values)
        batch.clear()

    for each in drawn:
        batch.append(each)
        if len(batch) == BATCH:
            flush()
    if batch:
        flush()
    return Views(*(torch.cat(column) for column in rows))


def _stacked(masks: Sequence[NDArray[np.bool_]]) -> Tensor:
    return torch.from_numpy(np.stack(masks))
