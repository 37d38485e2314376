"""Choose the two sets: even over camera, quality and brightness, no patient in both, decided by a seed."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.calibration.candidates import list_candidates, measure_all, thin
from fundusgate.calibration.manifest import (
    Band,
    Brightness,
    CalibrationError,
    CalibrationManifest,
    PhotographEntry,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fundusgate.calibration.candidates import Candidate

COUNT = 512
"""NVIDIA advises about 500 photographs; four ruined one exporter's INT8 (YOLO11n, mAP 0.61 to 0.32)."""
POOL = 8
"""Photographs that are opened for each one that is chosen."""


def make_manifest(
    folder: Path,
    count: int = COUNT,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> tuple[CalibrationManifest, list[str]]:
    """Choose photographs of a folder.

    Args:
        folder: Photographs, with `labels.csv` or without.
        count: Photographs to calibrate on; as many others are chosen to measure on, fewer where there are not enough.
        seed: Equal seeds, folders and counts give equal manifests.
        progress: Called with how many photographs were opened, of how many.

    Returns:
        The manifest, and why photographs were passed over.

    Raises:
        CalibrationError: There are fewer than two photographs that can be read, or all of one patient.
    """
    pool = thin(list_candidates(folder), POOL * count, seed)
    opened = 0

    def one_more() -> None:
        nonlocal opened
        opened += 1
        progress(opened, len(pool))

    candidates, passed_over = measure_all(pool, one_more)
    if len(candidates) < 2:
        why = f": {passed_over[0]}" if passed_over else ""
        raise CalibrationError(f"{folder} holds {len(candidates)} photographs that can be used, two are the least{why}")
    entries = stratify(candidates)
    halves = halve_by_patient(entries, seed)
    if not all(halves):
        raise CalibrationError(f"every photograph of {folder} is of one patient: add photographs of others")
    calibration, parity = (draw(half, count, seed) for half in halves)
    manifest = CalibrationManifest(
        seed=seed, folder=str(folder.resolve()), calibration=tuple(calibration), parity=tuple(parity)
    )
    return manifest, passed_over


def stratify(candidates: Sequence[Candidate]) -> list[PhotographEntry]:
    """Give every candidate its band and its brightness.

    Expert labels decide the band; where there are none, thirds of sharpness within the source do. Brightness goes by
    thirds of all candidates.
    """
    by_source: defaultdict[str, list[float]] = defaultdict(list)
    for candidate in candidates:
        if candidate.listed.label is None:
            by_source[candidate.listed.source].append(candidate.sharpness)
    sharpness_cuts = {source: np.quantile(values, (1 / 3, 2 / 3)) for source, values in by_source.items()}
    light_cuts = np.quantile([candidate.luminance for candidate in candidates], (1 / 3, 2 / 3))
    entries = []
    for candidate in candidates:
        listed = candidate.listed
        if listed.label is None:
            third = int(np.searchsorted(sharpness_cuts[listed.source], candidate.sharpness))
            band = (Band.LOW, Band.MIDDLE, Band.HIGH)[third]
        else:
            band = listed.label
        light = int(np.searchsorted(light_cuts, candidate.luminance))
        entries.append(
            PhotographEntry(
                file=listed.file,
                sha256=candidate.sha256,
                source=listed.source,
                patient=listed.patient,
                band=band,
                band_by="sharpness" if listed.label is None else "label",
                brightness=(Brightness.DARK, Brightness.MIDDLE, Brightness.BRIGHT)[light],
            )
        )
    return entries


def halve_by_patient(
    entries: Sequence[PhotographEntry], seed: int
) -> tuple[list[PhotographEntry], list[PhotographEntry]]:
    """Two halves of every source; photographs of one patient stay together, whichever source they come from."""
    patients: defaultdict[str, list[PhotographEntry]] = defaultdict(list)
    for entry in entries:
        patients[entry.file if entry.patient is None else f"patient {entry.patient}"].append(entry)
    keys = sorted(patients)
    random.Random(seed).shuffle(keys)
    halves: tuple[list[PhotographEntry], list[PhotographEntry]] = ([], [])
    held: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for key in keys:
        counts = held[patients[key][0].source]
        half = int(counts[0] > counts[1])
        halves[half].extend(patients[key])
        counts[half] += len(patients[key])
    return halves


def draw(entries: Sequence[PhotographEntry], count: int, seed: int) -> list[PhotographEntry]:
    """At most `count` entries: each stratum (source, band, brightness) gives one in turn, until there are enough."""
    strata: defaultdict[tuple[str, str, str], list[PhotographEntry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda entry: entry.sha256):
        strata[entry.source, entry.band.value, entry.brightness.value].append(entry)
    shuffle = random.Random(seed)
    order = sorted(strata)
    for key in order:
        shuffle.shuffle(strata[key])
    # Where there are more strata than photographs to draw, no source's name may decide.
    shuffle.shuffle(order)
    drawn: list[PhotographEntry] = []
    while len(drawn) < count and any(strata.values()):
        for key in order:
            if strata[key] and len(drawn) < count:
                drawn.append(strata[key].pop())
    return drawn
