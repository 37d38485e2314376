"""Whether the picture is of a retina at all: thin dark vessels in a network on a smooth ground.

Colour is not asked: cameras differ, and a greenish, pale, red-free or grey fundus is a fundus, while skin has the
fundus's colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.runtime.cues.view import quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.runtime.cues.sharpness import Sharpness
    from fundusgate.runtime.cues.vessels import Ridges, VesselNetwork
    from fundusgate.runtime.cues.view import CueView

FEATURES = (
    "line contrast",
    "strong line contrast",
    "roughness",
    "noise",
    "network extent",
    "longest vessel",
    "vessel width",
    "dark over bright lines",
    "fine over coarse",
    "deep shadows",
    "extremes",
    "one direction",
)
"""What the likeness is computed from, in this order; each is described where `evidence` computes it."""


def evidence(view: CueView, ridges: Ridges, network: VesselNetwork, sharpness: Sharpness) -> NDArray[np.float64]:
    """The measurements that the likeness weighs.

    Returns:
        (12,) float64, in the order of `FEATURES`; finite for any view with a field.
    """
    core = view.core
    response = ridges.response[core]
    flat = view.flat[core]
    # what is smooth at four pixels is told as well by a quarter of them
    half = cv2.GaussianBlur(cv2.resize(view.flat, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), (0, 0), 2.0)
    rough = np.abs(half[core[::2, ::2]])
    turns = (ridges.orientation[core] * np.float32(_WAYS / np.pi)).astype(np.int32)
    histogram = np.bincount(np.minimum(turns, _WAYS - 1), weights=response, minlength=_WAYS)

    def log(value: float) -> float:
        return float(np.log(value + 0.003))

    return np.array(
        [
            log(network.contrast),
            log(quantile(response, 0.99)),
            log(quantile(rough, 0.95)),  # a fundus has no large steps but its disc
            log(view.noise),
            log(network.extent),
            network.longest,
            min(network.width, 9.0),  # vessels are thin; objects' outlines and bricks are not
            log((float(ridges.dark[core].mean()) + 0.002) / (float(ridges.bright[core].mean()) + 0.002)),
            log(sharpness.fine_to_coarse),
            log(float(np.mean(flat < -0.3))),
            log(float(np.mean(np.abs(flat) > 0.3))),
            float(histogram.max() / max(float(histogram.sum()), 1e-6)),  # vessels run every way, stripes do not
        ]
    )


_WAYS = 12

_MEAN = np.array([-2.471, -1.835, -2.181, -4.5, 0.995, 0.71, 5.084, -0.16, -0.364, -4.697, -4.049, 0.163])
_SCALE = np.array([0.774, 0.754, 0.668, 0.653, 1.415, 0.262, 1.651, 0.306, 0.502, 1.269, 1.297, 0.108])
_WEIGHT = np.array([-1.806, 0.978, -0.162, 1.192, 0.783, 1.531, -0.775, -0.306, 0.713, -1.536, 0.455, -1.86])
_BIAS = 0.656
# Logistic regression (scikit-learn, C = 0.3, classes balanced) by `benchmarks/fit_retina_likeness.py --each 90`: 900
# photographs and phantoms of seven sources and every quality, a third of them recoloured or blurred, against 364
# pictures that are no fundus (sample pictures, their crops, tinted and blurred, behind round masks; skin, rooms,
# textures, lens caps, drawn external eyes). With every source and every picture held out in turn: AUC 0.968; 95 % of
# the positives lie above 0.31, 95 % of the negatives below 0.63.

NO_NETWORK = 0.4
"""Network extent (see `VesselNetwork.extent`) that noise reaches: below it there is no evidence of a retina."""

SOME_NETWORK = 1.2
"""Network extent from which vessels no longer limit the likeness (2nd percentile of good photographs: 2.7)."""


@dataclass(frozen=True)
class RetinaLikeness:
    """How much the picture looks like a retina.

    Attributes:
        likeness: 0..1; about 1 for a readable fundus, near 0 for other pictures. It is also low where nothing can be
            seen, so a low value of a black, white or wholly blurred frame says "no retina seen", not "not an eye".
        network: 0..1, the part that the vessels alone contribute: 0 where no vessel network is seen.
    """

    likeness: float
    network: float


def measure_retina(view: CueView, ridges: Ridges, network: VesselNetwork, sharpness: Sharpness) -> RetinaLikeness:
    """Weigh the evidence that a retina is in the picture; zero for a view without field."""
    if not view.core.any():
        return RetinaLikeness(0.0, 0.0)
    seen = float(np.clip((network.extent - NO_NETWORK) / (SOME_NETWORK - NO_NETWORK), 0, 1))
    logit = float(_WEIGHT @ ((evidence(view, ridges, network, sharpness) - _MEAN) / _SCALE)) + _BIAS
    return RetinaLikeness(likeness=seen / (1 + float(np.exp(-np.clip(logit, -30, 30)))), network=seen)
