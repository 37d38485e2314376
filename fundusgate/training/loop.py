"""One training loop for every recipe: seeded, resumable, with weight averaging and a progress bar."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset

if TYPE_CHECKING:
    from pathlib import Path


class TrainingError(RuntimeError):
    """Training cannot start, or went wrong (a loss that is not finite)."""


class Precision(str, Enum):
    """What the forward and backward passes compute in; weights and optimizer are float32 throughout."""

    FLOAT32 = "float32"
    AUTOCAST = "autocast"
    """bfloat16 where PyTorch thinks it safe; keeps batch normalisation's statistics in float32."""
    BFLOAT16 = "bfloat16"
    """A bfloat16 copy of the network: a third quicker than autocast on transformers, which spend it on conversions."""


@dataclass(frozen=True)
class LoopSettings:
    """What one run does.

    Attributes:
        steps: Optimizer steps in all.
        batch: Items a step.
        learning_rate: Peak, reached after ``warmup`` steps, then falling on a half cosine to zero.
        slow: Names (beginnings of them) of parameters that learn at ``SLOW`` of that.
        warmup: Steps of linear rise.
        weight_decay: AdamW's.
        average: Decay of the exponential moving average of the weights, whose weights are the result.
        seed: Of weights, order and augmentation; item ``i`` is a function of (seed, i) alone.
        workers: Processes that make samples; 0 makes them in the training process.
        threads: PyTorch's threads.
        checkpoint_every: Steps between checkpoints.
        precision: Of the passes; bfloat16 halves the time on processors that have it.
    """

    steps: int
    batch: int
    learning_rate: float
    warmup: int = 100
    weight_decay: float = 0.01
    average: float = 0.998
    seed: int = 1
    workers: int = 1
    threads: int = 1
    checkpoint_every: int = 100
    precision: Precision = Precision.AUTOCAST
    slow: tuple[str, ...] = ()


SLOW = 0.02
"""Share of the learning rate that slow parameters get (a tenth in the paper, at a twelfth of our rate)."""

LossFunction = Callable[[nn.Module, Any], dict[str, Tensor]]
"""(network, batch) to named loss terms; their sum is minimised."""


def train(
    network: nn.Module,
    samples: Dataset[Any],
    loss: LossFunction,
    settings: LoopSettings,
    folder: Path,
    at_checkpoint: Callable[[int, nn.Module], None] = lambda _done, _averaged: None,
) -> nn.Module:
    """Run, or go on with, the training in ``folder``; returns the averaged network.

    ``folder/checkpoint.pt`` is replaced atomically every ``checkpoint_every`` steps; a later call with the same
    settings goes on from it with the very samples that come next. ``folder/log.jsonl`` keeps a line a checkpoint.

    Args:
        network: Trained in place.
        samples: Endless; item ``i`` is always the same.
        loss: Named terms of a batch.
        settings: What the run does.
        folder: For checkpoint and log.
        at_checkpoint: Called with the steps done and the averaged network, before that checkpoint is saved: a run that
            is broken in between comes to it again.

    Raises:
        TrainingError: A checkpoint of other settings lies in ``folder``, or the loss became NaN or infinite.
    """
    torch.set_num_threads(settings.threads)
    folder.mkdir(parents=True, exist_ok=True)
    averaged = copy.deepcopy(network).eval()
    optimizer = torch.optim.AdamW(_groups(network, settings), weight_decay=settings.weight_decay)
    state_path = folder / "checkpoint.pt"
    start = _resume(state_path, network, averaged, optimizer, settings) if state_path.is_file() else 0
    network.train()
    passes = _Passes(network, settings.precision)
    with _progress() as progress:
        bar = progress.add_task(folder.name, total=settings.steps, completed=start, loss="")
        totals: dict[str, float] = {}
        since = 0
        began = time.monotonic()
        for step, batch in enumerate(_batches(samples, settings, start), start=start):
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * _schedule(step, settings)
            with torch.autocast("cpu", torch.bfloat16, enabled=settings.precision is Precision.AUTOCAST):
                terms = loss(passes.network, batch)
            value = torch.stack(list(terms.values())).sum()
            if not torch.isfinite(value):
                raise TrainingError(f"loss is {value.item()} at step {step}; lower --learning-rate and resume")
            passes.backward(value)
            for group in optimizer.param_groups:
                # Apart: the slow parameters' gradients are a hundred times the others', and would leave them nothing.
                nn.utils.clip_grad_norm_(group["params"], 5.0)
            optimizer.step()
            passes.follow()
            _average(averaged, network, min(settings.average, (step + 1) / (step + 10)))
            for name, term in terms.items():
                totals[name] = totals.get(name, 0.0) + term.item()
            since += 1
            progress.update(bar, advance=1, loss=f"{value.item():.3f}")
            done = step + 1
            if done % settings.checkpoint_every == 0 or done == settings.steps:
                at_checkpoint(done, averaged)
                _save(state_path, network, averaged, optimizer, settings, done)
                line = {"step": done, "seconds": round(time.monotonic() - began, 1)}
                means = {name: round(total / since, 5) for name, total in totals.items()}
                with (folder / "log.jsonl").open("a") as stream:
                    stream.write(json.dumps(line | means) + "\n")
                totals, since = {}, 0
    return averaged


class _Passes:
    """The network that the passes run on: the trained one itself, or its bfloat16 copy."""

    def __init__(self, network: nn.Module, precision: Precision) -> None:
        self._trained = network
        self.network = copy.deepcopy(network).bfloat16() if precision is Precision.BFLOAT16 else network

    def backward(self, value: Tensor) -> None:
        """Gradients of ``value``, on the trained network's parameters."""
        self.network.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        if self.network is not self._trained:
            for trained, passed in zip(self._trained.parameters(), self.network.parameters(), strict=True):
                trained.grad = None if passed.grad is None else passed.grad.float()

    @torch.no_grad()
    def follow(self) -> None:
        """Bring a copy's weights up to the trained network's."""
        if self.network is not self._trained:
            for trained, passed in zip(self._trained.parameters(), self.network.parameters(), strict=True):
                passed.copy_(trained)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]}"),
        TimeRemainingColumn(),
    )


def _batches(samples: Dataset[Any], settings: LoopSettings, start: int) -> Iterator[Any]:
    indices = range(start * settings.batch, settings.steps * settings.batch)
    loader = DataLoader(
        Subset(samples, indices),
        batch_size=settings.batch,
        num_workers=settings.workers,
        prefetch_factor=4 if settings.workers else None,
        persistent_workers=False,
    )
    return iter(loader)


def _groups(network: nn.Module, settings: LoopSettings) -> list[dict[str, Any]]:
    named = list(network.named_parameters())
    quick = [parameter for name, parameter in named if not name.startswith(settings.slow)]
    slow = [parameter for name, parameter in named if name.startswith(settings.slow)]
    groups = [
        {"params": quick, "peak": settings.learning_rate},
        {"params": slow, "peak": SLOW * settings.learning_rate},
    ]
    return [group for group in groups if group["params"]]


def _schedule(step: int, settings: LoopSettings) -> float:
    if step < settings.warmup:
        return (step + 1) / settings.warmup
    through = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return 0.5 * (1 + math.cos(math.pi * through))


@torch.no_grad()
def _average(averaged: nn.Module, network: nn.Module, decay: float) -> None:
    for mean, now in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(now, 1 - decay)
        else:
            mean.copy_(now)


def _save(
    path: Path,
    network: nn.Module,
    averaged: nn.Module,
    optimizer: torch.optim.Optimizer,
    settings: LoopSettings,
    done: int,
) -> None:
    partial = path.with_suffix(".partial")
    torch.save(
        {
            "network": network.state_dict(),
            "averaged": averaged.state_dict(),
            "optimizer": optimizer.state_dict(),
            "settings": asdict(settings) | {"precision": settings.precision.value, "slow": list(settings.slow)},
            "done": done,
        },
        partial,
    )
    partial.replace(path)


def _resume(
    path: Path, network: nn.Module, averaged: nn.Module, optimizer: torch.optim.Optimizer, settings: LoopSettings
) -> int:
    state = torch.load(path, weights_only=True)
    free = {"workers", "threads", "checkpoint_every", "precision"}
    wanted = asdict(settings) | {"slow": list(settings.slow)}
    differing = [name for name, value in wanted.items() if name not in free and state["settings"].get(name) != value]
    if differing:
        raise TrainingError(
            f"{path} was made with other settings ({', '.join(differing)}); give them again, or another --out folder"
        )
    network.load_state_dict(state["network"])
    averaged.load_state_dict(state["averaged"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["done"])
