"""How far an exported graph is from the network that it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from fundusgate.export.deployed import imagenet_planes
from fundusgate.export.readiness.estimate import work_of
from fundusgate.export.readiness.graph import GraphView
from fundusgate.export.specs import ExportError
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from fundusgate.runtime.manifest import ParityFigures

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import nn

    from fundusgate.export.specs import ExportSpec

FP32_TOLERANCE: float = 1e-4
"""Largest difference of an fp32 output on its 0..1 scale: a tenth of what could move a score's second digit."""

MOST_WORK: int = 2 * 10**12
"""Multiplications that PyTorch, and again ONNX Runtime, may spend on comparing: a minute or two on two cores."""


def check_inputs(size: int, seed: int = 0) -> list[NDArray[np.uint8]]:
    """Pictures that reach the corners of a network: black, white, noise, a smooth field, a bright disc on black.

    Args:
        size: Side S in pixels.
        seed: Of the noise.

    Returns:
        Five uint8 S x S x 3 arrays; equal for equal arguments.
    """
    random = np.random.default_rng(seed)
    noise = random.integers(0, 256, (size, size, 3), dtype=np.uint8)
    coarse = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    smooth = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    y, x = np.mgrid[:size, :size]
    disc = np.hypot(x - size / 2, y - size / 2) < 0.48 * size
    return [np.zeros_like(noise), np.full_like(noise, 255), noise, smooth, np.where(disc[..., np.newaxis], smooth, 0)]


def fp32_parity(spec: ExportSpec, network: nn.Module, graph: Path) -> ParityFigures:
    """Compare a graph on ONNX Runtime with the unfolded network in PyTorch, on some of `check_inputs`.

    Large networks take a minute a picture, so they are given fewer, and the figures say how many; the disc on black,
    which is most like a photograph, is always among them.

    Args:
        spec: How the network is deployed.
        network: The network itself, in evaluation mode.
        graph: The exported graph.

    Returns:
        The largest absolute difference by output.

    Raises:
        ExportError: An output differs by more than `FP32_TOLERANCE`.
    """
    images = check_inputs(spec.size)[::-1][: affordable(graph)]
    worst = {output.name: 0.0 for output in spec.outputs}
    with OnnxRuntimeBackend(graph) as backend:
        for image in images:
            given = backend.infer(image)
            for output, wanted in zip(spec.outputs, _reference(spec, network, image), strict=True):
                difference = float(np.abs(given[output.name] - wanted).max())
                worst[output.name] = max(worst[output.name], difference)
    beyond = {name: difference for name, difference in worst.items() if difference > FP32_TOLERANCE}
    if beyond:
        raise ExportError(
            f"the exported graph of {spec.name} differs from the network by {beyond}, more than {FP32_TOLERANCE}:"
            " the exporter changed what it computes; try another opset or torch version"
        )
    return ParityFigures(reference="torch fp32", images=len(images), max_abs_difference=worst)


def affordable(graph: Path) -> int:
    """How many pictures a graph is compared on: as many as `MOST_WORK` allows, one at least.

    Args:
        graph: With fixed shapes.

    Returns:
        1 to 5.
    """
    each = work_of(GraphView.read(graph)).multiplications
    return min(5, max(1, MOST_WORK // max(1, each)))


def _reference(spec: ExportSpec, network: nn.Module, image: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    mean, std = imagenet_planes()
    with torch.no_grad():
        pixels = torch.from_numpy(image).permute(2, 0, 1).unsqueeze(0).to(torch.float32) / 255
        return [output.numpy() for output in spec.forward(network, (pixels - mean) / std)]
