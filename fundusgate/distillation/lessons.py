"""Views of photographs with the teacher's answers to them, kept on the disk: the teacher is asked once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.field_cut import visible_field
from fundusgate.runtime.photograph import PhotographError, read_photograph
from fundusgate.runtime.prepared import CELLS
from fundusgate.runtime.preprocessing import PREPROCESSING_VERSION, frame_disc, inside_cells
from fundusgate.training.augmentation import reframe
from fundusgate.training.judging import MAP_SIDE
from fundusgate.training.samples import MAP_LOCAL_SHARE, View, degraded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.calibration.candidates import Listed
    from fundusgate.distillation.teachers import Teacher

FORM = 1
"""Grows when what is kept changes."""
HELD_OUT = 5
"""One photograph in so many (with all of its patient's) is never learnt from, and measures what was learnt."""
JPEG = 95


@dataclass(frozen=True, eq=False)
class Lesson:
    """One view and the teacher's word on it.

    Attributes:
        rgb: 512 x 512 x 3 uint8.
        inside: 512 x 512 bool, the visible field.
        map_logits: (16, 16) float32; None where the teacher has no map.
        features: (64, 16, 16) float32; None where it has none.
        score: 0..100; None where it has none.
    """

    rgb: NDArray[np.uint8]
    inside: NDArray[np.bool_]
    map_logits: NDArray[np.float32] | None
    features: NDArray[np.float32] | None
    score: float | None

    @property
    def cells(self) -> NDArray[np.bool_]:
        """(16, 16) bool, the cells in the field."""
        return inside_cells(self.inside, CELLS)


class LessonBook:
    """Lessons on the disk, `views` of each photograph.

    Args:
        files: One a photograph.
        views: Of each.
    """

    def __init__(self, files: Sequence[Path], views: int) -> None:
        self._files, self.views = list(files), views

    def __len__(self) -> int:
        return len(self._files) * self.views

    def __getitem__(self, index: int) -> Lesson:
        photograph, view = divmod(index, self.views)
        with np.load(self._files[photograph]) as kept:
            picture = np.asarray(cv2.imdecode(kept[f"jpeg{view}"], cv2.IMREAD_COLOR), np.uint8)
            inside = np.unpackbits(kept["inside"][view], count=MAP_SIDE * MAP_SIDE).reshape(MAP_SIDE, MAP_SIDE) > 0
            return Lesson(
                rgb=np.ascontiguousarray(picture[..., ::-1]),
                inside=inside,
                map_logits=kept["map"][view].astype(np.float32) if "map" in kept else None,
                features=kept["features"][view].astype(np.float32) if "features" in kept else None,
                score=float(kept["score"][view]) if "score" in kept else None,
            )


@dataclass(frozen=True, eq=False)
class Lessons:
    """What is learnt from, and what is measured on.

    Attributes:
        learnt: To train on.
        held_out: Of other patients.
        skipped: What could not be read, a sentence each.
    """

    learnt: LessonBook
    held_out: LessonBook
    skipped: tuple[str, ...]


def is_held_out(listed: Listed) -> bool:
    """Whether a photograph measures: by a hash of its source and patient, so that the choice outlives other files."""
    owner = f"{listed.source}/{listed.patient or listed.file}"
    return int(hashlib.sha256(owner.encode()).hexdigest(), 16) % HELD_OUT == 0


def make_lessons(
    photographs: Sequence[Listed],
    teacher: Teacher,
    views: int,
    seed: int,
    cache: Path,
    tell: Callable[[], None] = lambda: None,
) -> Lessons:
    """Ask the teacher about every view that it was not asked about before.

    Args:
        photographs: Which.
        teacher: Whom to ask.
        views: Of each photograph: as it is, then turned, cut and in half the cases with faults put on.
        seed: Of the views.
        cache: Folder; what is in it is not asked again, and a run that is broken loses one photograph's answers.
        tell: Called after each photograph.
    """
    folder = cache / f"lessons-{teacher.key}"
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[bool, list[Path]] = {True: [], False: []}
    skipped = []
    for listed in photographs:
        identity = f"{FORM} {PREPROCESSING_VERSION} {views} {seed} {listed.file} {listed.path.stat().st_size}"
        path = folder / f"{hashlib.sha256(identity.encode()).hexdigest()[:24]}.npz"
        try:
            if not path.is_file():
                _write(path, _asked(read_photograph(listed.path), teacher, views, _seed_of(seed, listed)))
            files[is_held_out(listed)].append(path)
        except PhotographError as error:
            skipped.append(f"{listed.file}: {error}")
        tell()
    return Lessons(LessonBook(files[False], views), LessonBook(files[True], views), tuple(skipped))


def _seed_of(seed: int, listed: Listed) -> list[int]:
    return [seed, int(hashlib.sha256(listed.file.encode()).hexdigest()[:8], 16)]


def _asked(rgb: NDArray[np.uint8], teacher: Teacher, views: int, seed: list[int]) -> dict[str, NDArray[np.generic]]:
    cv2.setNumThreads(0)
    side = max(teacher.side, MAP_SIDE)
    framed = frame_disc(rgb, find_disc(rgb), side)
    whole = View(framed.rgb, visible_field(framed.rgb, framed.inside), np.zeros((side, side), np.bool_), 0.0)
    kept: dict[str, list[NDArray[np.generic]]] = {"inside": [], "map": [], "features": [], "score": []}
    pictures = {}
    for number in range(views):
        view = whole if number == 0 else _another(whole, np.random.default_rng([*seed, number]))
        answer = teacher.answer(_at(view.rgb, teacher.side))
        small = _at(view.rgb, MAP_SIDE)
        pictures[f"jpeg{number}"] = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG])[1]
        kept["inside"].append(np.packbits(_at(view.inside.astype(np.uint8), MAP_SIDE) > 0))
        for name, value in (("map", answer.map_logits), ("features", answer.features), ("score", answer.score)):
            if value is not None:
                kept[name].append(np.asarray(value, np.float32 if name == "score" else np.float16))
    return {name: np.stack(values) for name, values in kept.items() if values} | pictures


def _another(view: View, rng: np.random.Generator) -> View:
    side = len(view.rgb)
    rgb, inside = reframe(view.rgb, view.inside, side, rng)
    turned = View(rgb, inside, np.zeros((side, side), np.bool_), 0.0)
    return degraded(turned, rng, MAP_LOCAL_SHARE) if rng.random() < 0.5 else turned


def _at(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    if len(pixels) == side:
        return pixels
    how = cv2.INTER_AREA if len(pixels) > side else cv2.INTER_LINEAR
    if pixels.ndim == 2:
        how = cv2.INTER_NEAREST
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=how), np.uint8)


def _write(path: Path, content: dict[str, NDArray[np.generic]]) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("wb") as stream:
        np.savez(stream, **content)  # type: ignore[arg-type]
    partial.replace(path)
