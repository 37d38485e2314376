"""A map's probabilities set right after training: a cell said to be hidden by 0.3 is hidden three times in ten.

Training weighs the two risks of its loss for what is learnt best, not for how often cells are hidden, so the logits
come out shifted and stretched. A slope and an offset mend both (Platt 1999, "Probabilistic outputs for support vector
machines"), and are taken into the map's own head, which INT8 leaves in float: no graph changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch.utils.data import default_collate

from fundusgate.training.samples import normalised

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray
    from torch import nn
    from torch.utils.data import Dataset

    from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge

SAMPLES = 320
BATCH = 8
LEAST_CELLS = 20
"""Hidden and untouched cells without which nothing is changed."""


def calibrate_map(network: nn.Module, samples: Dataset[Any], first: int) -> None:
    """Set the probabilities of a map right, in place.

    Args:
        network: An edge network.
        samples: As ``MapSamples`` gives them; pictures without a retina are left out, for of a retina's cells they say
            nothing.
        first: Index of the first sample, beyond those that training drew; no more than so many are looked at.
    """
    hidden, untouched = _logits(network, samples, range(first, first + min(SAMPLES, first)))
    if min(hidden.size, untouched.size) < LEAST_CELLS:
        return
    slope, offset = platt(untouched, hidden)
    head = cast("EfiqaCpEdge", network).map_head
    if head.bias is None:
        raise ValueError("the map's head has no bias to take an offset")
    with torch.no_grad():
        head.weight.mul_(slope)
        head.bias.mul_(slope).add_(offset)


def platt(low: NDArray[np.float32], high: NDArray[np.float32]) -> tuple[float, float]:
    """Slope and offset that turn logits into those of the true probabilities.

    Args:
        low: Logits of cells that are not hidden.
        high: Logits of cells that are.

    Returns:
        Slope (above 0 where ``high`` lies above ``low``) and offset.
    """
    values = np.concatenate([low, high]).reshape(-1, 1).astype(np.float64)
    truth = np.concatenate([np.zeros(low.size), np.ones(high.size)])
    fitted = LogisticRegression(C=1e6).fit(values, truth)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def _logits(
    network: nn.Module, samples: Dataset[Any], indices: range
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    network.eval()
    hidden, untouched = [np.zeros(0, np.float32)], [np.zeros(0, np.float32)]
    with torch.inference_mode():
        for start in range(indices.start, indices.stop, BATCH):
            batch = default_collate([samples[index] for index in range(start, min(start + BATCH, indices.stop))])
            logits = network(normalised(batch["image"])).float()[:, 0]
            retina = (batch["retina"] > 0)[:, None, None]
            hidden.append(logits[batch["positive"] & retina].numpy())
            untouched.append(logits[batch["unlabelled"] & retina].numpy())
    return np.concatenate(hidden), np.concatenate(untouched)
