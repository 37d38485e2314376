"""Cameras: field of view, mask, colours, sharpness, fall-off, noise and compression of kinds met in the field."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from fundusgate.phantom.arrays import Mask


class MaskShape(str, Enum):
    """What a camera leaves black around the retina."""

    FULL = "full"
    """A whole circle."""
    NOTCHED = "notched"
    """A whole circle with the orientation tab at its upper right."""
    CUT_TOP_BOTTOM = "cut_top_bottom"
    """A circle wider than the frame is high."""
    CUT_ALL_ROUND = "cut_all_round"
    """A circle cut by the frame on all four sides; only the corners are black."""
    RECTANGULAR = "rectangular"
    """A rectangle with clipped corners and a notch, as some hand-held cameras have."""
    SMALL = "small"
    """A small circle in a large black frame."""


Colour = tuple[float, float, float]


@dataclass(frozen=True)
class CameraModel:
    """How one camera shows an eye.

    Attributes:
        name: Of the model; invented.
        fov: Field of view across the mask's circle, degrees.
        mask: What it leaves black.
        fundus: R, G, B levels of a medium fundus in the middle of the field.
        nerve: R, G, B levels of a pale disc.
        contrast: Of vessels and texture; 1 is usual.
        softness: Standard deviation of its blur, in field diameters.
        sharpening: Unsharp masking by the camera's software, 0 for none.
        falloff: Share of the light lost at the rim, 0..1.
        tint: R, G, B factors at the rim beside the fall-off (illumination is not white).
        noise: Standard deviation of the sensor's noise in the middle, levels.
        jpeg: Quality of its files, 1..100; 0 for none.
        surround: Level of the black outside the mask.
    """

    name: str
    fov: float
    mask: MaskShape
    fundus: Colour
    nerve: Colour
    contrast: float = 1.0
    softness: float = 0.0012
    sharpening: float = 0.0
    falloff: float = 0.35
    tint: Colour = (1.0, 1.0, 1.0)
    noise: float = 1.2
    jpeg: int = 90
    surround: float = 0.0

    def circle_radius(self, size: int) -> float:
        """Radius in pixels of the mask's circle in a frame of `size` x `size`."""
        share = {
            MaskShape.FULL: 0.488,
            MaskShape.NOTCHED: 0.47,
            MaskShape.CUT_TOP_BOTTOM: 0.495,
            MaskShape.CUT_ALL_ROUND: 0.585,
            MaskShape.RECTANGULAR: 0.56,
            MaskShape.SMALL: 0.315,
        }[self.mask]
        return share * size

    def field(self, size: int) -> Mask:
        """The mask in a frame of `size` x `size`: True where the retina is shown."""
        y, x = np.mgrid[:size, :size].astype(np.float32) - np.float32((size - 1) / 2)
        radius = self.circle_radius(size)
        inside = x * x + y * y <= radius * radius
        if self.mask is MaskShape.CUT_TOP_BOTTOM:
            inside &= np.abs(y) <= 0.405 * size
        elif self.mask is MaskShape.RECTANGULAR:
            inside &= (np.abs(x) <= 0.48 * size) & (np.abs(y) <= 0.37 * size)
            inside &= ~((x > 0.44 * size) & (np.abs(y + 0.2 * size) < 0.025 * size))
        elif self.mask is MaskShape.NOTCHED:
            tab = np.array([[0.68, -0.70], [0.745, -0.775], [0.80, -0.72], [0.74, -0.64]]) * radius + (size - 1) / 2
            drawn = cv2.fillConvexPoly(np.zeros((size, size), np.uint8), np.round(tab).astype(np.int32), 1)
            inside |= np.asarray(drawn) > 0
        return np.asarray(inside, np.bool_)


_MODELS = (
    CameraModel(
        "tabletop-45", 45, MaskShape.NOTCHED, (172, 92, 58), (246, 208, 158), softness=0.0011, falloff=0.30, jpeg=94
    ),
    CameraModel(
        "tabletop-pink",
        45,
        MaskShape.FULL,
        (168, 112, 104),
        (244, 224, 214),
        contrast=1.1,
        tint=(0.92, 0.98, 1.12),
        falloff=0.38,
        noise=1.0,
    ),
    CameraModel(
        "tabletop-cut",
        50,
        MaskShape.CUT_TOP_BOTTOM,
        (198, 84, 26),
        (252, 206, 104),
        contrast=0.95,
        falloff=0.45,
        tint=(1.0, 0.88, 0.7),
        noise=1.6,
        jpeg=82,
    ),
    CameraModel(
        "tabletop-sharp",
        45,
        MaskShape.FULL,
        (186, 78, 22),
        (255, 214, 90),
        contrast=1.25,
        sharpening=1.1,
        softness=0.0009,
        falloff=0.5,
        noise=2.6,
        jpeg=75,
    ),
    CameraModel(
        "portable-brown",
        45,
        MaskShape.CUT_ALL_ROUND,
        (112, 74, 48),
        (226, 202, 158),
        contrast=0.9,
        softness=0.0018,
        falloff=0.5,
        noise=2.0,
        jpeg=86,
    ),
    CameraModel(
        "portable-teal",
        45,
        MaskShape.CUT_TOP_BOTTOM,
        (98, 104, 78),
        (214, 222, 196),
        contrast=0.8,
        softness=0.002,
        falloff=0.42,
        tint=(0.75, 1.0, 0.98),
        noise=2.4,
        jpeg=80,
        surround=4,
    ),
    CameraModel(
        "portable-blue",
        50,
        MaskShape.FULL,
        (128, 112, 110),
        (228, 230, 236),
        contrast=0.95,
        softness=0.0016,
        tint=(0.85, 0.93, 1.1),
        falloff=0.45,
        noise=2.0,
        jpeg=84,
        surround=3,
    ),
    CameraModel(
        "handheld-notch",
        45,
        MaskShape.RECTANGULAR,
        (186, 106, 52),
        (250, 216, 140),
        contrast=0.9,
        softness=0.0022,
        falloff=0.5,
        noise=2.6,
        jpeg=78,
    ),
    CameraModel(
        "handheld-30",
        30,
        MaskShape.SMALL,
        (158, 72, 40),
        (244, 196, 140),
        contrast=0.95,
        softness=0.003,
        falloff=0.55,
        noise=3.0,
        jpeg=80,
        surround=2,
    ),
    CameraModel(
        "film-yellow",
        50,
        MaskShape.FULL,
        (202, 158, 92),
        (250, 238, 196),
        contrast=0.85,
        softness=0.0014,
        falloff=0.22,
        tint=(1.0, 1.02, 1.05),
        noise=1.4,
    ),
)

CAMERAS: dict[str, CameraModel] = {model.name: model for model in _MODELS}
"""The cameras by name."""


def camera_for(camera: str | CameraModel | None, rng: np.random.Generator) -> CameraModel:
    """The camera asked for, or one drawn at random.

    Raises:
        ValueError: No camera has that name; the message lists those there are.
    """
    if isinstance(camera, CameraModel):
        return camera
    if camera is None:
        return _MODELS[int(rng.integers(len(_MODELS)))]
    if camera not in CAMERAS:
        raise ValueError(f"no camera is called {camera!r}: choose one of {', '.join(CAMERAS)}")
    return CAMERAS[camera]
