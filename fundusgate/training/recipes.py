"""The recipes: which samples, which loss, which settings, for each network that is trained here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fundusgate.training.loop import Precision
from fundusgate.training.map_calibration import calibrate_map
from fundusgate.training.map_recipe import map_loss, map_samples, with_vessels
from fundusgate.training.rounding import put_on_codes, rounding_loss, with_rounding
from fundusgate.training.score_recipe import HYPERNETWORK, score_loss, score_samples, with_questions
from fundusgate.training.working_points import map_working_point

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import nn
    from torch.utils.data import Dataset

    from fundusgate.training.frames import FrameStore
    from fundusgate.training.loop import LossFunction


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
        while_training: (network, teacher or None) to the network with what only training needs around it; the
            network itself is trained in place.
        kept: Name of the network within that, empty where they are the same.
        taught_by: Name of the network whose answers it is taught, empty for none.
        finish: What is done to the averaged weights at last, in place.
        calibrate: (network, samples, first unused sample): what then sets its probabilities right, in place.
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
    while_training: Callable[[nn.Module, nn.Module | None], nn.Module]
    kept: str = "network"
    taught_by: str = ""
    finish: Callable[[nn.Module], nn.Module] = lambda network: network
    calibrate: Callable[[nn.Module, Dataset[Any], int], None] = lambda _network, _samples, _first: None
    precision: Precision = Precision.AUTOCAST
    slow: tuple[str, ...] = ()
    working_points: Mapping[str, Callable[[nn.Module, Dataset[Any], int], float]] = field(default_factory=dict)


FTHNET_S = Recipe(
    score_samples,
    score_loss,
    steps=6000,
    batch=8,
    learning_rate=6e-4,
    while_training=with_questions,
    taught_by="efiqa-cp-edge",
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
        while_training=with_vessels,
        first_layer="stem.0.0",
        size=512,
        calibrate=calibrate_map,
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
        while_training=with_rounding,
        finish=put_on_codes,
        precision=Precision.FLOAT32,
    ),
}
"""Fine-tunings after which INT8 gives the answers of float."""
