"""Training samples, made on the fly: item ``i`` is a function of (seed, i) alone, so that a run can be resumed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from fundusgate.codes import CauseCode
from fundusgate.phantom.faults import degrade, degrade_locally
from fundusgate.runtime.prepared import CELLS
from fundusgate.runtime.preprocessing import inside_cells
from fundusgate.training.augmentation import (
    PLAIN,
    Camera,
    Mask,
    Pixels,
    another_camera,
    camera_mask,
    draw_camera,
    electronics,
    recolour,
    reframe,
)
from fundusgate.training.photographs import Quality
from fundusgate.training.targets import ANCHORS, NOT_A_FUNDUS, degraded_target
from fundusgate.training.vessel_targets import SIDE, vessel_cells, vessel_map

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fundusgate.training.frames import FrameStore

HIDDEN_SHARE = 0.5
"""A cell is a pseudo-labelled positive when at least this share of it is hidden."""
UNTOUCHED_SHARE = 0.12
"""A cell is unlabelled when at most this share of it is hidden; between the two it counts as neither."""
MOSTLY_HIDDEN, FULL, FAINT = 0.8, 0.85, 0.3
"""Where more than the first share of the disc is hidden, by faults short of the second strength, a retina can still be
told by what is left (a disc's glow, the largest vessels), and that counts with the third weight. Beyond, nobody can."""
READABLE_FROM = 75.0
"""Target above which a photograph's untouched cells count as visible."""
MAP_LOCAL_SHARE = 0.8
"""Local faults among a map's: they alone teach where; from whole ones a network learns whether, by the mean of all."""
SCORE_LOCAL_SHARE = 0.55
VESSEL_CELLS = 64
"""Cells a side in which training asks for vessels."""
SCORE_CELLS = 12
"""Cells a side of FTHNet's last stage, where training asks which cells are hidden."""

WHOLE_FAULTS = (
    *(code for code in CauseCode if code not in (CauseCode.NOT_FUNDUS, CauseCode.UNKNOWN)),
    *(CauseCode.FOCUS, CauseCode.MOTION, CauseCode.MEDIA_OPACITY) * 2,
)
"""Faults of the whole photograph as often as they are drawn: what only lacks detail is the hardest to learn."""

MEAN = torch.tensor((0.485, 0.456, 0.406)) * 255
DEVIATION = torch.tensor((0.229, 0.224, 0.225)) * 255


def normalised(images: Tensor) -> Tensor:
    """B x H x W x 3 uint8 RGB to B x 3 x H x W float, ImageNet mean and deviation, channels last in memory."""
    return ((images.float() - MEAN) / DEVIATION).permute(0, 3, 1, 2)


@dataclass(frozen=True)
class View:
    """A photograph as another camera would have it, and perhaps a degraded copy of it.

    Attributes:
        rgb: S x S x 3 uint8, 0 outside.
        inside: S x S boolean.
        hidden: S x S boolean: where the degradation hides anatomy.
        strength: Of the degradation, 0..1; 0 when there is none.
        vessels: 256 x 256 float32, 0..1: the vessels before any camera or fault; None where nobody asks.
        camera: That it was taken with; its electronics come last, in ``taken``.
    """

    rgb: Pixels
    inside: Mask
    hidden: Mask
    strength: float
    vessels: NDArray[np.float32] | None = None
    camera: Camera = PLAIN

    def taken(self, rng: np.random.Generator) -> Pixels:
        """The pixels as the camera's electronics hand them over, S x S x 3, 0 outside."""
        return electronics(self.rgb, self.inside, self.camera, rng)


def undegraded(store: FrameStore, index: int, size: int, rng: np.random.Generator, *, vessels: bool = False) -> View:
    """Frame ``index`` as another camera would have taken it, with its vessels if asked."""
    frame = store[index]
    rgb, inside = reframe(frame.rgb, frame.inside, size, rng)
    seen = vessel_map(rgb, inside) if vessels else None
    camera = draw_camera(rng)
    none = np.zeros((size, size), np.bool_)
    return View(another_camera(rgb, inside, camera, rng), inside, none, 0.0, seen, camera)


def degraded(view: View, rng: np.random.Generator, local_share: float) -> View:
    """One or two faults on top of ``view``, ``local_share`` (0..1) of them local ones."""
    rgb, hidden, strength = view.rgb, view.hidden, view.strength
    for _ in range(1 if rng.random() < 0.7 else 2):
        amount = float(rng.uniform(0.15, 1.0))
        seed = int(rng.integers(2**31))
        if rng.random() < local_share:
            result = degrade_locally(rgb, view.inside, seed, amount)
        else:
            code = WHOLE_FAULTS[int(rng.integers(len(WHOLE_FAULTS)))]
            result = degrade(rgb, view.inside, code, amount, seed)
        rgb, hidden, strength = result.rgb, hidden | result.hidden, max(strength, amount)
    return replace(view, rgb=rgb, hidden=hidden, strength=strength)


def cell_labels(view: View, cells: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which cells of ``view`` are hidden, and which are untouched, both cells x cells and inside the disc.

    Half-hidden cells are neither: the boundary of a fault has no exact cell.
    """
    share = cv2.resize(view.hidden.astype(np.float32), (cells, cells), interpolation=cv2.INTER_AREA)
    inside = inside_cells(view.inside, cells)
    return np.asarray(share >= HIDDEN_SHARE) & inside, np.asarray(share <= UNTOUCHED_SHARE) & inside


def hidden_share(view: View) -> float:
    """Share of the disc that is hidden, 0..1."""
    area = int(view.inside.sum())
    return float((view.hidden & view.inside).sum()) / area if area else 1.0


def without_retina(pictures: Sequence[Pixels], size: int, rng: np.random.Generator) -> View:
    """A picture that is no fundus, bare or through a camera's round mask, at times in a fundus's colours."""
    picture = pictures[int(rng.integers(len(pictures)))]
    side = min(picture.shape[:2])
    crop = int(rng.uniform(0.4, 1.0) * side)
    top, left = int(rng.integers(side - crop + 1)), int(rng.integers(side - crop + 1))
    patch = np.ascontiguousarray(picture[top : top + crop, left : left + crop])
    rgb = np.asarray(
        cv2.resize(patch, (size, size), interpolation=cv2.INTER_AREA if crop > size else cv2.INTER_LINEAR), np.uint8
    )
    if rng.random() < 0.5:
        rgb = np.ascontiguousarray(rgb[:, ::-1])
    if rng.random() < 0.35:
        # A fundus's palette on another thing: colour alone must not pass for a retina.
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None] / 255
        tint = np.array([rng.uniform(150, 255), rng.uniform(60, 150), rng.uniform(15, 80)], np.float32)
        rgb = np.clip(grey * tint * rng.uniform(0.8, 1.6), 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        rgb = np.asarray(cv2.GaussianBlur(rgb, (0, 0), float(rng.uniform(2, 12))), np.uint8)
    inside = camera_mask(size, rng)
    camera = draw_camera(rng)
    rgb = recolour(rgb, inside, camera, rng)
    rgb[~inside] = 0
    return View(rgb, inside, inside, 1.0, camera=camera)


class MapSamples(Dataset[dict[str, Tensor]]):
    """For the map: image, cells inside, positive cells, vessels, and whether there is a retina.

    Args:
        store: Framed photographs.
        readable: Frames good enough for their untouched cells to serve as unlabelled ones.
        rejected: Frames that experts rejected, for the bag term.
        pictures: Pictures that are no fundus.
        seed: Of everything random.
        size: Side of the image, 512.
    """

    def __init__(
        self,
        store: FrameStore,
        readable: Sequence[int],
        rejected: Sequence[int],
        pictures: Sequence[Pixels],
        seed: int,
        size: int = 512,
    ) -> None:
        self._store, self._readable, self._rejected, self._pictures = store, readable, rejected, pictures
        self._seed, self._size = seed, size

    def __len__(self) -> int:
        return 2**31

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        cv2.setNumThreads(0)
        rng = np.random.default_rng((self._seed, index))
        draw = rng.random()
        bag, retina, weight = False, 1.0, 1.0
        if draw < 0.12:
            view = without_retina(self._pictures, self._size, rng)
            retina = 0.0
        elif draw < 0.27 and self._rejected:
            view = undegraded(self._store, _one(self._rejected, rng), self._size, rng)
            # Nobody can tell a retina in the worst rejects, so they say nothing about the second output.
            bag, weight = True, 0.0
        else:
            view = undegraded(self._store, _one(self._readable, rng), self._size, rng, vessels=True)
            if rng.random() < 0.8:
                view = degraded(view, rng, MAP_LOCAL_SHARE)
            weight = 1.0 if hidden_share(view) < MOSTLY_HIDDEN else FAINT if view.strength < FULL else 0.0
        positive, untouched = cell_labels(view, CELLS)
        known = view.vessels is not None
        vessels = np.zeros((SIDE, SIDE), np.float32) if view.vessels is None else view.vessels
        return {
            "vessels": torch.from_numpy(vessel_cells(vessels, view.hidden, VESSEL_CELLS)),
            "vessels_known": torch.tensor(known),
            "image": torch.from_numpy(view.taken(rng)),
            "inside": torch.from_numpy(inside_cells(view.inside, CELLS)),
            "positive": torch.from_numpy(positive),
            "unlabelled": torch.from_numpy(untouched & (not bag)),
            "bag": torch.tensor(bag),
            "retina": torch.tensor(retina),
            "retina_weight": torch.tensor(weight),
        }


class ScoreSamples(Dataset[dict[str, Tensor]]):
    """For the score: a photograph and a degraded copy of it, each with its target on the mean-opinion scale.

    Args:
        store: Framed photographs.
        labelled: (frame, target 0..100, weight) for each photograph that has a target.
        pictures: Pictures that are no fundus.
        seed: Of everything random.
        size: Side of the image, 384.
    """

    def __init__(
        self,
        store: FrameStore,
        labelled: Sequence[tuple[int, float, float]],
        pictures: Sequence[Pixels],
        seed: int,
        size: int = 384,
    ) -> None:
        self._store, self._pictures, self._seed, self._size = store, pictures, seed, size
        # Each quality level is drawn as often as the others, whatever its share of the photographs.
        self._levels = [
            [row for row in labelled if low <= row[1] < high]
            for low, high in ((0.0, 55.0), (55.0, 75.0), (75.0, 101.0))
        ]
        self._levels = [level for level in self._levels if level]

    def __len__(self) -> int:
        return 2**31

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        cv2.setNumThreads(0)
        rng = np.random.default_rng((self._seed, index))
        if rng.random() < 0.08:
            view = without_retina(self._pictures, self._size, rng)
            other = without_retina(self._pictures, self._size, rng)
            return self._pair(view, NOT_A_FUNDUS, other, NOT_A_FUNDUS, 1.0, rng)
        level = self._levels[int(rng.choice(len(self._levels), p=_level_shares(len(self._levels))))]
        frame, target, weight = level[int(rng.integers(len(level)))]
        view = undegraded(self._store, frame, self._size, rng)
        worse = degraded(view, rng, SCORE_LOCAL_SHARE)
        return self._pair(
            view, target, worse, degraded_target(target, hidden_share(worse), worse.strength), weight, rng
        )

    def _pair(
        self, view: View, target: float, worse: View, worse_target: float, weight: float, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        images = np.stack([view.taken(rng), worse.taken(rng)])
        # What is hidden in a photograph that was poor to begin with, beyond what was added, nobody knows.
        readable = target > READABLE_FROM or target == NOT_A_FUNDUS
        labels = [cell_labels(each, SCORE_CELLS) for each in (view, worse)]
        hidden = np.stack([label[0] for label in labels])
        untouched = np.stack([label[1] for label in labels])
        return {
            "inside": torch.from_numpy(np.stack([inside_cells(each.inside, SCORE_CELLS) for each in (view, worse)])),
            "hidden": torch.from_numpy(hidden),
            "known": torch.from_numpy(hidden | (untouched & readable)),
            "image": torch.from_numpy(images),
            "target": torch.tensor([target, worse_target], dtype=torch.float32),
            "weight": torch.tensor(weight, dtype=torch.float32),
        }


def _level_shares(levels: int) -> NDArray[np.float64] | None:
    # Good photographs also serve as the originals of every degradation, hence the larger share.
    return np.array([0.33, 0.2, 0.47]) if levels == 3 else None


def _one(indices: Sequence[int], rng: np.random.Generator) -> int:
    return int(indices[int(rng.integers(len(indices)))])


def label_targets(store: FrameStore, assumed_good: Sequence[str]) -> list[tuple[int, float, float]]:
    """(frame, target, weight) of each frame that has one.

    Args:
        store: Framed photographs.
        assumed_good: Sources without labels whose photographs were chosen to be readable; half weight.
    """
    rows: list[tuple[int, float, float]] = []
    for index in range(len(store)):
        record = store.record(index)
        if record.quality is not None and not record.weak:
            rows.append((index, ANCHORS[record.quality], 1.0))
        elif record.quality is None and record.source in assumed_good:
            rows.append((index, ANCHORS[Quality.GOOD], 0.5))
    return rows
