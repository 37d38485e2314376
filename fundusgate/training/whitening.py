"""The first layer starts as a whitening of photographs, so that fine detail is as loud as colour from the first step.

Fundus photographs vary by colour and shading a hundred times more than by the detail in which sharpness shows. From
random filters a network of a few thousand steps stays blind to blur (measured: after 19,000 samples the map of a fully
defocused photograph equalled that of a sharp one); principal components scaled to one variance (Coates and Ng,
ICML 2011, section 3) put both on one scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import nn

from fundusgate.training.samples import normalised, undegraded

if TYPE_CHECKING:
    from fundusgate.training.frames import FrameStore

PHOTOGRAPHS = 96
PATCHES = 400
"""Patches a photograph."""
NOISE_VARIANCE = 1e-3
"""Added to every component's variance, in normalised units: about a sensor noise of two levels, not to be amplified."""


def whiten_first_layer(network: nn.Module, layer: str, store: FrameStore, size: int, seed: int) -> None:
    """Set a convolution's filters to the leading whitened components of photograph patches.

    Args:
        network: Changed in place.
        layer: Name of its first convolution, on 3 channels; filters beyond the components keep their start.
        store: Photographs to learn from, as another camera would take them.
        size: Side of the network's input in pixels.
        seed: Of the choice of photographs and patches.
    """
    convolution = cast("nn.Conv2d", network.get_submodule(layer))
    side = convolution.kernel_size[0]
    patches = photograph_patches(store, side, size, seed)
    mean = patches.mean(0)
    variances, components = np.linalg.eigh(np.cov((patches - mean).T))
    leading = np.argsort(variances)[::-1][: convolution.out_channels]
    filters = components[:, leading].T / np.sqrt(variances[leading] + NOISE_VARIANCE)[:, None]
    with torch.no_grad():
        convolution.weight[: len(leading)] = torch.from_numpy(filters.reshape(-1, 3, side, side)).float()
        if convolution.bias is not None:
            convolution.bias[: len(leading)] = torch.from_numpy(-filters @ mean).float()


def photograph_patches(
    store: FrameStore, side: int, size: int, seed: int
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Normalised patches from inside the disc: N x (3 side side), channels first as a convolution has them."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(PHOTOGRAPHS):
        view = undegraded(store, int(rng.integers(len(store))), size, rng)
        image = normalised(torch.from_numpy(view.rgb)[None])[0].numpy()
        ys, xs = np.nonzero(view.inside[: size - side, : size - side])
        if len(ys) == 0:
            continue
        for place in rng.integers(len(ys), size=PATCHES):
            y, x = int(ys[place]), int(xs[place])
            found.append(image[:, y : y + side, x : x + side].ravel())
    return np.asarray(found, np.float64)
