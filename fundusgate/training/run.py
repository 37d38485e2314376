"""One order, from labels to weights on disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import torch
from rich.progress import Progress
from safetensors.torch import save_file

from fundusgate.models import build
from fundusgate.models.checkpoints import without_constants
from fundusgate.models.weights import shipped_weights
from fundusgate.runtime.preprocessing import PREPROCESSING_VERSION
from fundusgate.training.frames import FrameStore, open_frames
from fundusgate.training.loop import LoopSettings, TrainingError, train
from fundusgate.training.negatives import pictures_without_retina
from fundusgate.training.phantoms import phantom_frames
from fundusgate.training.photographs import PhotographRecord, read_records
from fundusgate.training.recipes import FOR_INT8, RECIPES, Recipe
from fundusgate.training.whitening import whiten_first_layer

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class TrainingOrder:
    """What to train, on what, into which folder (see ``fundusgate train --help``)."""

    name: str
    recipe: Recipe
    data: Path
    out: Path
    hold_out: tuple[str, ...]
    assume_good: tuple[str, ...]
    steps: int | None
    start: Path | None
    teacher: Path | None
    learning_rate: float | None
    seed: int
    threads: int
    workers: int
    cache: Path


def recipe_of(name: str, *, for_int8: bool) -> Recipe:
    """The recipe that trains a network, or the one that then makes it bear INT8.

    Raises:
        TrainingError: There is none.
    """
    recipes = FOR_INT8 if for_int8 else RECIPES
    if name not in recipes:
        purpose = " for INT8" if for_int8 else ""
        raise TrainingError(f"there is no recipe{purpose} for {name!r}; there are {', '.join(recipes)}")
    return recipes[name]


def run(order: TrainingOrder) -> Path:
    """Train, and write the averaged weights in half precision.

    Photographs of the split ``val`` are never trained on.

    Returns:
        The safetensors file.

    Raises:
        TrainingError: The training went wrong.
        LabelsError: The labels cannot be read.
        WeightsError: There are no weights of the teacher.
    """
    recipe = order.recipe
    store = framed(read_records(order.data), order)
    torch.manual_seed(order.seed)
    network = build(order.name, order.start).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if order.start is None:
        whiten_first_layer(network, recipe.first_layer, store, recipe.size, order.seed)
    settings = LoopSettings(
        steps=order.steps or recipe.steps,
        batch=recipe.batch,
        learning_rate=order.learning_rate or recipe.learning_rate,
        seed=order.seed,
        threads=order.threads,
        workers=order.workers,
        precision=recipe.precision,
        slow=recipe.slow,
    )
    # A run of a few steps does not wait for more pictures than it has samples.
    wanted = min(PHANTOM_PICTURES, settings.steps * settings.batch)
    pictures = pictures_without_retina(order.seed, wanted)
    store.add(phantom_frames(wanted // 2, order.seed * 100_000))
    samples = recipe.samples(store, order.assume_good, pictures, order.seed)
    averaged = train(recipe.while_training(network, teacher(order)), samples, recipe.loss, settings, order.out)
    kept = recipe.finish(averaged.get_submodule(recipe.kept))
    used = settings.steps * settings.batch
    recipe.calibrate(kept, samples, used)
    points = {f"threshold.{name}": f"{find(kept, samples, used):.2f}" for name, find in recipe.working_points.items()}
    return write_weights(kept, order.out / f"{order.name}.safetensors", card(order, settings, store) | points)


def teacher(order: TrainingOrder) -> torch.nn.Module | None:
    """The network whose answers are taught: the weights that were given, or those that are shipped.

    Raises:
        TrainingError: A teacher was given to a recipe that has none.
    """
    name = order.recipe.taught_by
    if not name:
        if order.teacher is not None:
            raise TrainingError(f"the recipe of {order.name} has no teacher: leave --teacher out")
        return None
    network = build(name, order.teacher or shipped_weights(name))
    return network.to(torch.bfloat16, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def framed(records: list[PhotographRecord], order: TrainingOrder) -> FrameStore:
    """The frames that may be trained on, framed now or before."""
    kept = [record for record in records if record.source not in order.hold_out and record.split != "val"]
    with Progress() as progress:
        bar = progress.add_task("framing", total=len(kept))
        return open_frames(kept, order.cache, progress=lambda done, _all: progress.update(bar, completed=done))


PHANTOM_PICTURES = 240
"""Pictures without a retina that the phantom adds to the sample pictures; half as many eyes to the photographs."""
TERMS = "research and evaluation only: the photographs' labels are CC BY-NC-SA or for academic use"


def card(order: TrainingOrder, settings: LoopSettings, store: FrameStore) -> dict[str, str]:
    """What the weights say of themselves in their own header: what they saw, how, and on what terms."""
    sources: dict[str, int] = {}
    for index in range(len(store)):
        source = store.record(index).source
        sources[source] = sources.get(source, 0) + 1
    return {
        "version": f"{date.today():%Y.%m.%d}-s{settings.steps}x{settings.batch}-seed{settings.seed}",
        "framing": "disc",
        "preprocessing": str(PREPROCESSING_VERSION),
        "data": ", ".join(f"{source} {count}" for source, count in sorted(sources.items())) + ", and made faults",
        "held_out": ", ".join(order.hold_out),
        "licence": "weights: as their data",
        "terms": TERMS,
    }


def write_weights(network: torch.nn.Module, path: Path, metadata: dict[str, str]) -> Path:
    """Half-precision safetensors of what a network learnt with its card, written whole or not at all."""
    kept, left_out = without_constants(network.state_dict())
    state = {
        name: (tensor.half() if tensor.dtype == torch.float32 else tensor).contiguous() for name, tensor in kept.items()
    }
    partial = path.with_suffix(".partial")
    save_file(state, partial, metadata=metadata | left_out)
    partial.chmod(0o644)
    partial.replace(path)
    return path
