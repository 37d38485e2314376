"""Stochastic depth: whole residual branches left out at random while training."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class StochasticDepth(nn.Module):
    """Leaves a residual branch out for a random part of the samples, and only while training.

    Kept samples are divided by the probability of being kept, so that the expectation is unchanged. In evaluation
    mode this is the identity and leaves nothing in an exported graph.

    Source: Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016.
    """

    def __init__(self, probability: float) -> None:
        """Choose how often.

        Args:
            probability: chance, 0 to below 1, that a sample's branch is left out.

        Raises:
            ValueError: the probability is outside [0, 1).
        """
        super().__init__()
        if not 0.0 <= probability < 1.0:
            raise ValueError(f"the probability of leaving a branch out must be in [0, 1), not {probability}")
        self.probability = probability

    def forward(self, branch: Tensor) -> Tensor:
        """`branch`, of any shape with samples on axis 0, some samples set to zero while training."""
        if not self.training or self.probability == 0.0:
            return branch
        kept = 1.0 - self.probability
        shape = (branch.shape[0],) + (1,) * (branch.ndim - 1)
        return branch * torch.empty(shape, dtype=branch.dtype, device=branch.device).bernoulli_(kept).div_(kept)

    def extra_repr(self) -> str:
        """The probability, for `print(model)`."""
        return f"probability={self.probability:.3f}"
