"""Both networks trained in one order: phantoms, vessels, the vessel maps of good photographs, inpainting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fundusgate.runtime.preprocessing import PREPROCESSING_VERSION
from fundusgate.training.frames import FrameStore, open_frames
from fundusgate.training.loop import LoopSettings, TrainingError, train
from fundusgate.training.photographs import PhotographRecord, Quality, read_records
from fundusgate.training.run import TERMS, write_weights
from fundusgate.visibility.inpainting_training import InpaintingSamples, inpainting_loss
from fundusgate.visibility.missing import firm
from fundusgate.visibility.networks import EXPECTED, VESSELS, VisibilityNetworks, inpainting_network, vessel_network
from fundusgate.visibility.phantom_bank import PhantomBank, phantom_bank
from fundusgate.visibility.vessel_training import VesselSamples, vessel_loss
from fundusgate.visibility.vessel_view import SIDE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

BATCH = 8
LEARNING_RATE = 4e-3
VESSEL_STEPS = 900
INPAINTING_STEPS = 300
PHANTOMS = 120
A_SOURCE = 200
"""Good photographs of one source at most whose vessel maps are learnt from."""


@dataclass(frozen=True)
class VisibilityOrder:
    """What to train on, into which folder (see ``fundusgate visibility train --help``)."""

    data: Path
    out: Path
    hold_out: tuple[str, ...] = ()
    assume_good: tuple[str, ...] = ()
    vessel_steps: int = VESSEL_STEPS
    inpainting_steps: int = INPAINTING_STEPS
    phantoms: int = PHANTOMS
    seed: int = 1
    threads: int = 1
    workers: int = 0


def run(order: VisibilityOrder) -> tuple[Path, Path]:
    """Train both, and write their averaged weights in half precision.

    Photographs of the split ``val`` are never trained on, nor are held-out sources. Interrupted, the same order goes
    on where it stopped.

    Returns:
        The safetensors files of the vessel network and of the inpainting network.

    Raises:
        TrainingError: The training went wrong, or no photograph is good.
        LabelsError: The labels cannot be read.
    """
    records = good_records(read_records(order.data), order)
    if not records:
        raise TrainingError(
            f"{order.data} has no photograph to learn vessel maps from: label some good, or name a source of readable "
            "ones with --assume-good"
        )
    with _progress() as progress:
        bar = progress.add_task("phantoms", total=order.phantoms)
        bank = phantom_bank(order.phantoms, order.seed * 100_000, order.out / "cache", lambda: progress.advance(bar))
        progress.update(bar, completed=order.phantoms)  # those of an earlier run were not told
    torch.manual_seed(order.seed)
    settings = _settings(order, order.vessel_steps)
    samples = VesselSamples(bank, order.seed)
    vessels = train(_ready(vessel_network()), samples, vessel_loss, settings, order.out / "vessels")
    written = write_weights(vessels, order.out / f"{VESSELS}.safetensors", _card(order.vessel_steps, "", order))
    maps, sources = good_maps(VisibilityNetworks(vessels, inpainting_network()), records, order)
    maps += phantom_maps(bank)
    torch.manual_seed(order.seed)
    settings = _settings(order, order.inpainting_steps)
    expected = train(
        _ready(inpainting_network()), InpaintingSamples(maps, order.seed), inpainting_loss, settings,
        order.out / "expected",
    )  # fmt: skip
    card = _card(order.inpainting_steps, sources, order)
    return written, write_weights(expected, order.out / f"{EXPECTED}.safetensors", card)


def good_records(records: list[PhotographRecord], order: VisibilityOrder) -> list[PhotographRecord]:
    """Photographs labelled good, or of a source said to be readable, `A_SOURCE` of a source at most."""
    rng = np.random.default_rng(order.seed)
    by_source: dict[str, list[PhotographRecord]] = {}
    for record in records:
        good = record.quality is Quality.GOOD or (record.quality is None and record.source in order.assume_good)
        if good and not record.artifact and record.split != "val" and record.source not in order.hold_out:
            by_source.setdefault(record.source, []).append(record)
    return [
        rows[index]
        for _, rows in sorted(by_source.items())
        for index in sorted(rng.permutation(len(rows))[:A_SOURCE].tolist())
    ]


def good_maps(
    networks: VisibilityNetworks, records: list[PhotographRecord], order: VisibilityOrder
) -> tuple[list[NDArray[np.uint8]], str]:
    """Vessel maps of good photographs, each beside its mask, and how many of which source."""
    with _progress() as progress:
        bar = progress.add_task("framing", total=len(records))
        store = open_frames(
            records, order.out / "cache", progress=lambda done, _all: progress.update(bar, completed=done)
        )
        bar = progress.add_task("vessel maps", total=len(store))
        maps = []
        for rgb, inside in _frames(store):
            vessels = np.round(firm(networks.vessels(rgb, inside)) * 255).astype(np.uint8)
            maps.append(np.dstack([vessels, inside.astype(np.uint8) * 255]))
            progress.advance(bar)
    counts: dict[str, int] = {}
    for index in range(len(store)):
        source = store.record(index).source
        counts[source] = counts.get(source, 0) + 1
    return maps, ", ".join(f"{source} {count}" for source, count in sorted(counts.items()))


def _frames(store: FrameStore) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    for index in range(len(store)):
        frame = store[index]
        shrinking = len(frame.rgb) > SIDE
        rgb = cv2.resize(frame.rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)
        mask = cv2.resize(frame.inside.astype(np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST) > 0
        rgb[~mask] = 0
        yield np.asarray(rgb, np.uint8), np.asarray(mask, np.bool_)


def phantom_maps(bank: PhantomBank) -> list[NDArray[np.uint8]]:
    """The phantoms' exact vessel maps, each beside its mask, at the networks' side."""
    maps = []
    for vessels, inside in zip(bank.vessels, bank.inside, strict=True):
        pair = np.dstack([vessels, inside.astype(np.uint8) * 255])
        maps.append(np.asarray(cv2.resize(pair, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8))
    return maps


def _settings(order: VisibilityOrder, steps: int) -> LoopSettings:
    return LoopSettings(
        steps=steps,
        batch=BATCH,
        learning_rate=LEARNING_RATE,
        seed=order.seed,
        workers=order.workers,
        threads=order.threads,
    )


def _ready(network: torch.nn.Module) -> torch.nn.Module:
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _card(steps: int, sources: str, order: VisibilityOrder) -> dict[str, str]:
    phantoms = f"phantom {order.phantoms}, made faults"
    return {
        "version": f"{date.today():%Y.%m.%d}-s{steps}x{BATCH}-seed{order.seed}",
        "framing": "disc",
        "preprocessing": str(PREPROCESSING_VERSION),
        "data": f"{sources}, {phantoms}" if sources else phantoms,
        "held_out": ", ".join(order.hold_out),
        "licence": "weights: as their data",
        "terms": TERMS,
    }


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
