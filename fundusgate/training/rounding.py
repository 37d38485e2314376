"""Quantization-aware fine-tuning: a network learns to give in INT8 the answers that it gives in float.

Where rounding costs more than the accuracy budget allows, the last resort before putting layers back in float is to
let the weights move until rounding no longer hurts. The teacher is the network itself as it was, in float, so no label
is needed and nothing is learnt but to bear rounding. Source: Jacob et al., "Quantization and Training of Neural
Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018, section 3 (simulated rounding, straight-through
gradients); Nagel et al., "A White Paper on Neural Network Quantization", arXiv 2106.08295, section 5.
"""

from __future__ import annotations

import copy
from contextlib import ExitStack
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from fundusgate.calibration.weight_codes import SIGNED_MOST, channel_scales, to_int8
from fundusgate.models.efiqa_cp_edge import EdgeOutputs, EfiqaCpEdge, ResidualBlock
from fundusgate.training.samples import DEVIATION, normalised

KEPT_SHARE = 0.9999
"""Share of a tensor's values inside its range, as calibration's percentile."""
SAMPLED = 400_000
"""Values of a tensor that are looked at for its range."""
FOLLOW = 0.05
"""How quickly a range follows the network as it changes."""
NARROW = 16
"""Layers with fewer outputs are heads and stay in float."""


def rounded(x: Tensor, scale: Tensor) -> Tensor:
    """Nearest values that symmetric int8 has, the coarser of the two forms; gradients pass inside the range."""
    codes = torch.clamp(x / scale, -SIGNED_MOST, SIGNED_MOST)
    return scale * (codes + (codes.round() - codes).detach())


def convolutions_of(network: nn.Module) -> tuple[str, ...]:
    """Names of the convolutions that run in INT8: all but the heads, in the network's order."""
    return tuple(
        name
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d) and module.out_channels >= NARROW
    )


def coded(weight: Tensor) -> Tensor:
    """The weights that INT8 has for these: O x I x H x W, codes times the output channel's scale."""
    # three inputs are the picture's colours, whose normalisation is folded into the weights before they are rounded
    unit = DEVIATION.reshape(1, 3, 1, 1) if weight.shape[1] == 3 else torch.ones(1)
    exact = (weight.detach() / unit).numpy()
    scales = channel_scales(exact, 0)
    codes = torch.from_numpy(to_int8(exact, scales, 0).astype(np.float32))
    return codes * torch.from_numpy(scales).reshape(-1, 1, 1, 1) * unit


@torch.no_grad()
def put_on_codes(network: nn.Module) -> nn.Module:
    """Replace weights by those that INT8 has for them, in place.

    It is these with which the network was fine-tuned. Float and INT8 then share their weights, and differ only where
    activations are rounded.
    """
    for name in convolutions_of(network):
        weight = network.get_parameter(f"{name}.weight")
        weight.copy_(coded(weight))
    return network


class Rounded(nn.Module):
    """An edge network as INT8 computes it, beside itself in float.

    Weights are rounded by output channel, inputs of convolutions and of residual sums by tensor. Batch normalisation
    keeps its statistics: it is folded into the weights, whose channels' scales it only multiplies.

    Args:
        network: Trained; its weights are what is fine-tuned.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = cast("EfiqaCpEdge", network)
        self.teacher = copy.deepcopy(self.network).eval().requires_grad_(requires_grad=False)
        self.convolutions = convolutions_of(network)
        self.ranges: dict[str, Tensor] = {}

    def train(self, mode: bool = True) -> Rounded:
        """Stay in evaluation mode: gradients are taken, statistics are kept."""
        del mode
        return super().train(False)

    def forward(self, x: Tensor) -> tuple[EdgeOutputs, EdgeOutputs]:
        """B x 3 x 512 x 512 normalised to the rounded network's outputs and the float teacher's."""
        with torch.no_grad():
            wanted = self.teacher.outputs(x)
        with ExitStack() as hooks:
            for name, module in self.network.named_modules():
                first = name == self.convolutions[0]
                if not first and (name in self.convolutions or isinstance(module, ResidualBlock)):
                    handle = module.register_forward_pre_hook(self._round_input(name))
                    hooks.callback(handle.remove)
            return functional_call(_Outputs(self.network), self._rounded_weights(), (x,)), wanted

    def _rounded_weights(self) -> dict[str, Tensor]:
        """Weights as the graphs' INT8 has them; gradients pass as if nothing had been rounded."""
        weights = {}
        for name in self.convolutions:
            weight = self.network.get_parameter(f"{name}.weight")
            weights[f"network.{name}.weight"] = weight + (coded(weight) - weight).detach()
        return weights

    def _round_input(self, name: str) -> Any:  # noqa: ANN401 - a hook of nn.Module
        def hook(_module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            (x,) = inputs
            return (rounded(x, self._range(name, x.detach()) / SIGNED_MOST),)

        return hook

    def _range(self, name: str, x: Tensor) -> Tensor:
        values = x.flatten()
        values = values[:: max(1, len(values) // SAMPLED)].abs().float()
        now = values.kthvalue(max(1, round(KEPT_SHARE * len(values)))).values.clamp(min=1e-6)
        before = self.ranges.get(name, now)
        self.ranges[name] = before + FOLLOW * (now - before)
        return self.ranges[name]


def with_rounding(network: nn.Module, teacher: nn.Module | None) -> nn.Module:
    """The edge network as INT8 computes it; its teacher is always itself."""
    del teacher
    return Rounded(network)


class _Outputs(nn.Module):
    def __init__(self, network: EfiqaCpEdge) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> EdgeOutputs:
        return self.network.outputs(x)


def rounding_loss(network: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """How far the rounded network's probabilities are from the float one's: cross-entropy above its least."""
    now, wanted = network(normalised(batch["image"]))
    return {
        "map": _excess(now.map_logits, wanted.map_logits),
        "retina": 0.1 * _excess(now.retina_logit, wanted.retina_logit),
    }


def _excess(logits: Tensor, wanted: Tensor) -> Tensor:
    target = wanted.float().sigmoid()
    least = functional.binary_cross_entropy_with_logits(wanted.float(), target)
    return functional.binary_cross_entropy_with_logits(logits.float(), target) - least
