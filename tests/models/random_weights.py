"""Weights in which every parameter matters, for comparing two derivations of one network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import nn

TARGET_INPUTS = (384, 192, 96, 48, 24)


def randomise(network: nn.Module, seed: int) -> None:
    """Draw every parameter anew: matrices by their fan-in, norms about one, biases, gammas and tables well off zero.

    FTHNet's target network saturates when its written weights are large, and then hides faults before it: what
    writes them is scaled to dense layers of unit gain.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            scale = _scale(name)
            if name.endswith("relative_position_bias_table"):
                parameter.copy_(noise)
            elif parameter.ndim == 1 or name.endswith("gamma"):
                centre = 1.0 if ("norm" in name and name.endswith("weight")) or name.endswith("gamma") else 0.0
                parameter.copy_(centre + 0.3 * scale * noise)
            else:
                parameter.copy_(noise * scale / parameter[0].numel() ** 0.5)


def _scale(name: str) -> float:
    if name.startswith("weight_conv."):
        return 3.0 * TARGET_INPUTS[int(name.split(".")[1])] ** -0.5
    if "fcl_fc" in name:
        return 0.3
    return 1.5 if name.startswith("conv1x1.") else 1.0


def as_arrays(network: nn.Module) -> dict[str, NDArray[np.float64]]:
    """The state dict in double precision."""
    return {name: tensor.double().numpy() for name, tensor in network.state_dict().items()}
