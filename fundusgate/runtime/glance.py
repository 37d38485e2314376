"""What the runtime makes of one live frame: the cues always, each network where it was asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fundusgate.codes import CauseCode
    from fundusgate.runtime.cues import Cues
    from fundusgate.runtime.disc import Disc


@dataclass(frozen=True, eq=False)
class Glance:
    """One live frame, seen as far as was asked.

    Attributes:
        disc: the camera mask's circle in the frame's pixels; `bounded` False where there is none.
        box: x0, y0, x1, y1, the square of the frame's own pixels that a map covers; may reach past its edges.
        cells: (16, 16) bool, the cells that lie in the visible field.
        cues: the plain cues.
        severities: severity 0..1 of every cause that has a cue.
        signature: (16, 16) float32, 0..255, mean brightness of the framed square's cells: tells whether two frames
            show the same scene.
        map: (16, 16) float32, read-only, 0..1 with 1 = anatomy cannot be seen, every cell as the network gave it;
            None where the map was not asked for.
        retina: the map network's probability 0..1 of a retina; None where it states none or was not asked.
        opinion: the score network's own mean opinion score, 0..100, high is good; None where it was not asked.
        score: the reported score, 0..100: the opinion weighed with the map; None unless both were asked.
        elapsed_ms: milliseconds by stage, see `runtime.stopwatch`; "map" and "score" where they ran.
    """

    disc: Disc
    box: tuple[int, int, int, int]
    cells: NDArray[np.bool_]
    cues: Cues
    severities: Mapping[CauseCode, float]
    signature: NDArray[np.float32]
    map: NDArray[np.float32] | None
    retina: float | None
    opinion: float | None
    score: float | None
    elapsed_ms: Mapping[str, float]

    def shown_map(self) -> NDArray[np.float32] | None:
        """The map as `Assessment.map` gives it: not-a-number outside the visible field; None without a map."""
        return None if self.map is None else shown(self.map, self.cells)


def shown(degraded: NDArray[np.float32], cells: NDArray[np.bool_]) -> NDArray[np.float32]:
    """A map for people: (16, 16) float32, read-only, not-a-number outside the visible field."""
    masked = np.where(cells, degraded, np.float32(np.nan)).astype(np.float32)
    masked.setflags(write=False)
    return masked


def signature_of(framed: NDArray[np.uint8], cells: int) -> NDArray[np.float32]:
    """Mean brightness of the cells of a framed fundus.

    Args:
        framed: S x S x 3 uint8, RGB.
        cells: cells a side.

    Returns:
        cells x cells float32, 0..255.
    """
    green = np.ascontiguousarray(framed[..., 1])
    small = cv2.resize(green, (cells, cells), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)
