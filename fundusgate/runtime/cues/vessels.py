"""Where vessels can be seen: a classical multi-scale detector of dark, coherent, thin lines.

The networks say where anatomy is hidden; this says, with no training at all, where it is plainly there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.runtime.cues.view import CueView, prepare

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
        orientation: (256, 256) float32, radians 0..pi, the direction along the line.
        coherence: (256, 256) float32, 0..1, agreement of directions in a 9-pixel neighbourhood.
    """

    dark: NDArray[np.float32]
    bright: NDArray[np.float32]
    orientation: NDArray[np.float32]
    coherence: NDArray[np.float32]


def find_ridges(view: CueView) -> Ridges:
    """Measure dark and bright lines at vessel scales.

    Eigenvalues of the Hessian of the flattened green at three scales, normalised by scale (Lindeberg 1998; Frangi et
    al. 1998: a line has one large and one small eigenvalue), then weighted by how well directions agree around (a
    double-angle vector mean): noise has no direction, vessels do.

    Returns:
        `Ridges`; values in Weber contrast, so 0.05 is a line 5 % darker than its surroundings.
    """
    dark = np.zeros_like(view.flat)
    bright = np.zeros_like(view.flat)
    cosine = np.ones_like(view.flat)
    sine = np.zeros_like(view.flat)
    flat = np.clip(view.flat, -0.6, 0.6)
    for sigma in SCALES:
        smooth = cv2.GaussianBlur(flat, (0, 0), sigma)
        xx = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3, scale=0.25)
        yy = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3, scale=0.25)
        xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3, scale=0.25)
        half_trace = (xx + yy) / 2
        half_difference = (xx - yy) / 2
        root = cv2.magnitude(half_difference, xy)
        # across a line the second derivative is large, along it small; 2.2 restores the contrast of such a line
        gain = np.float32(2.2 * sigma * sigma)
        line = gain * np.maximum(half_trace + root - np.abs(half_trace - root), 0)
        counter = gain * np.maximum(root - half_trace - np.abs(half_trace + root), 0)
        better = line > dark
        # the eigenvector of the larger eigenvalue points across the line; its double angle is (half_difference, xy)
        safe = np.maximum(root, 1e-9)
        cosine = np.where(better, -half_difference / safe, cosine)
        sine = np.where(better, -xy / safe, sine)
        dark = np.maximum(dark, line)
        bright = np.maximum(bright, counter)
    dark[~view.core] = 0
    bright[~view.core] = 0
    weight = cv2.boxFilter(dark, cv2.CV_32F, (9, 9)) + np.float32(1e-6)
    mean_cosine = cv2.boxFilter(dark * cosine, cv2.CV_32F, (9, 9)) / weight
    mean_sine = cv2.boxFilter(dark * sine, cv2.CV_32F, (9, 9)) / weight
    coherence = np.minimum(cv2.magnitude(mean_cosine, mean_sine), 1.0).astype(np.float32)
    orientation = (np.arctan2(mean_sine, mean_cosine) / 2 % np.pi).astype(np.float32)
    return Ridges(
        dark=dark.astype(np.float32), bright=bright.astype(np.float32), orientation=orientation, coherence=coherence
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
    area = int(view.core.sum())
    if area == 0:
        return VesselNetwork(extent=0.0, longest=0.0, width=float("inf"), contrast=0.0)
    response = ridges.dark * ridges.coherence
    mask = (response > max(NETWORK_CONTRAST, _NOISE_GATE * view.noise)) & view.core
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.float64)
    lengths = np.maximum(stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]).astype(np.float64)
    kept = (areas >= _PIECE_AREA) & (lengths >= _PIECE_LENGTH)
    return VesselNetwork(
        extent=float(lengths[kept].sum() / np.sqrt(area)),
        longest=float(lengths.max() / mask.shape[0]) if lengths.size else 0.0,
        width=float(np.median(areas[kept] / lengths[kept])) if kept.any() else float("inf"),
        contrast=float(np.quantile(response[view.core], 0.95)),
    )


def visibility_of(view: CueView, ridges: Ridges) -> NDArray[np.float32]:
    """The vessel visibility map of a prepared view; see `vessel_visibility`."""
    response = ridges.dark * ridges.coherence
    gate = max(NETWORK_CONTRAST, _NOISE_GATE * view.noise)
    seen = np.where(response > gate, np.minimum(response, 2 * SEEN_CONTRAST), 0).astype(np.float32)
    weight = cv2.boxFilter(view.core.astype(np.float32), cv2.CV_32F, (33, 33), borderType=cv2.BORDER_CONSTANT)
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
