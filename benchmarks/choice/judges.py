"""Candidates that judge photographs: weights in PyTorch, and bundles through the runtime itself."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from fundusgate.models import build
from fundusgate.runtime import Assessor
from fundusgate.training.judging import (
    MAP_NETWORK,
    SCORE_NETWORKS,
    framed_photograph,
    map_opinions,
    score_opinions,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import nn

    from fundusgate.training.judging import FramedPhotograph


class Shown:
    """A photograph as the candidates are shown it, framed at most once for all of them."""

    def __init__(self, rgb: NDArray[np.uint8]) -> None:
        self.rgb = rgb

    @cached_property
    def framed(self) -> FramedPhotograph:
        """As the networks take it."""
        return framed_photograph(self.rgb)


@dataclass(frozen=True)
class Word:
    """What one candidate says of one photograph; None where it has no such output.

    Attributes:
        hidden: Mean of the map inside the visible field, 0..1.
        retina: Probability of a retina, 0..1.
        opinion: The score network's mean opinion score, high is good.
    """

    hidden: float | None = None
    retina: float | None = None
    opinion: float | None = None

    def to_json_object(self) -> dict[str, float | None]:
        """For the cache."""
        return asdict(self)


class Judge(ABC):
    """A candidate.

    Attributes:
        label: Short, for a column's heading.
        told: What it is, for the legend.
        key: The same for the same weights, wherever the file lies.
        maps: Whether it has a map.
        scores: Whether it has a score.
    """

    def __init__(self, label: str, told: str, key: str, *, maps: bool, scores: bool) -> None:
        self.label, self.told, self.key, self.maps, self.scores = label, told, key, maps, scores

    @abstractmethod
    def judge(self, photographs: Sequence[Shown]) -> list[Word]:
        """A word on each photograph."""

    def close(self) -> None:  # noqa: B027 - only bundles hold anything
        """Give back what is held."""


class WeightsJudge(Judge):
    """One network's weights, fp32, in PyTorch.

    Raises:
        ValueError: No such network is judged here, or the weights do not fit it.
    """

    def __init__(self, label: str, name: str, weights: Path) -> None:
        if name not in (MAP_NETWORK, *SCORE_NETWORKS):
            raise ValueError(f"{name} is not judged here; there are {', '.join((MAP_NETWORK, *SCORE_NETWORKS))}")
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()[:16]
        maps = name == MAP_NETWORK
        super().__init__(label, f"{name} {weights} ({digest[:8]})", f"{name}-{digest}", maps=maps, scores=not maps)
        self._network = _built(name, weights).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def judge(self, photographs: Sequence[Shown]) -> list[Word]:
        """A word on each photograph."""
        framed = [photograph.framed for photograph in photographs]
        if self.maps:
            return [Word(hidden=each.hidden, retina=each.retina) for each in map_opinions(self._network, framed)]
        return [Word(opinion=opinion) for opinion in score_opinions(self._network, framed)]


def _built(name: str, weights: Path) -> nn.Module:
    """The network with weights, or with the averaged ones of a training that is under way."""
    if weights.suffix != ".pt":
        return build(name, weights)
    network = build(name)
    averaged = torch.load(weights, weights_only=True, map_location="cpu")["averaged"]
    # A recipe trains the network inside of what only training needs.
    inner = {key.removeprefix("network."): value for key, value in averaged.items() if key.startswith("network.")}
    network.load_state_dict(inner or averaged)
    return network


class BundleJudge(Judge):
    """A bundle's two networks as a camera runs them, in the precision that is asked for.

    Raises:
        AssessorError: The bundle lacks a network or the precision.
        BundleError: It is not whole.
    """

    def __init__(self, label: str, bundle: Path | None, precision: str, threads: int) -> None:
        self._assessor = Assessor.open(bundle, precision=precision, threads=threads, backend="cpu")
        told = f"bundle {bundle or 'that is shipped'}, {self._assessor.precision}"
        key = f"bundle-{self._assessor.bundle_sha256[:16]}-{self._assessor.precision}"
        super().__init__(label, told, key, maps=True, scores=True)

    def judge(self, photographs: Sequence[Shown]) -> list[Word]:
        """A word on each photograph."""
        words = []
        for photograph in photographs:
            seen = self._assessor.glance(photograph.rgb, want_map=True, want_score=True)
            inside = seen.map[seen.cells] if seen.map is not None else None
            hidden = float(inside.mean()) if inside is not None and inside.size else 1.0
            words.append(Word(hidden=hidden, retina=seen.retina, opinion=seen.opinion))
        return words

    def close(self) -> None:
        """Close the networks."""
        self._assessor.close()
