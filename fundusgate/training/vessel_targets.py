"""Where a photograph shows vessels: what a map network is also asked, because anatomy is what generalises.

A network that must say which vessels are seen, and which are there although a fault hides them, cannot judge by the
camera's colours alone. The vessels of a real photograph are found by a plain multi-scale filter: the larger eigenvalue
of the Hessian of the green channel over its surroundings (after Frangi et al., "Multiscale vessel enhancement
filtering", MICCAI 1998), cut softly, since a line that a filter misses is no proof that none is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fundusgate.training.augmentation import Mask, Pixels

SIDE = 256
"""Pixels a side at which vessels are looked for."""
SCALES = (1.2, 2.2)
"""Standard deviations of the filter, pixels of ``SIDE``: a twig and an arcade."""
FAINTEST, PLAIN = 0.012, 0.04
"""Responses, as shares of the surroundings' brightness, at which a line begins to count and counts wholly."""


def vessel_map(rgb: Pixels, inside: Mask) -> NDArray[np.float32]:
    """How plainly a vessel is seen at each place.

    Args:
        rgb: S x S x 3 uint8 framed photograph, 0 outside.
        inside: S x S boolean, the disc within the picture.

    Returns:
        256 x 256 float32, 0 (none) to 1 (plain); 0 outside and along the rim, whose edge is no vessel.
    """
    green = cv2.resize(rgb[..., 1], (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    mask = cv2.resize(inside.astype(np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    weight = mask.astype(np.float32)
    around = cv2.GaussianBlur(green * weight, (0, 0), 10) / np.maximum(cv2.GaussianBlur(weight, (0, 0), 10), 1e-3)
    flat = np.where(mask > 0, green / np.maximum(around, 4.0), np.float32(1))
    response = np.zeros((SIDE, SIDE), np.float32)
    for sigma in SCALES:
        soft = cv2.GaussianBlur(flat, (0, 0), sigma)
        xx = cv2.Sobel(soft, cv2.CV_32F, 2, 0, ksize=3) / 4
        yy = cv2.Sobel(soft, cv2.CV_32F, 0, 2, ksize=3) / 4
        xy = cv2.Sobel(soft, cv2.CV_32F, 1, 1, ksize=3) / 4
        # Dark lines: strong curvature across, little along.
        mean, spread = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
        across, along = mean + spread, mean - spread
        response = np.maximum(response, sigma**2 * (across - np.abs(along)))
    core = cv2.erode(mask, np.ones((9, 9), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(np.clip((response - FAINTEST) / (PLAIN - FAINTEST), 0, 1) * core, np.float32)


def vessel_cells(vessels: NDArray[np.float32], hidden: Mask, cells: int) -> NDArray[np.float32]:
    """Vessels by cell: those that are seen, and those that are there.

    Args:
        vessels: 256 x 256, ``vessel_map`` of the photograph before any fault.
        hidden: S x S boolean, where faults hide anatomy.
        cells: Cells a side.

    Returns:
        2 x cells x cells float32, 0..1: the seen, and all. A cell that a vessel crosses once is near 1.
    """
    shown = cv2.resize((~hidden).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    both = np.dstack([vessels * shown, vessels])
    # A vessel of two pixels through a cell of four covers half of it.
    shares = cv2.resize(both, (cells, cells), interpolation=cv2.INTER_AREA) * 2
    return np.ascontiguousarray(np.clip(shares, 0, 1).transpose(2, 0, 1), np.float32)
