"""Diffuse haze: a veil over the whole field that takes the contrast away, at normal exposure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.cues.view import RADIUS, quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.runtime.cues.view import CueView

_INNER = RADIUS < 0.75


@dataclass(frozen=True)
class Haze:
    """Haze figures of one frame.

    Attributes:
        veil: whiteness that even the most saturated tenth of the field has, over mean luminance, 0..1 (0.2 to 0.4 in
            clear photographs, higher under a grey veil; a yellow cataract does not raise it).
        broad_contrast: Weber contrast (standard deviation, 0 and up) of what is wider than any vessel: optic disc,
            macula, choroid. Defocus keeps it, a veil takes it with everything else.
        faint: 0..1, fraction of the field's cells where hardly a vessel can be seen.
        evenness: 0..1, 1 when all quarters of the field are equally faint: what a lens opacity does and a crescent not.
    """

    veil: float
    broad_contrast: float
    faint: float
    evenness: float


def measure_haze(view: CueView, visibility: NDArray[np.float32]) -> Haze:
    """Measure haze on a prepared view.

    Args:
        view: the prepared view.
        visibility: (16, 16) map of `visibility_of`.
    """
    if not view.core.any():
        return Haze(0.0, 0.0, 1.0, 0.0)
    white = view.white[view.core]
    mean = max(float(view.luminance[view.core].mean()), 0.05)
    broad = view.clipped_at_four[view.core & _INNER]
    step = view.inside.shape[0] // visibility.shape[0]
    cells = view.core.reshape(visibility.shape[0], step, visibility.shape[1], step).mean(axis=(1, 3)) > 0.5
    hidden = (visibility < 0.12) & cells
    half = visibility.shape[0] // 2
    quarters = [
        float(hidden[rows, columns].sum()) / max(int(cells[rows, columns].sum()), 1)
        for rows in (slice(0, half), slice(half, None))
        for columns in (slice(0, half), slice(half, None))
    ]
    return Haze(
        veil=float(np.clip(quantile(white, 0.1) / mean, 0, 1)),
        broad_contrast=float(broad.std()) if broad.size else 0.0,
        faint=float(hidden.sum()) / max(int(cells.sum()), 1),
        evenness=float(np.clip(1 - (max(quarters) - min(quarters)), 0, 1)),
    )
