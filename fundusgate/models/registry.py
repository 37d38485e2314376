"""Networks by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

MODEL_NAMES = ("fthnet-l", "fthnet-s", "efiqa", "efiqa-cp", "efiqa-cp-context", "efiqa-cp-edge")


def build(name: str, checkpoint: Path | None = None) -> nn.Module:
    """Provisional: FTHNet and the edge network, without checkpoints."""
    from fundusgate.models.fthnet import FTHNET_L, FTHNET_S, FTHNet

    if checkpoint is not None:
        raise NotImplementedError("checkpoints are read from the next commit on")
    if name == "efiqa-cp-edge":
        from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge

        return EfiqaCpEdge().eval()
    variants = {"fthnet-l": FTHNET_L, "fthnet-s": FTHNET_S}
    if name not in variants:
        raise ValueError(f"no network is called {name!r}; there are {', '.join(MODEL_NAMES)}")
    return FTHNet(variants[name]).eval()
