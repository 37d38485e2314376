"""Networks by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.models.checkpoints import load_checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import nn


def _fthnet_l() -> nn.Module:
    from fundusgate.models.fthnet import FTHNET_L, FTHNet

    return FTHNet(FTHNET_L)


def _fthnet_s() -> nn.Module:
    from fundusgate.models.fthnet import FTHNET_S, FTHNet

    return FTHNet(FTHNET_S)


def _efiqa() -> nn.Module:
    from fundusgate.models.efiqa import Efiqa

    return Efiqa()


def _efiqa_cp_context() -> nn.Module:
    from fundusgate.models.efiqa_cp import ContextNetwork

    return ContextNetwork()


def _efiqa_cp_edge() -> nn.Module:
    from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge

    return EfiqaCpEdge()


EFIQA_CP = "efiqa-cp"
_BUILDERS: dict[str, Callable[[], nn.Module]] = {
    "fthnet-l": _fthnet_l,
    "fthnet-s": _fthnet_s,
    "efiqa": _efiqa,
    "efiqa-cp-context": _efiqa_cp_context,
    "efiqa-cp-edge": _efiqa_cp_edge,
}
MODEL_NAMES = (*_BUILDERS, EFIQA_CP)


def build(name: str, checkpoint: Path | None = None, *, backbone: Path | None = None) -> nn.Module:
    """Build a network, in evaluation mode.

    - `fthnet-l`, `fthnet-s`: B x 3 x 384 x 384 normalised float32 to B raw scores, 0..1, high = good.
    - `efiqa`: the linear form, B x 1024 x H x W features to B x 1 x H x W logits, 1 = degraded.
    - `efiqa-cp-context`: B x 1024 x 64 x 64 features to B x 1 x 16 x 16 logits, 1 = degraded.
    - `efiqa-cp`: backbone and context network, B x 3 x 1024 x 1024 to B x 1 x 16 x 16 logits; about 1.2 GB.
    - `efiqa-cp-edge`: B x 3 x 512 x 512 to B x 1 x 16 x 16 logits.

    Args:
        name: one of `MODEL_NAMES`.
        checkpoint: weights to load; for `efiqa-cp` those of its context network. Random weights without it.
        backbone: for `efiqa-cp`, a folder with the weights of DINOv3 ViT-L/16; random weights without it.

    Raises:
        ValueError: no network has this name, or a backbone is given to one that has none.
        CheckpointError: the checkpoint or the backbone cannot be read or does not fit.
    """
    if name not in MODEL_NAMES:
        raise ValueError(f"no network is called {name!r}; there are {', '.join(sorted(MODEL_NAMES))}")
    if name == EFIQA_CP:
        return _efiqa_cp(checkpoint, backbone)
    if backbone is not None:
        raise ValueError(f"{name} takes no backbone; only {EFIQA_CP} does")
    network = _BUILDERS[name]()
    if checkpoint is not None:
        load_checkpoint(network, checkpoint)
    return network.eval()


def _efiqa_cp(checkpoint: Path | None, backbone: Path | None) -> nn.Module:
    from fundusgate.models.dinov3 import PhotographMap, random_backbone, read_backbone

    context = build("efiqa-cp-context", checkpoint)
    return PhotographMap(random_backbone() if backbone is None else read_backbone(backbone), context).eval()
