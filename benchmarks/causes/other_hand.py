"""Another hand's faults: written from optics alone, so that the cues are not judged by the phantom's own shapes.

Nothing is shared with `fundusgate.phantom.faults`. Everything happens in linear light (levels to the power 2.2), where
light adds; the phantom's faults work on levels. Profiles are Gaussians and straight lines, the phantom's are smooth
steps and clouds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fundusgate.codes import CauseCode

Light = NDArray[np.float32]
"""H x W x 3, linear light, 1 = white."""
Plane = NDArray[np.float32]

GAMMA = 2.2


@dataclass(frozen=True)
class Place:
    """Where the field lies.

    Attributes:
        x: H x W, right of the field's centre, in its radii.
        y: H x W, below the field's centre, in its radii.
        radius: of the field, pixels.
    """

    x: Plane
    y: Plane
    radius: float

    @classmethod
    def of(cls, field: NDArray[np.bool_]) -> Place:
        """Measure a field by its area's centre and its widest extent."""
        rows, columns = np.flatnonzero(field.any(axis=1)), np.flatnonzero(field.any(axis=0))
        radius = max(np.ptp(rows), np.ptp(columns)) / 2 + 0.5
        y, x = np.mgrid[: field.shape[0], : field.shape[1]].astype(np.float32)
        middle_x, middle_y = (columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2
        x, y = (x - np.float32(middle_x)) / np.float32(radius), (y - np.float32(middle_y)) / np.float32(radius)
        return cls(x, y, radius)

    @property
    def r(self) -> Plane:
        """Distance from the centre in radii."""
        return np.hypot(self.x, self.y)


Fault = Callable[[Light, Place, float, np.random.Generator], Light]


def _gaussian(distance: Plane, width: float) -> Plane:
    return np.exp(-0.5 * (distance / np.float32(width)) ** 2).astype(np.float32)


def _added(light: Light, amount: Plane, colour: tuple[float, float, float]) -> Light:
    return np.asarray(light + amount[..., None] * np.array(colour, np.float32), np.float32)


def focus(light: Light, place: Place, strength: float, rng: np.random.Generator) -> Light:
    """A Gaussian point spread, of 0.3 to 2.2 % of the diameter (of 512 px: 1.5 to 11)."""
    sigma = 2 * place.radius * (0.003 + 0.019 * strength**2) * rng.uniform(0.8, 1.2)
    return np.asarray(cv2.GaussianBlur(light, (0, 0), sigma), np.float32)


def motion(light: Light, place: Place, strength: float, rng: np.random.Generator) -> Light:
    """A straight drag with a stop: even along a line, with a heavier end where the eye came to rest."""
    length = 2 * place.radius * (0.012 + 0.068 * strength) * rng.uniform(0.8, 1.2)
    angle = rng.uniform(0, math.pi)
    side = 2 * math.ceil(length / 2) + 3
    kernel = np.zeros((side, side), np.float32)
    weights = np.linspace(1.0, rng.uniform(1.0, 2.5), 8 * side)
    for step, weight in zip(np.linspace(-0.5, 0.5, 8 * side), weights, strict=True):
        column = side / 2 - 0.5 + step * length * math.cos(angle)
        row = side / 2 - 0.5 + step * length * math.sin(angle)
        kernel[round(row), round(column)] += weight
    kernel /= kernel.sum()
    return np.asarray(cv2.filter2D(light, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE), np.float32)


def too_dark(light: Light, _place: Place, strength: float, rng: np.random.Generator) -> Light:
    """1.5 to 6 stops too little, everywhere alike."""
    return np.asarray(light * np.float32(2 ** -(1.5 + 4.5 * strength * rng.uniform(0.85, 1.1))), np.float32)


def too_bright(light: Light, _place: Place, strength: float, rng: np.random.Generator) -> Light:
    """1 to 3.5 stops too much, everywhere alike, clipped."""
    return np.asarray(light * np.float32(2 ** (1.0 + 2.5 * strength * rng.uniform(0.8, 1.1))), np.float32)


def _crescent(light: Light, place: Place, strength: float, rng: np.random.Generator, way: float) -> Light:
    """Light that falls off from the rim as a Gaussian, and to both sides as a cosine."""
    towards = (place.y * way + place.x * np.float32(rng.normal(0, 0.15))) / np.maximum(place.r, 1e-3)
    around = np.clip(towards, 0, 1) ** np.float32(rng.uniform(0.8, 2.0))
    depth = _gaussian(np.maximum(1 - place.r, 0), 0.08 + 0.34 * strength * rng.uniform(0.8, 1.1))
    amount = np.float32((0.15 + 0.65 * strength) * rng.uniform(0.8, 1.2)) * around * depth
    return _added(light, amount, tuple(rng.uniform((0.6, 0.75, 0.65), (1.0, 1.0, 1.0))))


def crescent_top(light: Light, place: Place, strength: float, rng: np.random.Generator) -> Light:
    """Stray light from the upper rim."""
    return _crescent(light, place, strength, rng, -1.0)


def crescent_bottom(light: Light, place: Place, strength: float, rng: np.random.Generator) -> Light:
    """Stray light from the lower rim."""
    return _crescent(light, place, strength, rng, 1.0)


def central_ghost(light: Light, place: Place, strength: float, rng: np.random.Generator) -> Light:
    """One Gaussian spot, or a ring (a defocused droplet), of white to bluish light near the centre."""
    angle, away = rng.uniform(0, 2 * math.pi), rng.uniform(0, 0.3)
    distance = np.hypot(place.x - np.float32(away * math.cos(angle)), place.y - np.float32(away * math.sin(angle)))
    size = rng.uniform(0.09, 0.16) + 0.08 * strength
    shape = _gaussian(distance, size)
    if rng.random() < 0.4:
        shape = _gaussian(distance - np.float32(size), 0.4 * size) + np.float32(0.4) * _gaussian(distance, size)
    shape *= np.float32(0.08 + 0.42 * strength)
    return _added(light, shape, tuple(rng.uniform((0.5, 0.75, 0.7), (1.0, 1.0, 1.1))))


def lash_lid(light: Light, place: Place, strength: float, rng: np.random.Generator) -> Light:
    """A lid's straight edge, tilted a little, and single lashes as thick soft lines below it; mostly from above."""
    way = np.float32(1.0 if rng.random() < 0.8 else -1.0)
    tilt = np.float32(rng.normal(0, 0.12))
    reach = np.float32(0.1 + 0.75 * strength * rng.uniform(0.85, 1.1))
    beyond = -1 + reach - (way * place.y + tilt * place.x)
    through = 1 / (1 + np.exp(np.clip(beyond / np.float32(rng.uniform(0.02, 0.08)), -30, 30)))
    lashes = np.zeros(place.x.shape, np.float32)
    for _ in range(int(rng.integers(3, 9))):
        root, lean, length = rng.uniform(-0.8, 0.8), rng.normal(0, 0.35), float(reach) + rng.uniform(0.15, 0.45)
        along = way * place.y + 1
        line = _gaussian(place.x - np.float32(root) - np.float32(lean) * along, rng.uniform(0.012, 0.03))
        lashes = np.maximum(lashes, line * (along < length))
    soft = cv2.GaussianBlur(lashes, (0, 0), 0.012 * place.radius)
    through = through * (1 - np.float32(0.9) * np.minimum(soft, 1))
    skin = np.array([0.03, 0.012, 0.008], np.float32) * np.float32(rng.uniform(0.1, 2.0))
    return np.asarray(light * through[..., None] + (1 - through[..., None]) * skin, np.float32)


def off_centre(light: Light, place: Place, strength: float, rng: np.random.Generator) -> Light:
    """The picture slides to one side, mostly sideways, and what it leaves is the iris: dark, soft-edged."""
    angle = rng.choice([0.0, math.pi]) + rng.normal(0, 0.5)
    shift = (0.2 + 0.5 * strength) * rng.uniform(0.9, 1.1)
    dx, dy = shift * math.cos(angle), shift * math.sin(angle)
    move = np.array([[1, 0, dx * place.radius], [0, 1, dy * place.radius]], np.float32)
    moved = cv2.warpAffine(light, move, place.x.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    distance = np.hypot(place.x - np.float32(dx), place.y - np.float32(dy))
    seen = np.clip((np.float32(1.0) - distance) / np.float32(rng.uniform(0.1, 0.35)), 0, 1)
    # the far rim keeps its light where the moved picture goes on past the mask
    return np.asarray(moved * (0.003 + 0.997 * seen[..., None]), np.float32)


def small_pupil(light: Light, place: Place, strength: float, rng: np.random.Generator) -> Light:
    """Light falls with the distance from a point near the centre, as exp(-(r/r0)^n): the beam is cut by the iris."""
    x, y = rng.normal(0, 0.08, 2)
    distance = np.hypot(place.x - np.float32(x), place.y - np.float32(y))
    size = 0.95 - 0.5 * strength * rng.uniform(0.9, 1.1)
    through = np.exp(-((distance / np.float32(size)) ** np.float32(rng.uniform(3.0, 7.0))))
    return np.asarray(light * through[..., None], np.float32)


def media_opacity(light: Light, place: Place, strength: float, rng: np.random.Generator) -> Light:
    """A veil of the picture's own mean light, yellowed, over a forward-scattered (blurred) picture."""
    mean = light[place.r < 0.9].mean(axis=0)
    share = np.float32(0.35 + 0.55 * strength * rng.uniform(0.9, 1.05))
    # grey in part: what scatters back has not all been through the fundus
    veil = (0.7 * mean + 0.3 * mean.mean()) * np.array([1.0, rng.uniform(0.95, 1.1), rng.uniform(0.6, 1.0)], np.float32)
    sigma = 2 * place.radius * (0.001 + 0.005 * strength)
    scattered = cv2.GaussianBlur(light, (0, 0), sigma)
    return np.asarray((1 - share) * scattered + share * veil.astype(np.float32), np.float32)


FAULTS: dict[CauseCode, Fault] = {
    CauseCode.FOCUS: focus,
    CauseCode.MOTION: motion,
    CauseCode.TOO_DARK: too_dark,
    CauseCode.TOO_BRIGHT: too_bright,
    CauseCode.CRESCENT_TOP: crescent_top,
    CauseCode.CRESCENT_BOTTOM: crescent_bottom,
    CauseCode.CENTRAL_GHOST: central_ghost,
    CauseCode.LASH_LID: lash_lid,
    CauseCode.OFF_CENTRE: off_centre,
    CauseCode.SMALL_PUPIL: small_pupil,
    CauseCode.MEDIA_OPACITY: media_opacity,
}


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
        H x W x 3 uint8; unchanged outside the field.
    """
    rng = np.random.default_rng([seed, *code.value.encode()])
    light = (rgb.astype(np.float32) / 255) ** np.float32(GAMMA)
    place = Place.of(field)
    # the mask's black must not bleed into a blur
    inside = light.copy()
    inside[~field] = light[field].mean(axis=0)
    worse = FAULTS[code](inside, place, strength, rng)
    # shot noise grows with the light's root, read noise does not
    levels = 255 * np.clip(worse, 0, 1) ** np.float32(1 / GAMMA)
    levels += rng.normal(0, rng.uniform(0.5, 1.5), levels.shape).astype(np.float32)
    return np.where(field[..., None], np.clip(np.round(levels), 0, 255), rgb).astype(np.uint8)
