"""What is whose of press to verdict: the networks, looking at the photograph, and our runtime around both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, FiniteFloat, model_validator

from fundusgate.bench.series import ALTERED, Plain, alike
from fundusgate.bench.statistics import paired_share_interval, percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self


class Share(Plain):
    """A share of press to verdict, 0 to 1 but for chance, and its 99 % bootstrap interval."""

    share: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat

    def agrees(self, other: Share) -> bool:
        """Whether both say the same."""
        return all(alike(getattr(self, name), getattr(other, name)) for name in ("share", "low", "high"))


class Overhead(Plain):
    """Three things taken in turn, milliseconds, and the shares that follow from their medians; they add up to one.

    `verdict_ms` is a whole press through camera, assessor and gate. `plain_ms` is the same work on the same photograph
    written down plainly, without any of our runtime: disc, framing, both networks on bare sessions, cues. `networks_ms`
    is the bare sessions alone, inputs ready.
    """

    verdict_ms: list[FiniteFloat]
    plain_ms: list[FiniteFloat]
    networks_ms: list[FiniteFloat]
    networks: Share = Field(description="median(networks) / median(verdict)")
    looking: Share = Field(description="(median(plain) - median(networks)) / median(verdict): disc, framing, cues")
    runtime: Share = Field(description="1 - median(plain) / median(verdict): everything else, which is our overhead")

    @model_validator(mode="after")
    def _follows(self) -> Self:
        if not len(self.verdict_ms) == len(self.plain_ms) == len(self.networks_ms) > 0:
            raise ValueError("the overhead needs as many samples of each, and one at least")
        expected = _shares(self.verdict_ms, self.plain_ms, self.networks_ms)
        if not all(getattr(self, name).agrees(share) for name, share in expected.items()):
            raise ValueError(f"the shares {ALTERED}")
        return self

    @classmethod
    def of(cls, verdict_ms: Sequence[float], plain_ms: Sequence[float], networks_ms: Sequence[float]) -> Overhead:
        """With the shares that follow; the samples are in the order in which they were taken."""
        samples = {"verdict_ms": list(verdict_ms), "plain_ms": list(plain_ms), "networks_ms": list(networks_ms)}
        return cls.model_validate(samples | _shares(verdict_ms, plain_ms, networks_ms))


def _shares(verdict: Sequence[float], plain: Sequence[float], networks: Sequence[float]) -> dict[str, Share]:
    weights = {"networks": (0, 0, 1), "looking": (0, 1, -1), "runtime": (1, -1, 0)}
    samples = (verdict, plain, networks)
    medians = np.array([percentile(each, 50) for each in samples])
    found = {}
    for name, weight in weights.items():
        interval = paired_share_interval(samples, weight)
        share = float(np.dot(weight, medians) / medians[0])
        found[name] = Share(share=share, low=interval.low, high=interval.high)
    return found
