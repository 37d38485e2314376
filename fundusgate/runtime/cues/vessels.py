"""Where vessels can be seen: a classical multi-scale detector of dark, coherent, thin lines.

The networks say where anatomy is hidden; this says, with no training at all, where it is plainly there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.runtime.cues.view import CueView, prepare, quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCALES = (1.2, 2.0, 3.2)
"""Standard deviations of the line detector, canonical pixels: small, middle and wide vessels of a 45 degree field."""

SEEN_CONTRAST = 0.05
"""Weber contrast of a vessel on its surroundings that counts as plainly seen (value 1 of the visibility map)."""

_CELLS = 16


NETWORK_CONTRAST = 0.018
"""Weber contrast from which a coherent dark line is taken for a piece of vessel."""

_NOISE_GATE = 2.5
_PIECE_AREA = 40
_PIECE_LENGTH = 14


@dataclass(frozen=True)
class Ridges:
    """Line responses of one view.

    Attributes:
        dark: (256, 256) float32, Weber contrast of dark coherent lines, zero or more; vessels.
        bright: (256, 256) float32, the same for bright lines; edges, fibres, exudates, texture.
        orientation: (256, 256) float32, radians 0..pi, the direction along the line, to a hundredth.
        coherence: (256, 256) float32, 0..1, agreement of directions in a 9-pixel neighbourhood.
    """

    dark: NDArray[np.float32]
    bright: NDArray[np.float32]
    orientation: NDArray[np.float32]
    coherence: NDArray[np.float32]

    @cached_property
    def response(self) -> NDArray[np.float32]:
        """(256, 256) float32, `dark` weighted by `coherence`."""
        return np.asarray(cv2.multiply(self.dark, self.coherence), np.float32)


def find_ridges(view: CueView) -> Ridges:
    """Measure dark and bright lines at vessel scales.

    Eigenvalues of the Hessian of the flattened green at three scales, normalised by scale (Lindeberg 1998; Frangi et
    al. 1998: a line has one large and one small eigenvalue), then weighted by how well directions agree around (a
    double-angle vector mean): noise has no direction, vessels do.

    Returns:
        `Ridges`; values in Weber contrast, so 0.05 is a line 5 % darker than its surroundings.
    """
    shape = view.flat.shape
    dark, bright, cosine, sine = (np.zeros(shape, np.float32) for _ in range(4))
    # written over at every scale: taking fresh memory costs more than the arithmetic
    own, xx, yy, xy, root, line, unit = (np.empty(shape, np.float32) for _ in range(7))
    better = np.empty(shape, np.uint8)
    for sigma in SCALES:
        smooth = view.clipped_at_two if sigma == 2.0 else cv2.GaussianBlur(view.clipped, (0, 0), sigma, own)
        cv2.Sobel(smooth, cv2.CV_32F, 2, 0, dst=xx, ksize=3, scale=0.25)
        cv2.Sobel(smooth, cv2.CV_32F, 0, 2, dst=yy, ksize=3, scale=0.25)
        cv2.Sobel(smooth, cv2.CV_32F, 1, 1, dst=xy, ksize=3, scale=0.25)
        half_trace = cv2.addWeighted(xx, 0.5, yy, 0.5, 0, dst=line)
        half_difference = cv2.addWeighted(xx, 0.5, yy, -0.5, 0, dst=yy)
        cv2.magnitude(half_difference, xy, root)
        # across a line the second derivative is large, along it small; 2.2 restores the contrast of such a line:
        # trace + root - |trace - root| is twice the smaller of the two
        gain = np.float32(4.4 * sigma * sigma)
        counter = cv2.add(root, half_trace, dst=xx)
        np.maximum(counter, 0, out=counter)
        cv2.subtract(root, counter, dst=counter)
        np.multiply(counter, gain, out=counter)
        cv2.max(bright, counter, bright)
        np.multiply(cv2.min(half_trace, root, line), gain, out=line)
        cv2.compare(line, dark, cv2.CMP_GT, better)
        cv2.max(dark, line, dark)
        # the eigenvector of the larger eigenvalue points across the line; its double angle is (half_difference, xy)
        np.maximum(root, np.float32(1e-9), out=root)
        np.divide(np.float32(-1), root, out=unit)
        cv2.copyTo(cv2.multiply(half_difference, unit, yy), better, cosine)
        cv2.copyTo(cv2.multiply(xy, unit, xy), better, sine)
    dark *= view.core_weight
    bright *= view.core_weight
    weight = cv2.boxFilter(dark, cv2.CV_32F, (9, 9)) + np.float32(1e-6)
    mean_cosine = cv2.divide(cv2.boxFilter(cv2.multiply(dark, cosine), cv2.CV_32F, (9, 9)), weight)
    mean_sine = cv2.divide(cv2.boxFilter(cv2.multiply(dark, sine), cv2.CV_32F, (9, 9)), weight)
    coherence = np.minimum(cv2.magnitude(mean_cosine, mean_sine), np.float32(1))
    # half of the double angle, 0..2 pi
    orientation = cv2.phase(mean_cosine, mean_sine) * np.float32(0.5)
    return Ridges(
        dark=np.asarray(dark, np.float32),
        bright=np.asarray(bright, np.float32),
        orientation=np.asarray(orientation, np.float32),
        coherence=np.asarray(coherence, np.float32),
    )


@dataclass(frozen=True)
class VesselNetwork:
    """What connected vessel pieces there are.

    Attributes:
        extent: summed length of all pieces over the square root of the field's area: about 4 in a good photograph,
            under 0.5 where there is nothing but noise.
        longest: length of the longest piece as a fraction of the disc's diameter, 0..1.
        width: median width of the pieces, canonical pixels (area over length); infinite with no piece.
        contrast: 95th percentile of the coherent dark response over the field, Weber contrast.
    """

    extent: float
    longest: float
    width: float
    contrast: float


def vessel_network(view: CueView, ridges: Ridges) -> VesselNetwork:
    """Connect the lines into pieces and measure how much of a network they are."""
    area = int(np.count_nonzero(view.core))
    if area == 0:
        return VesselNetwork(extent=0.0, longest=0.0, width=float("inf"), contrast=0.0)
    response = ridges.response
    mask = (response > max(NETWORK_CONTRAST, _NOISE_GATE * view.noise)) & view.core
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8, ltype=cv2.CV_16U)
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.float64)
    lengths = np.maximum(stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]).astype(np.float64)
    kept = (areas >= _PIECE_AREA) & (lengths >= _PIECE_LENGTH)
    return VesselNetwork(
        extent=float(lengths[kept].sum() / np.sqrt(area)),
        longest=float(lengths.max() / mask.shape[0]) if lengths.size else 0.0,
        width=float(np.median(areas[kept] / lengths[kept])) if kept.any() else float("inf"),
        contrast=quantile(response[view.core], 0.95),
    )


def visibility_of(view: CueView, ridges: Ridges) -> NDArray[np.float32]:
    """The vessel visibility map of a prepared view; see `vessel_visibility`."""
    response = ridges.response
    gate = max(NETWORK_CONTRAST, _NOISE_GATE * view.noise)
    seen = np.where(response > gate, np.minimum(response, 2 * SEEN_CONTRAST), 0).astype(np.float32)
    weight = cv2.boxFilter(view.core_weight, cv2.CV_32F, (33, 33), borderType=cv2.BORDER_CONSTANT)
    mean = cv2.boxFilter(seen, cv2.CV_32F, (33, 33), borderType=cv2.BORDER_CONSTANT) / np.maximum(weight, 0.05)
    cells = cv2.resize(np.where(view.inside, mean, 0), (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
    # a wide vessel crossing a neighbourhood of two cells covers about a tenth of it
    return np.asarray(np.clip(cells / (0.1 * 2 * SEEN_CONTRAST), 0, 1), np.float32)


def vessel_visibility(rgb: NDArray[np.uint8], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Where vessels are plainly seen.

    Absence is no proof of degradation: the fovea has no vessels, and between the arcades they are thin.

    Args:
        rgb: (S, S, 3) uint8, the framed fundus.
        inside: (S, S) bool.

    Returns:
        (16, 16) float32, 0 (no vessel in or about the cell) to 1 (plainly seen); 0 outside.

    Raises:
        ValueError: the arrays do not fit (see `prepare`).
    """
    view = prepare(rgb, inside)
    return visibility_of(view, find_ridges(view))
