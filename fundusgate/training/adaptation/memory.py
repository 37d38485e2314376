"""Whether adapted weights still know what they knew: hidden cells of phantom eyes, and pictures without a retina."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from sklearn.metrics import roc_auc_score

from fundusgate.training.adaptation.views import last_block

if TYPE_CHECKING:
    from fundusgate.models.efiqa_cp_edge import EfiqaCpEdge
    from fundusgate.training.adaptation.views import Views

MOST_LOST = 0.02
"""Cell AUROC that an adaptation may cost on phantom eyes."""


@dataclass(frozen=True)
class Memory:
    """What a network does on what it was not adapted to.

    Attributes:
        cell_auroc: Hidden cells of phantom eyes above untouched ones, 0..1.
        refused: Share of pictures without a retina that are refused, 0..1.
    """

    cell_auroc: float
    refused: float

    def lost(self, after: Memory) -> str:
        """What is worse afterwards, in words; empty where nothing is."""
        said = []
        if after.cell_auroc < self.cell_auroc - MOST_LOST:
            said.append(
                f"hidden cells of phantom eyes are told worse ({self.cell_auroc:.3f} to {after.cell_auroc:.3f})"
            )
        if after.refused < self.refused:
            said.append(f"fewer pictures without a retina are refused ({self.refused:.0%} to {after.refused:.0%})")
        return ", ".join(said)


@torch.inference_mode()
def memory_of(network: EfiqaCpEdge, unseen: Views, retina_limit: float) -> Memory:
    """Measure it.

    Args:
        network: Before or after.
        unseen: Views as `remembered_views` makes them, of other seeds than those that were learnt.
        retina_limit: The gate's working point for a retina, 0..1.
    """
    logits, retinas = last_block(network, unseen.features.float())
    eye = unseen.untouched.flatten(1).any(1) | (unseen.positive.flatten(1).any(1) & ~unseen.positive.flatten(1).all(1))
    hidden, untouched = logits[eye][unseen.positive[eye]], logits[eye][unseen.untouched[eye]]
    truth = [1] * len(hidden) + [0] * len(untouched)
    area = float(roc_auc_score(truth, torch.cat([hidden, untouched]).numpy()))
    other = retinas[~eye].sigmoid()
    return Memory(area, float((other < retina_limit).float().mean()))
