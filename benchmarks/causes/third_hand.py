"""A third hand's faults, which nothing was ever fitted to: the plainest way to draw each, on the levels themselves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.codes import CauseCode

if TYPE_CHECKING:
    from numpy.typing import NDArray


def worsen(
    rgb: NDArray[np.uint8], field: NDArray[np.bool_], code: CauseCode, strength: float, seed: int
) -> NDArray[np.uint8]:
    """Put one fault on a photograph.

    Args:
        rgb: H x W x 3 uint8, RGB.
        field: H x W bool, the camera's mask.
        code: which fault.
        strength: above 0 to 1.
        seed: the same seed gives the same bytes.

    Returns:
        H x W x 3 uint8; black outside the field.
    """
    rng = np.random.default_rng([3, seed, *code.value.encode()])
    image = rgb.astype(np.float32)
    height, width = field.shape
    rows, columns = np.flatnonzero(field.any(axis=1)), np.flatnonzero(field.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1], columns[0], columns[-1]
    half = max(bottom - top, right - left) / 2
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    x, y = (xs - (left + right) / 2) / half, (ys - (top + bottom) / 2) / half
    r = np.hypot(x, y)
    if code is CauseCode.FOCUS:
        worse = cv2.GaussianBlur(image, (0, 0), 2 + 8 * strength)
    elif code is CauseCode.MOTION:
        size = int(7 + 36 * strength) | 1
        line = np.zeros((size, size), np.float32)
        line[size // 2] = 1
        turn = cv2.getRotationMatrix2D((size / 2 - 0.5, size / 2 - 0.5), rng.uniform(0, 180), 1)
        line = cv2.warpAffine(line, turn, (size, size))
        worse = cv2.filter2D(image, -1, line / line.sum())
    elif code is CauseCode.TOO_DARK:
        worse = image * (0.45 - 0.37 * strength)
    elif code is CauseCode.TOO_BRIGHT:
        worse = image * (1.4 + 1.6 * strength) + 40 * strength
    elif code in (CauseCode.CRESCENT_TOP, CauseCode.CRESCENT_BOTTOM):
        upward = -y if code is CauseCode.CRESCENT_TOP else y
        # outside a disc of the field's size that has slid away
        cover = np.clip((np.hypot(x, upward + 0.15 + 0.5 * strength) - 1) / 0.3, 0, 1)
        cover *= 0.5 + 0.4 * strength
        worse = image * (1 - cover[..., None]) + cover[..., None] * np.array([225, 230, 235], np.float32)
    elif code is CauseCode.CENTRAL_GHOST:
        centre = rng.uniform(-0.2, 0.2, 2)
        spot = np.clip((0.1 + 0.15 * strength - np.hypot(x - centre[0], y - centre[1])) / 0.06 + 0.5, 0, 1)
        spot *= 0.35 + 0.5 * strength
        worse = image * (1 - spot[..., None]) + spot[..., None] * np.array([215, 215, 220], np.float32)
    elif code is CauseCode.LASH_LID:
        depth = (0.2 + 0.6 * strength) * (1 + 0.15 * np.cos(3 * x + rng.uniform(0, 6)))
        lid = np.clip((depth - (y + 1)) / 0.08 + 0.5, 0, 1)
        worse = image * (1 - lid[..., None]) + lid[..., None] * np.array([30, 15, 12], np.float32)
    elif code is CauseCode.OFF_CENTRE:
        angle = rng.choice([0, math.pi]) + rng.uniform(-0.8, 0.8)
        if rng.random() < 0.5:
            shift = (0.15 + 0.5 * strength) * half * np.array([math.cos(angle), math.sin(angle)])
            move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
            worse = cv2.warpAffine(image, move, (width, height))
        else:
            away = x * math.cos(angle) + y * math.sin(angle)
            shade = np.clip((away + 0.05 + 0.5 * strength) / (0.9 - 0.4 * strength), 0, 1) * (0.6 + 0.4 * strength)
            worse = image * (1 - shade[..., None])
    elif code is CauseCode.SMALL_PUPIL:
        worse = image * np.clip((0.95 - 0.45 * strength - r) / 0.3 + 0.5, 0.03, 1)[..., None]
    else:
        share = 0.3 + 0.55 * strength
        grey = np.array([165, 150, 120], np.float32) * (image[field].mean() / 110)
        worse = (1 - share) * cv2.GaussianBlur(image, (0, 0), 0.5 + 3 * strength) + share * grey
    worse += rng.normal(0, 1, worse.shape)
    return np.where(field[..., None], np.clip(worse, 0, 255), 0).astype(np.uint8)
