"""A colour fundus photograph from a seed, with its ground truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.phantom.anatomy import grow_eye
from fundusgate.phantom.cameras import CameraModel, camera_for
from fundusgate.phantom.exposure import develop, illumination, rim_glow
from fundusgate.phantom.retina import paint
from fundusgate.phantom.view import View

if TYPE_CHECKING:
    from fundusgate.codes import Laterality
    from fundusgate.phantom.arrays import Float32, Mask, UInt8Image

SMALLEST = 32


@dataclass(frozen=True)
class Phantom:
    """A photograph of an eye that never was.

    Attributes:
        rgb: size x size x 3 uint8.
        vessels: size x size float32, share of each pixel that a vessel covers, 0..1, outside the field 0.
        field: size x size bool, True inside the camera's mask.
        disc_centre: Column and row of the optic disc's centre, pixels; may lie outside the frame.
        disc_radius: Mean radius of the optic disc, pixels.
        fovea: Column and row of the fovea, pixels; may lie outside the frame.
        laterality: Which eye.
        camera: Name of the camera.
    """

    rgb: UInt8Image
    vessels: Float32
    field: Mask
    disc_centre: tuple[float, float]
    disc_radius: float
    fovea: tuple[float, float]
    laterality: Laterality
    camera: str


def usual_gaze(disc: tuple[float, float], rng: np.random.Generator) -> tuple[float, float]:
    """What a photographer puts in the middle: mostly the macula or between it and the disc, sometimes the disc."""
    share = float(rng.choice([0.12, 0.45, 0.95], p=[0.4, 0.45, 0.15]))
    return share * disc[0] + rng.normal(0, 1.2), share * disc[1] + rng.normal(0, 1.2)


def render(
    seed: int,
    size: int = 512,
    camera: str | CameraModel | None = None,
    laterality: Laterality | None = None,
) -> Phantom:
    """Render a good photograph of the eye that `seed` grows.

    Args:
        seed: The same seed gives the same bytes; with another camera, the same eye in other colours.
        size: Pixels a side, at least 32.
        camera: Name of a camera in `CAMERAS`, or a model of your own; drawn by the seed if not given.
        laterality: Which eye; drawn by the seed if not given.

    Returns:
        The photograph and its ground truth.

    Raises:
        ValueError: The size is too small or no camera has that name.
    """
    if size < SMALLEST:
        raise ValueError(f"size must be at least {SMALLEST} pixels, got {size}")
    rng = np.random.default_rng([seed, 23])
    model = camera_for(camera, rng)
    eye = grow_eye(seed, laterality)
    gaze = usual_gaze((eye.disc.x, eye.disc.y), rng)
    view = View.of(eye, size, 2 * model.circle_radius(size) / model.fov, gaze)
    painted = paint(eye, view, model)
    field = model.field(size)
    lit = painted.levels * illumination(model, size, rng) * np.float32(rng.uniform(0.88, 1.1))
    lit += rim_glow(model, size, rng)
    rgb = develop(lit, field, model, rng)
    disc, fovea = view.pixels(np.array([[eye.disc.x, eye.disc.y], [0, 0]], np.float32)).tolist()
    return Phantom(
        rgb=rgb,
        vessels=np.asarray(painted.vessels * field, np.float32),
        field=field,
        disc_centre=(disc[0], disc[1]),
        disc_radius=eye.disc.radius * view.scale,
        fovea=(fovea[0], fovea[1]),
        laterality=eye.laterality,
        camera=model.name,
    )
