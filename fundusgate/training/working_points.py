"""Where to cut a map's values: chosen on samples that training has not drawn, and written on the weights' card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils.data import default_collate

from fundusgate.training.samples import normalised

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray
    from torch import nn
    from torch.utils.data import Dataset

SAMPLES = 160
BATCH = 8


def map_working_point(network: nn.Module, samples: Dataset[Any], first: int) -> float:
    """The cut of a map's probabilities that separates hidden cells from untouched ones best.

    Args:
        network: B x 3 x S x S to B x 1 x 16 x 16 logits.
        samples: As ``MapSamples`` gives them.
        first: Index of the first sample, beyond those that training drew; no more than so many are looked at.

    Returns:
        0..1, the cut with the best Youden index.
    """
    network.eval()
    end = first + min(SAMPLES, first)
    hidden: list[NDArray[np.float32]] = []
    untouched: list[NDArray[np.float32]] = []
    with torch.inference_mode():
        for start in range(first, end, BATCH):
            batch = default_collate([samples[index] for index in range(start, min(start + BATCH, end))])
            values = torch.sigmoid(network(normalised(batch["image"])))[:, 0]
            hidden.append(values[batch["positive"]].numpy())
            untouched.append(values[batch["unlabelled"]].numpy())
    return best_cut(np.concatenate(untouched), np.concatenate(hidden))


def best_cut(low: NDArray[np.float32], high: NDArray[np.float32]) -> float:
    """The cut with the best Youden index (share of ``high`` above it, less share of ``low`` above it).

    Args:
        low: Values that should lie below.
        high: Values that should lie above.

    Returns:
        Within 0.01..0.99, in steps of 0.01; 0.5 where one of them is empty.
    """
    if low.size == 0 or high.size == 0:
        return 0.5
    cuts = np.arange(1, 100) / 100
    youden = [(high >= cut).mean() - (low >= cut).mean() for cut in cuts]
    return float(cuts[int(np.argmax(youden))])
