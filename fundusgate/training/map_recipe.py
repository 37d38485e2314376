"""What the map network learns from, and how it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from torch import Tensor, nn
from torch.nn import functional

from fundusgate.models.efiqa_cp_edge import WIDTHS, EdgeOutputs, EfiqaCpEdge
from fundusgate.training.losses import degraded_bag, nnpu
from fundusgate.training.photographs import Quality
from fundusgate.training.samples import MapSamples, normalised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fundusgate.training.frames import FrameStore

PRIOR = 0.02
"""Share of degraded cells among the unlabelled. The paper's 0.05 (Wang et al., arXiv 2606.25915) is for photographs
of every quality; here the unlabelled are the untouched cells of readable ones."""
BALANCE = 0.3
"""Share of positives that the two risks are weighed for."""
VESSELS_SEEN, VESSELS_THERE = 0.5, 0.25
"""Weights of the two questions about vessels. Those behind a fault must be guessed from the others, so they count
less."""


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


class MapAnswers(NamedTuple):
    """What one pass answers in training, as logits."""

    outputs: EdgeOutputs
    """The network's own two outputs."""
    vessels: Tensor
    """B x 2 x 64 x 64: the vessels that are seen, and those that are there."""


class MapTraining(nn.Module):
    """The edge network beside a question that only training asks: which vessels are seen, and which are there.

    The head on the 32 x 32 features is dropped afterwards.
    """

    def __init__(self, network: EfiqaCpEdge) -> None:
        super().__init__()
        self.network = network
        self.vessels = nn.Sequential(nn.Conv2d(WIDTHS[3], 8, 1), nn.PixelShuffle(2))

    def forward(self, x: Tensor) -> MapAnswers:
        """B x 3 x 512 x 512 normalised."""
        network = self.network
        fine = network.fine_features(x)
        return MapAnswers(network.answer(network.stage4(network.down3(fine))), self.vessels(fine))


def with_vessels(network: nn.Module, teacher: nn.Module | None) -> nn.Module:
    """The edge network with its training-only question; it has no teacher."""
    del teacher
    return MapTraining(cast("EfiqaCpEdge", network))


def map_loss(network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """NnPU on cells, the bag term on rejects, vessels, and cross-entropy on whether there is a retina."""
    outputs, vessels = network(normalised(batch["image"]))
    logits = outputs.map_logits.float()
    positive, unlabelled = batch["positive"].unsqueeze(1), batch["unlabelled"].unsqueeze(1)
    retina = functional.binary_cross_entropy_with_logits(
        outputs.retina_logit.float()[:, 0], batch["retina"], weight=batch["retina_weight"]
    )
    known = batch["vessels_known"].float()
    seen, there = (
        (functional.binary_cross_entropy_with_logits(vessels.float()[:, i], batch["vessels"][:, i], reduction="none"))
        .mean((1, 2))
        .mul(known)
        .sum()
        / known.sum().clamp(min=1)
        for i in range(2)
    )
    return {
        "nnpu": nnpu(logits, positive, unlabelled, PRIOR, BALANCE),
        "bag": 0.15 * degraded_bag(logits, batch["inside"], batch["bag"]),
        "retina": 0.3 * retina,
        "seen": VESSELS_SEEN * seen,
        "there": VESSELS_THERE * there,
    }
