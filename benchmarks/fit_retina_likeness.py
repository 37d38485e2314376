"""Fit the weights of `fundusgate.runtime.cues.retina` again, and say how well they hold on what they never saw.

    python benchmarks/fit_retina_likeness.py PHOTOGRAPHS [--each 100]

PHOTOGRAPHS is a folder with labels.csv. Positives: photographs of every source, a third of them recoloured or blurred,
and phantoms. Negatives: sample pictures of scikit-image and scikit-learn, whole, cropped, tinted and blurred, behind
round masks, and the phantom's own. Every source and every picture is held out once.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray
from sklearn.datasets import load_sample_images
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from fundusgate import phantom
from fundusgate.runtime.cues.retina import NO_NETWORK, SOME_NETWORK, evidence
from fundusgate.runtime.cues.sharpness import measure_sharpness
from fundusgate.runtime.cues.vessels import find_ridges, vessel_network
from fundusgate.runtime.cues.view import prepare
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.field_cut import visible_field
from fundusgate.runtime.photograph import read_photograph
from fundusgate.runtime.preprocessing import frame_disc

if TYPE_CHECKING:
    from collections.abc import Iterator

Picture = NDArray[np.uint8]
SAMPLES = [
    "astronaut",
    "brick",
    "camera",
    "cell",
    "checkerboard",
    "chelsea",
    "clock",
    "coffee",
    "coins",
    "colorwheel",
    "grass",
    "gravel",
    "horse",
    "hubble_deep_field",
    "immunohistochemistry",
    "logo",
    "moon",
    "page",
    "rocket",
    "text",
]
TINTS = np.array([(1, 0.55, 0.3), (1, 0.6, 0.35), (0.9, 0.45, 0.3), (1, 0.75, 0.6), (0.7, 0.8, 0.5)])
FOLDS = 6


def measured(rgb: Picture) -> NDArray[np.float64]:
    """The evidence, and behind it how much of a network there is."""
    square = frame_disc(rgb, find_disc(rgb), 256)
    field = visible_field(square.rgb, square.inside)
    view = prepare(square.rgb, field)
    if not view.core.any():
        return np.zeros(13)
    ridges = find_ridges(view)
    network = vessel_network(view, ridges)
    seen = np.clip((network.extent - NO_NETWORK) / (SOME_NETWORK - NO_NETWORK), 0, 1)
    return np.append(evidence(view, ridges, network, measure_sharpness(view)), seen)


def masked(rgb: Picture, side: int = 400) -> Picture:
    """The picture behind a round camera mask."""
    way = cv2.INTER_AREA if rgb.shape[0] > side else cv2.INTER_LINEAR
    out = np.array(cv2.resize(rgb, (side, side), interpolation=way), np.uint8)
    axis = np.arange(side) - (side - 1) / 2
    out[axis[None, :] ** 2 + axis[:, None] ** 2 > (0.48 * side) ** 2] = 0
    return out


def recoloured(rgb: Picture, kind: int) -> Picture:
    """Grey, greenish, pale, purple, dark or soft."""
    level = rgb.astype(np.float32)
    lit = rgb.max(axis=2, keepdims=True) > 14
    grey = np.repeat(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    kinds = (
        grey,
        level * np.array([0.62, 1.1, 0.75]),
        0.55 * level + 110 * lit,
        level * np.array([0.8, 0.7, 1.6]),
        0.4 * level,
        cv2.GaussianBlur(level, (0, 0), max(rgb.shape) / 170),
    )
    return np.clip(kinds[kind % len(kinds)], 0, 255).astype(np.uint8)


def positives(folder: Path, each: int) -> Iterator[tuple[str, Picture]]:
    """Photographs with the name of their source, and phantoms."""
    sources: defaultdict[str, list[Path]] = defaultdict(list)
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            sources[row["source"]].append(folder / row["file"])
    draw = random.Random(1)
    for source, paths in sorted(sources.items()):
        for index, path in enumerate(draw.sample(paths, min(each, len(paths)))):
            rgb = read_photograph(path)
            yield source, rgb
            if index % 2:
                yield source, recoloured(rgb, index // 2)
    for seed in range(each // 2):
        yield "phantom", phantom.render(1000 + seed, size=320).rgb


def negatives(rng: np.random.Generator) -> Iterator[tuple[str, Picture]]:
    """Pictures that are no fundus with the name of the picture they come from."""
    pictures = {name: getattr(skimage.data, name)() for name in SAMPLES}
    pictures |= {f"sklearn {index}": image for index, image in enumerate(load_sample_images().images)}
    for name, raw in pictures.items():
        levels = raw.astype(np.uint8) * 255 if raw.dtype == bool else raw
        rgb = np.repeat(levels[..., None], 3, axis=2) if levels.ndim == 2 else np.ascontiguousarray(levels[..., :3])
        yield name, rgb
        least = min(rgb.shape[:2])
        for index in range(9):
            side = least if index == 0 else int(least * rng.uniform(0.25, 0.8))
            top, left = (int(rng.integers(0, extent - side + 1)) for extent in rgb.shape[:2])
            crop = np.ascontiguousarray(rgb[top : top + side, left : left + side])
            if index >= 3:
                grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
                tinted = (128 + rng.choice([1, 0.5, 0.3, 0.2]) * (grey - 128)) * TINTS[index % len(TINTS)]
                crop = np.clip(tinted, 0, 255).astype(np.uint8)
            if index >= 6:
                crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), side / rng.uniform(30, 120)), np.uint8)
            yield name, masked(crop)
    kinds = (
        phantom.external_eye,
        phantom.closed_lids,
        phantom.room,
        phantom.texture,
        phantom.skin_blur,
        phantom.lens_cap,
    )
    for draw in kinds:
        for seed in range(24):
            rgb = draw(1000 + seed, 320)
            yield f"{draw.__name__} {seed}", masked(rgb) if seed % 2 else rgb


def main() -> None:
    """Fit, hold out, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--each", type=int, default=100, help="photographs of each source")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    rows, truth, origin = [], [], []
    for label, pictures in ((1, positives(given.photographs, given.each)), (0, negatives(np.random.default_rng(0)))):
        for name, rgb in pictures:
            rows.append(measured(rgb))
            truth.append(label)
            origin.append(f"{label} {name}")
    table, wanted = np.array(rows), np.array(truth)
    fold = np.array([sorted(set(origin)).index(name) % FOLDS for name in origin])
    held_out = np.zeros(len(wanted))
    for index in range(FOLDS):
        learnt = fold != index
        scaler = StandardScaler().fit(table[learnt, :-1])
        model = LogisticRegression(C=0.3, class_weight="balanced", max_iter=5000)
        model.fit(scaler.transform(table[learnt, :-1]), wanted[learnt])
        held_out[~learnt] = model.predict_proba(scaler.transform(table[~learnt, :-1]))[:, 1]
    held_out *= table[:, -1]
    print(
        f"{wanted.sum()} positives, {(wanted == 0).sum()} negatives, held-out AUC {roc_auc_score(wanted, held_out):.3f}"
    )
    print("5th percentile of positives", np.quantile(held_out[wanted == 1], 0.05).round(3))
    print("95th, 99th percentile of negatives", np.quantile(held_out[wanted == 0], [0.95, 0.99]).round(3))
    scaler = StandardScaler().fit(table[:, :-1])
    model = LogisticRegression(C=0.3, class_weight="balanced", max_iter=5000)
    model.fit(scaler.transform(table[:, :-1]), wanted)
    for name, values in (("_MEAN", scaler.mean_), ("_SCALE", scaler.scale_), ("_WEIGHT", model.coef_[0])):
        print(f"{name} = np.array({np.round(values, 3).tolist()})")
    print(f"_BIAS = {model.intercept_[0]:.3f}")


if __name__ == "__main__":
    main()
