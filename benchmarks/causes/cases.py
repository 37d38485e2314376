"""Photographs with one known fault (or two), framed as the camera frames them, and kept between runs.

A case is the square that the cues see. Making it (fault, disc, framing) takes longer than measuring it, so squares are
kept by the photograph's bytes and the generators' text; cues by the squares and the cues' text. Change a generator or
a cue and only what depends on it is made again.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import cv2
import numpy as np

import fundusgate
from fundusgate.phantom import degrade, render
from fundusgate.runtime.cues import Cues, measure, measure_cues
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.field_cut import visible_field
from fundusgate.runtime.photograph import read_photograph
from fundusgate.runtime.preprocessing import frame_disc

from . import other_hand, third_hand

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from fundusgate.codes import CauseCode

    Pixels = NDArray[np.uint8]

SIDE, CUE_SIDE = 512, 256
CODES = tuple(other_hand.FAULTS)
STRENGTHS = (0.5, 0.8, 1.0)
HANDS = ("phantom", "other", "third")
PAIRS, PAIR_STRENGTH = 3, 0.8
PHANTOM_EYE = "phantom-eye:"


@dataclass(frozen=True)
class Case:
    """One photograph as the cues see it.

    Attributes:
        photograph: its file, or "phantom-eye:SEED".
        source: the first part of the file's path.
        codes: what was put on it; empty for a photograph as it was taken.
        strength: of the fault, 0 for none.
        hand: whose fault it is; empty for none.
    """

    photograph: str
    source: str
    codes: tuple[CauseCode, ...]
    strength: float
    hand: str


@dataclass(frozen=True, eq=False)
class Square:
    """What the cues measure: (256, 256, 3) uint8 and its field, (256, 256) bool."""

    rgb: Pixels
    field: NDArray[np.bool_]


def wanted(photograph: str, hand: str) -> list[Case]:
    """The cases of one photograph: for no hand as it was taken; else every code at every strength, and three pairs."""
    source = "phantom" if photograph.startswith(PHANTOM_EYE) else photograph.split("/", maxsplit=1)[0]
    if not hand:
        return [Case(photograph, source, (), 0.0, "")]
    cases = [Case(photograph, source, (code,), strength, hand) for code in CODES for strength in STRENGTHS]
    draw = np.random.default_rng([seed_of(photograph), HANDS.index(hand)])
    for _ in range(PAIRS):
        one, two = draw.choice(len(CODES), 2, replace=False)
        cases.append(Case(photograph, source, (CODES[one], CODES[two]), PAIR_STRENGTH, hand))
    return cases


def seed_of(photograph: str) -> int:
    """A seed that belongs to a photograph."""
    return int.from_bytes(hashlib.sha256(photograph.encode()).digest()[:4], "little")


def original(root: Path, photograph: str) -> Pixels:
    """The photograph as it was taken, or the eye that a seed renders."""
    if photograph.startswith(PHANTOM_EYE):
        return render(int(photograph.removeprefix(PHANTOM_EYE)), size=SIDE).rgb
    return read_photograph(root / photograph)


def worsened(rgb: Pixels, case: Case) -> Pixels:
    """The photograph with the case's faults on it."""
    if not case.codes:
        return rgb
    disc = find_disc(rgb)
    rows, columns = np.ogrid[: rgb.shape[0], : rgb.shape[1]]
    circle = (columns + 0.5 - disc.cx) ** 2 + (rows + 0.5 - disc.cy) ** 2 <= disc.radius**2
    for place, code in enumerate(case.codes):
        seed = seed_of(f"{case.photograph} {code.value} {case.strength}") % 100_000 + place
        if case.hand == "phantom":
            rgb = degrade(rgb, circle, code, case.strength, seed).rgb
        else:
            hand = other_hand if case.hand == "other" else third_hand
            rgb = hand.worsen(rgb, circle, code, case.strength, seed)
    return rgb


def square_of(rgb: Pixels) -> Square:
    """Disc, framing and field exactly as the assessor has them, brought to the cues' size."""
    framed = frame_disc(rgb, find_disc(rgb), SIDE)
    field = visible_field(framed.rgb, framed.inside).astype(np.uint8)
    return Square(
        np.asarray(cv2.resize(framed.rgb, (CUE_SIDE, CUE_SIDE), interpolation=cv2.INTER_AREA), np.uint8),
        np.asarray(cv2.resize(field, (CUE_SIDE, CUE_SIDE), interpolation=cv2.INTER_NEAREST), np.uint8).astype(bool),
    )


def squares(root: Path, photograph: str, hand: str, folder: Path) -> list[Square]:
    """The squares of `wanted`, from the cache where they are there."""
    kept = folder / f"squares-{key_of(root, photograph, hand)}.npz"
    if kept.is_file():
        with np.load(kept) as stored:
            visible = np.unpackbits(stored["fields"], axis=-1).astype(bool)
            return [Square(rgb, field) for rgb, field in zip(stored["rgb"], visible, strict=True)]
    taken = original(root, photograph)
    made = [square_of(worsened(taken, case)) for case in wanted(photograph, hand)]
    keep(kept, rgb=np.stack([each.rgb for each in made]), fields=np.packbits([each.field for each in made], axis=-1))
    return made


def cue_figures(root: Path, photograph: str, hand: str, folder: Path) -> list[dict[str, float]]:
    """Every cue of `wanted` by its name, from the cache where neither cues nor cases changed."""
    kept = folder / f"cues-{key_of(root, photograph, hand, _text(_CUES))}.npz"
    if kept.is_file():
        with np.load(kept) as stored:
            names = [str(name) for name in stored["names"]]
            return [dict(zip(names, row.tolist(), strict=True)) for row in stored["figures"]]
    found = [flat(measure_cues(each.rgb, each.field)) for each in squares(root, photograph, hand, folder)]
    keep(kept, names=np.array(list(found[0])), figures=np.array([list(row.values()) for row in found]))
    return found


def flat(cues: Cues) -> dict[str, float]:
    """Every figure of the cues by its name, such as "rim.haze.3"."""
    return dict(_walk(cues, ""))


def _walk(part: object, name: str) -> Iterator[tuple[str, float]]:
    if is_dataclass(part):
        for each in fields(part):
            yield from _walk(getattr(part, each.name), f"{name}.{each.name}" if name else each.name)
    elif isinstance(part, np.ndarray):
        for index, value in enumerate(part.ravel()):
            yield f"{name}.{index}", float(value)
    else:
        yield name, float(part)


def cues_of(figures: Mapping[str, float]) -> Cues:
    """The cues whose figures `flat` gave."""
    parts: dict[str, Any] = {}
    for part in fields(Cues):
        found = {
            name.removeprefix(f"{part.name}."): value
            for name, value in figures.items()
            if name.startswith(f"{part.name}.")
        }
        values: dict[str, Any] = {}
        for name, value in found.items():
            head, _, place = name.partition(".")
            if place:
                values.setdefault(head, []).append(value)
            else:
                values[head] = value
        kind = _KINDS[part.name]
        parts[part.name] = kind(**{k: np.array(v) if isinstance(v, list) else v for k, v in values.items()})
    return Cues(**parts)


_KINDS = get_type_hints(Cues, vars(measure))


def key_of(root: Path, photograph: str, hand: str, further: str = "") -> str:
    """What a result on `wanted` is kept by: the photograph's bytes, the generators' and the framing's text."""
    pixels = b"" if photograph.startswith(PHANTOM_EYE) else (root / photograph).read_bytes()
    own = {"other": other_hand, "third": third_hand}.get(hand)
    text = _text(_PHANTOM) if own is None else _said(Path(str(own.__file__)))
    stated = "\0".join([repr(wanted(photograph, hand)), text, _text(_FRAMING), further])
    return hashlib.sha256(pixels + stated.encode()).hexdigest()[:20]


_PHANTOM = ("phantom/*.py", "phantom/faults/*.py")
_FRAMING = tuple(f"runtime/{name}.py" for name in ("disc", "field_cut", "rim", "circle", "preprocessing"))
_CUES = ("runtime/cues/*.py",)


@cache
def _text(patterns: tuple[str, ...]) -> str:
    """What the package's files say that a result depends on, however they are laid out."""
    package = Path(fundusgate.__file__).parent
    files = [path for pattern in patterns for path in sorted(package.glob(pattern)) if path.is_file()]
    return "".join(_said(path) for path in files)


def _said(path: Path) -> str:
    return ast.dump(ast.parse(path.read_text(encoding="utf-8")))


def keep(path: Path, **arrays: NDArray[Any]) -> None:
    """Write arrays whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished.npz")
    np.savez_compressed(unfinished, **arrays)
    unfinished.replace(path)
