"""Both networks of anatomical visibility, opened: a photograph's vessels, and those that should be there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from fundusgate.models.checkpoints import load_checkpoint
from fundusgate.visibility.unet import SmallUNet
from fundusgate.visibility.vessel_view import PLANES, vessel_view

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

SHIPPED_FOLDER = Path(__file__).resolve().parent / "weights"
"""Folder of the weights that are installed with the package."""
VESSELS = "visibility-vessels"
EXPECTED = "visibility-expected"


class VisibilityWeightsError(ValueError):
    """There are no weights where they were looked for."""


def vessel_network() -> SmallUNet:
    """The network that draws visible vessels, with random weights."""
    return SmallUNet(PLANES)


def inpainting_network() -> SmallUNet:
    """The network that draws the vessels that should be there, with random weights; of a map and its mask."""
    return SmallUNet(2, (8, 12, 20, 32, 40), deepest=3)


class VisibilityNetworks:
    """Both networks in evaluation mode.

    Args:
        vessels: As `vessel_network`.
        expected: As `inpainting_network`.
    """

    def __init__(self, vessels: nn.Module, expected: nn.Module) -> None:
        self._vessels = vessels.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._expected = expected.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @classmethod
    def open(cls, folder: Path | None = None) -> VisibilityNetworks:
        """Load both.

        Args:
            folder: Of `visibility-vessels.safetensors` and `visibility-expected.safetensors`; the installed ones unless
                given.

        Raises:
            VisibilityWeightsError: They are not there.
            CheckpointError: They are not those networks' weights.
        """
        place = SHIPPED_FOLDER if folder is None else folder
        absent = [name for name in (VESSELS, EXPECTED) if not (place / f"{name}.safetensors").is_file()]
        if absent:
            raise VisibilityWeightsError(
                f"{place} holds no {' and no '.join(f'{name}.safetensors' for name in absent)}; "
                "`fundusgate visibility train` makes both"
            )
        networks = vessel_network(), inpainting_network()
        for network, name in zip(networks, (VESSELS, EXPECTED), strict=True):
            load_checkpoint(network, place / f"{name}.safetensors")
        return cls(*networks)

    def vessels(self, rgb: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The vessels that can be seen.

        Args:
            rgb: 256 x 256 x 3 uint8, as `vessel_view.framed` gives it.
            inside: 256 x 256 boolean.

        Returns:
            256 x 256, share of each pixel that a visible vessel covers, 0..1; 0 outside.
        """
        return _told(self._vessels, vessel_view(rgb, inside), inside)

    def expected(self, vessels: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The vessels that should be there, by those that are seen.

        Args:
            vessels: 256 x 256, 0..1.
            inside: 256 x 256 boolean.

        Returns:
            The same where nothing is missing, and the likely share of cover where something is; 0 outside.
        """
        return _told(self._expected, np.stack([vessels, inside.astype(np.float32)]), inside)


@torch.inference_mode()
def _told(network: nn.Module, planes: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    batch = torch.from_numpy(planes)[None].contiguous(memory_format=torch.channels_last)
    return np.asarray(torch.sigmoid(network(batch))[0, 0].numpy() * inside, np.float32)
