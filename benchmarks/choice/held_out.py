"""Short trainings, each without one source, and what is kept of them on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from fundusgate.models import build
from fundusgate.models.weights import shipped_weights
from fundusgate.training.frames import open_frames
from fundusgate.training.loop import LoopSettings, train
from fundusgate.training.negatives import pictures_without_retina
from fundusgate.training.phantoms import phantom_frames
from fundusgate.training.run import PHANTOM_PICTURES, recipe_of, write_weights
from fundusgate.training.whitening import whiten_first_layer

from .groups import PHANTOM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from torch import nn

    from fundusgate.training.photographs import PhotographRecord


@dataclass(frozen=True)
class Trial:
    """How each of the trainings is done.

    Attributes:
        name: Of the network.
        steps: Optimizer steps.
        every: Steps from one kept checkpoint to the next.
        assumed_good: Sources without labels whose photographs were taken to be read.
        start: Weights to begin from; None for new ones.
        seed: Of everything random.
        threads: PyTorch's.
        folder: Where everything goes.
    """

    name: str
    steps: int
    every: int
    assumed_good: tuple[str, ...]
    start: Path | None
    seed: int
    threads: int
    folder: Path

    def run_without(self, source: str) -> Path:
        """Folder of the training that never sees a source."""
        begun = "" if self.start is None else f"-from-{self.start.stem}"
        return self.folder / f"{self.name}{begun}-{self.steps}x{self.seed}-without-{source}"


def train_without(
    source: str, trial: Trial, records: Sequence[PhotographRecord], tell: Callable[[int, int], None]
) -> dict[int, Path]:
    """Train without a source, or go on with it; a run that is done is not done again.

    Args:
        source: One of the table's, or the phantom: then no phantom eye is trained on (pictures without a retina are).
        trial: How.
        records: All photographs; the split `val` is never trained on.
        tell: Called with (done, all) while photographs are framed.

    Returns:
        Weights (averaged, half precision) by steps done.

    Raises:
        TrainingError: The training went wrong, or its folder holds one of other settings.
    """
    folder = trial.run_without(source)
    wanted = [*range(trial.every, trial.steps, trial.every), trial.steps]
    kept = {step: folder / f"step-{step}.safetensors" for step in wanted}
    if all(path.is_file() for path in kept.values()):
        return kept
    recipe = recipe_of(trial.name, for_int8=False)
    used = [
        record
        for record in records
        if record.source != source
        and record.split != "val"
        and (record.quality is not None or record.source in trial.assumed_good)
    ]
    store = open_frames(used, trial.folder / "frames", tell)
    torch.manual_seed(trial.seed)
    network = build(trial.name, trial.start).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if trial.start is None:
        whiten_first_layer(network, recipe.first_layer, store, recipe.size, trial.seed)
    count = min(PHANTOM_PICTURES, trial.steps * recipe.batch)
    if source != PHANTOM:
        store.add(phantom_frames(count // 2, trial.seed * 100_000))
    samples = recipe.samples(store, trial.assumed_good, pictures_without_retina(trial.seed, count), trial.seed)
    settings = LoopSettings(
        steps=trial.steps,
        batch=recipe.batch,
        learning_rate=recipe.learning_rate,
        warmup=max(1, min(100, trial.steps // 5)),
        seed=trial.seed,
        workers=0,
        threads=trial.threads,
        checkpoint_every=trial.every,
        precision=recipe.precision,
        slow=recipe.slow,
    )
    teacher = build(recipe.taught_by, shipped_weights(recipe.taught_by)).bfloat16() if recipe.taught_by else None

    def keep(done: int, averaged: nn.Module) -> None:
        said = {"framing": "disc", "held_out": source, "version": f"{trial.name}-{done}-without-{source}"}
        write_weights(averaged.get_submodule(recipe.kept), kept[done], said)

    train(recipe.while_training(network, teacher), samples, recipe.loss, settings, folder, keep)
    return kept
