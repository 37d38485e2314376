"""The mean-opinion scale that scores are trained on."""

from __future__ import annotations

import numpy as np

from fundusgate.runtime.score_scale import HIDDEN, KEPT
from fundusgate.training.photographs import Quality

ANCHORS = {Quality.GOOD: 82.0, Quality.USABLE: 69.0, Quality.REJECT: 41.0}
"""Class means of the mean opinion score in FQS (Gong et al., Scientific Reports 15:40524, 2025)."""

NOT_A_FUNDUS = 4.0
"""Target for a picture without a retina: the bottom of the scale, below every reject."""


def degraded_target(before: float, hidden: float, strength: float) -> float:
    """Score of a photograph after a known degradation.

    Monotone in both the share of anatomy hidden and the strength, so that copies are ordered within a class; with a
    quarter of the field hidden a good photograph (82) falls to 54, between the class means of usable and reject,
    where screening criteria ("at least three quarters of the field") draw the line.

    Args:
        before: Target before, 0..100.
        hidden: Share of the disc where anatomy stopped being visible, 0..1.
        strength: Of the degradation, 0..1; it costs up to 5 points where nothing is hidden yet.
    """
    kept = float(np.interp(hidden, HIDDEN, KEPT))
    return max(NOT_A_FUNDUS, before * kept - 5.0 * strength * kept)
