"""One photograph's pseudo-label: the cells whose anatomy cannot be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.preprocessing import FramedFundus, inside_cells
from fundusgate.visibility.missing import BAD_FROM, CELLS, Rule, firm, measure
from fundusgate.visibility.vessel_view import framed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from fundusgate.visibility.networks import VisibilityNetworks

OUTSIDE, UNLABELLED, DEGRADED = 0, 1, 2
"""Values of a label: outside the disc; inside and not found degraded, which is no proof of the contrary; degraded."""


@dataclass(frozen=True)
class PseudoLabel:
    """What anatomical visibility says of one photograph.

    Attributes:
        photograph: The square about its disc, 256 pixels a side.
        seen: 256 x 256, visible vessels, share of cover 0..1, without the faint ones.
        expected: 256 x 256, vessels that should be there.
        measure: 16 x 16, 0..1, what speaks against each cell by the rule.
        cells: 16 x 16 uint8: 0 outside, 1 unlabelled, 2 degraded.
    """

    photograph: FramedFundus
    seen: NDArray[np.float32]
    expected: NDArray[np.float32]
    measure: NDArray[np.float32]
    cells: NDArray[np.uint8]

    @property
    def inside(self) -> int:
        """Cells inside the disc."""
        return int((self.cells != OUTSIDE).sum())

    @property
    def degraded(self) -> int:
        """Cells found degraded."""
        return int((self.cells == DEGRADED).sum())


def pseudo_label(rgb: NDArray[np.uint8], networks: VisibilityNetworks, rule: Rule) -> PseudoLabel:
    """Label a photograph.

    Args:
        rgb: H x W x 3 uint8, RGB, of any size.
        networks: Both.
        rule: How cells are judged.
    """
    return pseudo_labels(rgb, networks, [rule])[rule]


def pseudo_labels(
    rgb: NDArray[np.uint8], networks: VisibilityNetworks, rules: Iterable[Rule]
) -> dict[Rule, PseudoLabel]:
    """Label a photograph by several rules, the networks being asked once.

    Args:
        rgb: H x W x 3 uint8, RGB, of any size.
        networks: Both.
        rules: How cells are judged.
    """
    photograph = framed(rgb)
    seen = firm(networks.vessels(photograph.rgb, photograph.inside))
    expected = networks.expected(seen, photograph.inside)
    inside = inside_cells(photograph.inside, CELLS)
    labels = {}
    for rule in rules:
        against = measure(rule, seen, expected)
        cells = np.where(inside, np.where(against >= BAD_FROM[rule], DEGRADED, UNLABELLED), OUTSIDE)
        labels[rule] = PseudoLabel(photograph, seen, expected, against, cells.astype(np.uint8))
    return labels
