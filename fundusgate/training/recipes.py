"""The recipes: which samples, which loss, which settings, for each network that is trained here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from torch import Tensor, nn
from torch.nn import functional

from fundusgate.training.loop import Precision
from fundusgate.training.losses import degraded_bag, nnpu, ranking
from fundusgate.training.photographs import Quality
from fundusgate.training.rounding import Rounded, put_on_codes, rounding_loss
from fundusgate.training.samples import MapSamples, ScoreSamples, label_targets, normalised
from fundusgate.training.working_points import map_working_point

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from torch.utils.data import Dataset

    from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge
    from fundusgate.models.fthnet import FTHNet
    from fundusgate.training.frames import FrameStore
    from fundusgate.training.loop import LossFunction

PRIOR = 0.02
"""Share of degraded cells among the unlabelled. The paper's 0.05 (Wang et al., arXiv 2606.25915) is for photographs
of every quality; here the unlabelled are the untouched cells of readable ones."""
BALANCE = 0.3
"""Share of positives that the two risks are weighed for."""


@dataclass(frozen=True)
class Recipe:
    """How one network is trained.

    Attributes:
        samples: (store, assumed-good sources, pictures without a retina, seed) to endless samples.
        loss: Named loss terms of one batch.
        steps: Optimizer steps unless told otherwise.
        batch: Items a step.
        learning_rate: Peak.
        first_layer: Name of the network's first convolution, which starts as a whitening.
        size: Side of the network's input, pixels.
        while_training: The network with what only training needs around it; the network itself is trained in place.
        kept: Name of the network within that, empty where they are the same.
        finish: What is done to the averaged weights at last, in place.
        precision: Of the passes.
        slow: Parameters (beginnings of their names while training) that learn more slowly.
        working_points: By output: how its cut is chosen, from the network, the samples and the first unused one.
    """

    samples: Callable[[FrameStore, Sequence[str], Sequence[NDArray[Any]], int], Dataset[Any]]
    loss: LossFunction
    steps: int
    batch: int
    learning_rate: float
    first_layer: str
    size: int
    while_training: Callable[[nn.Module], nn.Module] = lambda network: network
    kept: str = ""
    finish: Callable[[nn.Module], nn.Module] = lambda network: network
    precision: Precision = Precision.AUTOCAST
    slow: tuple[str, ...] = ()
    working_points: Mapping[str, Callable[[nn.Module, Dataset[Any], int], float]] = field(default_factory=dict)


def map_samples(
    store: FrameStore, assumed_good: Sequence[str], pictures: Sequence[NDArray[Any]], seed: int
) -> MapSamples:
    """Readable photographs (labelled good, or of a source chosen to be readable) to degrade; rejects for the bag."""
    readable, rejected = [], []
    for index in range(len(store)):
        record = store.record(index)
        if record.quality is Quality.GOOD or (record.quality is None and record.source in assumed_good):
            readable.append(index)
        elif record.quality is Quality.REJECT and not record.weak:
            rejected.append(index)
    return MapSamples(store, _balanced(store, readable), rejected, pictures, seed)


def _balanced(store: FrameStore, indices: Sequence[int]) -> list[int]:
    """Repeat the photographs of small sources, up to six times, so that no one camera makes up the training."""
    counts: dict[str, int] = {}
    for index in indices:
        counts[store.record(index).source] = counts.get(store.record(index).source, 0) + 1
    largest = max(counts.values(), default=0)
    return [
        index for index in indices for _ in range(min(6, max(1, largest // (2 * counts[store.record(index).source]))))
    ]


def map_loss(network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """NnPU on cells, the bag term on rejects, and cross-entropy on whether there is a retina."""
    outputs = cast("EfiqaCpEdge", network).outputs(normalised(batch["image"]))
    logits = outputs.map_logits.float()
    positive, unlabelled = batch["positive"].unsqueeze(1), batch["unlabelled"].unsqueeze(1)
    retina = functional.binary_cross_entropy_with_logits(
        outputs.retina_logit.float()[:, 0], batch["retina"], weight=batch["retina_weight"]
    )
    return {
        "nnpu": nnpu(logits, positive, unlabelled, PRIOR, BALANCE),
        "bag": 0.15 * degraded_bag(logits, batch["inside"], batch["bag"]),
        "retina": 0.3 * retina,
    }


def score_samples(
    store: FrameStore, assumed_good: Sequence[str], pictures: Sequence[NDArray[Any]], seed: int
) -> ScoreSamples:
    """Labelled photographs with their class's mean opinion score, and those of readable sources as good."""
    return ScoreSamples(store, label_targets(store, assumed_good), pictures, seed)


class ScoreTraining(nn.Module):
    """FTHNet beside a second question that only training asks: which of the last stage's cells are hidden.

    One number a photograph is little to learn from; where a known degradation hides anatomy is 144 more. The second
    head is dropped afterwards, so the network that is kept is the published one.
    """

    def __init__(self, network: FTHNet) -> None:
        super().__init__()
        self.network = network
        self.visibility = nn.Conv2d(network.bbone.dims[-1], 1, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """B x 3 x 384 x 384 to scores B (0..1) and logits B x 12 x 12 (high where hidden)."""
        semantic, features = self.network.bbone(x)
        return self.network.judge(semantic, features), self.visibility(semantic)[:, 0]


def score_loss(network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Smooth L1 on the 0..1 scale (as FTHNet's paper), each photograph above its degraded copy, and hidden cells."""
    images, targets = batch["image"], batch["target"] / 100
    pairs = images.shape[0]
    parameter = next(network.parameters())
    scores, logits = network(normalised(images.flatten(0, 1)).to(parameter.dtype))
    scores = scores.float().reshape(pairs, 2)
    known = batch["known"].flatten(0, 1)
    cells = functional.binary_cross_entropy_with_logits(
        logits.float(), batch["hidden"].flatten(0, 1).float(), weight=known.float(), reduction="sum"
    ) / known.sum().clamp(min=1)
    regression = functional.smooth_l1_loss(scores, targets, reduction="none", beta=0.1).mean(1)
    gap = (targets[:, 0] - targets[:, 1]).clamp(min=0)
    return {
        "regression": (regression * batch["weight"]).mean() * 3,
        "ranking": ranking(scores[:, 0], scores[:, 1], 0.7 * gap),
        "cells": cells,
    }


def with_visibility(network: nn.Module) -> nn.Module:
    """FTHNet with its training-only second head."""
    return ScoreTraining(cast("FTHNet", network))


HYPERNETWORK = ("network.conv1x1", "network.weight_conv", "network.bias_conv")
"""The paper trains it more slowly than the backbone; 3,456 inputs to one number swing with every step otherwise."""

FTHNET_S = Recipe(
    score_samples,
    score_loss,
    steps=6000,
    batch=8,
    learning_rate=6e-4,
    while_training=with_visibility,
    kept="network",
    first_layer="bbone.patch_embed.proj",
    size=384,
    precision=Precision.BFLOAT16,
    slow=HYPERNETWORK,
)

RECIPES: dict[str, Recipe] = {
    "efiqa-cp-edge": Recipe(
        map_samples,
        map_loss,
        steps=6000,
        batch=16,
        learning_rate=2e-3,
        first_layer="stem.0.0",
        size=512,
        working_points={"map": map_working_point},
    ),
    "fthnet-s": FTHNET_S,
    "fthnet-l": replace(FTHNET_S, steps=12000, learning_rate=3e-4),
}

FOR_INT8: dict[str, Recipe] = {
    "efiqa-cp-edge": replace(
        RECIPES["efiqa-cp-edge"],
        loss=rounding_loss,
        steps=300,
        batch=8,
        learning_rate=2e-4,
        while_training=Rounded,
        kept="network",
        finish=put_on_codes,
        precision=Precision.FLOAT32,
    ),
}
"""Fine-tunings after which INT8 gives the answers of float."""
