"""Other cameras, made from one photograph: what must not change the label.

Each step leaves quality as it is within the labels' own tolerance: framing, camera mask, colour response, vignetting,
in-camera sharpening, effective resolution, noise and JPEG. What lowers quality is a fault, and comes from
``fundusgate.phantom``: after the optics (``another_camera``) and before the ``electronics``, as in a camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.bool_]

ODD = 0.12
"""Share of cameras at which everything is odd at once: strange colours, hard sharpening and JPEG."""
STRANGE = 0.24
"""Share of the other cameras whose colours resemble no other's."""
DIM = 0.15
"""Share of cameras set so low that the picture is dim, though nothing in it is lost."""
SHARPENING, HARD = 0.3, 0.35
"""Share of the other cameras that sharpen, and of these the share that does so until every edge has a seam."""
COMPRESSING = 0.4
LEAST_RESOLUTION = 180
"""Pixels across the disc below which no source of training photographs goes (EyeQ's small copies have 200)."""


@dataclass(frozen=True)
class Camera:
    """What one camera does to every photograph that it takes.

    Attributes:
        strange: Its colours resemble no other's.
        dim: It is set low.
        sharpening: Detail that it adds again, as a multiple (unsharp masking); 0 for none.
        radius: Of that detail: the deviation of the Gaussian, in pixels.
        jpeg: Quality of its JPEG, 1..100; 0 where it does not compress.
    """

    strange: bool = False
    dim: bool = False
    sharpening: float = 0.0
    radius: float = 1.0
    jpeg: int = 0


PLAIN = Camera()
"""Does nothing to a photograph."""


def draw_jpeg(rng: np.random.Generator) -> int:
    """The quality of a JPEG, or 0 for none."""
    return int(rng.integers(40, 96)) if rng.random() < COMPRESSING else 0


def draw_camera(rng: np.random.Generator) -> Camera:
    """A camera by chance; what is odd about one may come together, as it does in cheap ones."""
    odd = bool(rng.random() < ODD)
    hard = odd or bool(rng.random() < HARD)
    sharpening = float(rng.uniform(0.9, 3.5) if hard else rng.uniform(0.2, 0.9))
    return Camera(
        strange=odd or bool(rng.random() < STRANGE),
        dim=bool(rng.random() < DIM),
        sharpening=sharpening if odd or rng.random() < SHARPENING else 0.0,
        radius=float(rng.uniform(0.8, 3.0)),
        jpeg=int(rng.integers(40, 96)) if odd else draw_jpeg(rng),
    )


def reframe(rgb: Pixels, inside: Mask, size: int, rng: np.random.Generator) -> tuple[Pixels, Mask]:
    """Rotate, flip, scale, shift and cut, as another camera or another hand would.

    Args:
        rgb: S x S x 3 framed photograph, 0 outside.
        inside: S x S, the disc within the picture.
        size: Side of the result in pixels.
        rng: Source of chance.

    Returns:
        size x size x 3 pixels, 0 outside the mask, and the mask.
    """
    side = rgb.shape[0]
    zoom = rng.uniform(1.25, 1.6) if rng.random() < 0.15 else rng.uniform(0.94, 1.12)
    angle = rng.uniform(-25, 25)
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), angle, zoom * size / side)
    flips = np.diag([rng.choice([-1.0, 1.0]), rng.choice([-1.0, 1.0])])
    linear = flips @ matrix[:, :2]
    centre = np.array([side / 2, side / 2])
    shift = np.array([size / 2, size / 2]) + rng.uniform(-0.04, 0.04, 2) * size
    matrix = np.column_stack([linear, shift - linear @ centre])
    shrinking = zoom * size < 0.8 * side
    picture = cv2.warpAffine(rgb, matrix, (size, size), flags=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)
    mask = cv2.warpAffine(inside.astype(np.uint8), matrix, (size, size), flags=cv2.INTER_NEAREST) > 0
    mask &= camera_mask(size, rng)
    picture[~mask] = 0
    return picture.astype(np.uint8), mask


def camera_mask(size: int, rng: np.random.Generator) -> Mask:
    """The disc that pre-processing would find: a full circle, or one cut at the top and bottom or on all sides."""
    ys, xs = np.ogrid[:size, :size]
    y, x = (ys - size / 2 + 0.5) / (size / 2), (xs - size / 2 + 0.5) / (size / 2)
    mask = np.asarray(x * x + y * y <= 1.0)
    kind = rng.random()
    if kind < 0.35:
        return mask & np.asarray(np.abs(y) < rng.uniform(0.7, 0.95))
    if kind < 0.5:
        return mask & np.asarray((np.abs(y) < rng.uniform(0.7, 0.9)) & (np.abs(x) < rng.uniform(0.75, 0.95)))
    return mask


def recolour(rgb: Pixels, inside: Mask, camera: Camera, rng: np.random.Generator) -> Pixels:
    """Another sensor, lamp and white balance: a channel mixing matrix, gains and a gamma, exposure kept moderate."""
    strange = camera.strange
    spread = 0.45 if strange else 0.18
    mixing = np.eye(3) + rng.normal(0, 0.12 if strange else 0.04, (3, 3))
    if strange and rng.random() < 0.25:
        mixing = mixing[rng.permutation(3)]
    if rng.random() < 0.08:
        grey = np.full((3, 3), 1 / 3)
        keep = rng.uniform(0, 0.5)
        mixing = keep * mixing + (1 - keep) * grey
    mixing *= np.exp(rng.normal(0, spread, (3, 1)))
    gamma = float(np.exp(rng.normal(0, 0.2)))
    mixed = cv2.transform(rgb, mixing.astype(np.float32))
    area = inside.view(np.uint8)
    brightness, original = (sum(cv2.mean(picture, area)[:3]) / 3 for picture in (mixed, rgb))
    # A dark photograph stays dark: exposure is a fault, and its label must not be augmented away.
    # Some cameras are set low, and every vessel is still seen.
    wanted = original * float(rng.uniform(0.4, 0.85) if camera.dim else np.exp(rng.normal(0, 0.15)))
    gain = wanted / brightness if brightness > 1 else 1.0
    ramp = np.arange(256) / 255.0
    curve = np.clip(255 * (np.clip(ramp * gain, 0, 1) ** gamma), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(mixed, curve), np.uint8)


def vignette(rgb: Pixels, rng: np.random.Generator) -> Pixels:
    """Illumination that falls off towards the rim, off the centre by a little; by half at most."""
    size = rgb.shape[0]
    cx, cy = rng.uniform(0.4, 0.6, 2) * size
    ys, xs = np.ogrid[:size, :size]
    radius = ((xs - cx) ** 2 + (ys - cy) ** 2) / (size / 2) ** 2
    fall = (1 - rng.uniform(0, 0.5) * radius.astype(np.float32)).clip(0.3, 1)
    return np.asarray(cv2.multiply(rgb, cv2.merge([fall] * 3), dtype=cv2.CV_8U), np.uint8)


def resample(rgb: Pixels, rng: np.random.Generator) -> Pixels:
    """Another sensor resolution: shrink to a random side, enlarge again."""
    size = rgb.shape[0]
    side = int(rng.integers(min(LEAST_RESOLUTION, size), size + 1))
    small = cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA)
    way = cv2.INTER_CUBIC if rng.random() < 0.5 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(small, (size, size), interpolation=way), np.uint8)


def another_camera(rgb: Pixels, inside: Mask, camera: Camera, rng: np.random.Generator) -> Pixels:
    """Colour, vignetting and resolution of another camera; ``electronics`` come after the faults."""
    if camera.strange or rng.random() < 0.8:
        rgb = recolour(rgb, inside, camera, rng)
    if rng.random() < 0.3:
        rgb = vignette(rgb, rng)
    if rng.random() < 0.7:
        rgb = resample(rgb, rng)
    return rgb


def electronics(rgb: Pixels, inside: Mask, camera: Camera, rng: np.random.Generator) -> Pixels:
    """Read noise, sharpening and JPEG, then the mask again, since all spill over its rim."""
    out = rgb
    if rng.random() < 0.4:
        noise = rng.standard_normal(rgb.shape, np.float32) * np.float32(rng.uniform(1, 5))
        out = np.asarray(cv2.add(out, noise, dtype=cv2.CV_8U), np.uint8)
    if camera.sharpening:
        # The dark around the disc takes part, as it does in a camera: its rim gets a seam as well.
        soft = cv2.GaussianBlur(out, (0, 0), camera.radius)
        out = np.asarray(cv2.addWeighted(out, 1 + camera.sharpening, soft, -camera.sharpening, 0), np.uint8)
    if camera.jpeg:
        _, packed = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, camera.jpeg])
        out = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    out = out.copy()
    out[~inside] = 0
    return out
