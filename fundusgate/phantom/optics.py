"""Blur kernels, and how much of a vessel's contrast each leaves.

A vessel is a dark line of width `w`. Blurred by a kernel whose line-spread function is L, its contrast at the middle
is the part of L that lies within w/2 of the axis (Goodman, Introduction to Fourier Optics, ch. 6: the image of a
long object is the object's profile convolved with the line-spread function).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from fundusgate.phantom.arrays import Float32, Mask

WORKING_RADIUS = 3.0
"""Kernels larger than this, in pixels, are applied at reduced size: nothing finer survives them anyway."""


def disc_survival(radius: float, vessel_width: float) -> float:
    """The share of a vessel's contrast that a defocus disc of `radius` leaves, 0..1; both in pixels."""
    half = vessel_width / 2
    if radius <= half:
        return 1.0
    t = half / radius
    # The line-spread function of a uniform disc is the half-ellipse (2/pi) sqrt(1 - t^2); this is its integral.
    return 2 / math.pi * (t * math.sqrt(1 - t * t) + math.asin(t))


def gaussian_survival(sigma: Float32, vessel_width: float) -> Float32:
    """The share of a vessel's contrast that a Gaussian blur leaves.

    Args:
        sigma: Standard deviations in pixels, any shape, at least 0.
        vessel_width: The vessel's width in pixels.

    Returns:
        0..1, the shape of `sigma`.
    """
    argument = vessel_width / (2 * math.sqrt(2) * np.maximum(sigma, 1e-3))
    # erf to 3e-7 is not needed: tanh's classical approximation is within 4e-4 (Vedder 1987) and is vectorised.
    z = argument.astype(np.float32)
    return np.tanh(np.minimum(1.1283792 * z + 0.1009 * z**3, 12.0)).astype(np.float32)


def motion_survival(length: float, vessel_width: float) -> float:
    """The share of contrast that a straight smear of `length` pixels leaves, averaged over vessel directions, 0..1."""
    angles = (np.arange(90) + 0.5) * (math.pi / 180)
    smear = length * np.sin(angles)
    return float(np.mean(np.minimum(1.0, vessel_width / np.maximum(smear, 1e-6))))


def disc_kernel(radius: float) -> Float32:
    """A uniform disc of `radius` pixels with an anti-aliased rim, summing to 1; (2n+1) x (2n+1)."""
    n = max(1, math.ceil(radius))
    y, x = np.mgrid[-n : n + 1, -n : n + 1]
    kernel = np.clip(radius + 0.5 - np.sqrt(x * x + y * y), 0, 1).astype(np.float32)
    return np.asarray(kernel / kernel.sum(), np.float32)


def motion_kernel(length: float, angle: float, bend: float = 0.0) -> Float32:
    """A smear path of `length` pixels, summing to 1.

    Args:
        length: Length of the path in pixels, over 0.
        angle: Direction, radians.
        bend: Change of direction along the path, radians: a hand does not shake in a straight line.
    """
    n = max(1, math.ceil(length / 2) + 1)
    kernel = np.zeros((2 * n + 1, 2 * n + 1), np.float32)
    steps = max(8, int(length * 4))
    headings = angle + bend * np.linspace(-0.5, 0.5, steps)
    x = np.cumsum(np.cos(headings)) * length / steps
    y = np.cumsum(np.sin(headings)) * length / steps
    x, y = x - x.mean() + n, y - y.mean() + n
    fx, fy = np.floor(x), np.floor(y)
    for ox in (0, 1):
        for oy in (0, 1):
            weight = (1 - np.abs(x - fx - ox)) * (1 - np.abs(y - fy - oy))
            np.add.at(kernel, (np.clip(fy + oy, 0, 2 * n).astype(int), np.clip(fx + ox, 0, 2 * n).astype(int)), weight)
    return np.asarray(kernel / kernel.sum(), np.float32)


def shrink_for(radius: float) -> int:
    """The integer factor by which a picture may be shrunk before a blur of `radius` pixels."""
    return max(1, int(radius // WORKING_RADIUS))


def _convolved_inside(image: Float32, field: Mask, convolve: Callable[[Float32], Float32], shrink: int) -> Float32:
    height, width = field.shape
    inside = field.astype(np.float32)
    small = image * inside[..., None]
    if shrink > 1:
        size = (-(-width // shrink), -(-height // shrink))
        small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.float32)
        inside = np.asarray(cv2.resize(inside, size, interpolation=cv2.INTER_AREA), np.float32)
    blurred = convolve(small)
    blurred /= np.maximum(convolve(inside), np.float32(1e-3))[..., None]
    if shrink > 1:
        blurred = np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    np.copyto(blurred, image, where=~field[..., None])
    return blurred


def blur_inside(image: Float32, field: Mask, kernel: Float32, shrink: int) -> Float32:
    """Convolve the picture inside its field only: the camera's mask lies in focus, so black must not bleed in.

    Args:
        image: H x W x 3 float32.
        field: H x W, the camera's mask.
        kernel: The blur kernel, sized for the shrunken picture.
        shrink: How much the picture is shrunk for the work (see `shrink_for`).

    Returns:
        H x W x 3, blurred inside the field, unchanged outside.
    """

    def convolve(levels: Float32) -> Float32:
        return np.asarray(cv2.filter2D(levels, -1, kernel, borderType=cv2.BORDER_CONSTANT), np.float32)

    return _convolved_inside(image, field, convolve, shrink)


def gaussian_inside(image: Float32, field: Mask, sigma: float) -> Float32:
    """As `blur_inside` with a Gaussian of `sigma` pixels, over 0."""
    shrink = max(1, int(sigma / 1.6))
    # Shrinking and growing again blur a little themselves: about a third of a cell squared.
    left = math.sqrt(max(0.04, sigma * sigma - (shrink * shrink - 1) / 4)) / shrink
    half = max(1, math.ceil(2.6 * left))
    line = np.asarray(cv2.getGaussianKernel(2 * half + 1, left, cv2.CV_32F), np.float32)

    def convolve(levels: Float32) -> Float32:
        return np.asarray(cv2.sepFilter2D(levels, -1, line, line, borderType=cv2.BORDER_CONSTANT), np.float32)

    return _convolved_inside(image, field, convolve, shrink)
