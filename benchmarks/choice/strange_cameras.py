"""Cameras that no training photograph came from, made of a photograph: quality stays, everything else moves.

They are not those of `fundusgate.training.augmentation`: each is one strong, fixed change of the whole photograph,
before any disc is found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.runtime.disc import Disc, find_disc

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

VERSION = 1
"""Grows when a camera changes, so that figures of another form are never mixed with these."""


def _clip(levels: NDArray[np.float32]) -> Pixels:
    return np.clip(levels, 0, 255).astype(np.uint8)


def permuted(rgb: Pixels, _disc: Disc) -> Pixels:
    """Red, green and blue in other places."""
    return np.ascontiguousarray(rgb[..., [2, 0, 1]])


def vignetted(rgb: Pixels, disc: Disc) -> Pixels:
    """Four fifths of the light lost at the rim."""
    ys, xs = np.ogrid[: rgb.shape[0], : rgb.shape[1]]
    radius = ((xs + 0.5 - disc.cx) ** 2 + (ys + 0.5 - disc.cy) ** 2) / disc.radius**2
    fall = (1 - 0.8 * radius.clip(0, 1)).astype(np.float32)
    return _clip(rgb * fall[..., None])


def cut(rgb: Pixels, disc: Disc) -> Pixels:
    """The frame cuts the disc on all four sides; only the corners are black."""
    half = 0.78 * disc.radius
    x0, x1 = max(0, round(disc.cx - half)), min(rgb.shape[1], round(disc.cx + half))
    y0, y1 = max(0, round(disc.cy - half)), min(rgb.shape[0], round(disc.cy + half))
    return np.ascontiguousarray(rgb[y0:y1, x0:x1]) if x1 - x0 > 32 and y1 - y0 > 32 else rgb


def infrared(rgb: Pixels, _disc: Disc) -> Pixels:
    """Nearly all signal in red, vessels faint, as near infrared leaks into an aiming camera."""
    red = 0.75 * rgb[..., 0].astype(np.float32) + 0.35 * rgb[..., 1]
    return _clip(np.stack([red, 0.3 * red, 0.25 * red], axis=-1))


def coarse(rgb: Pixels, disc: Disc) -> Pixels:
    """200 pixels across the disc, JPEG quality 30."""
    scale = min(1.0, 200 / (2 * disc.radius))
    side = (max(32, round(rgb.shape[1] * scale)), max(32, round(rgb.shape[0] * scale)))
    return _jpeg(np.asarray(cv2.resize(rgb, side, interpolation=cv2.INTER_AREA), np.uint8), 30)


def sharpened(rgb: Pixels, disc: Disc) -> Pixels:
    """Unsharp masking at two and a half times the detail."""
    levels = rgb.astype(np.float32)
    soft = cv2.GaussianBlur(levels, (0, 0), max(0.8, 0.006 * disc.radius))
    return _clip(levels + 2.5 * (levels - soft))


def dim(rgb: Pixels, _disc: Disc) -> Pixels:
    """Two fifths of the light; a person still sees every vessel on a good screen."""
    return _clip(0.4 * rgb.astype(np.float32))


def teal(rgb: Pixels, _disc: Disc) -> Pixels:
    """A white balance that takes the red away."""
    return _clip(rgb.astype(np.float32) * np.array([0.5, 1.15, 1.6], np.float32))


def grey(rgb: Pixels, _disc: Disc) -> Pixels:
    """One channel, the green, three times."""
    return np.repeat(rgb[..., 1:2], 3, axis=2)


def noisy(rgb: Pixels, disc: Disc) -> Pixels:
    """Sensor noise of ten levels."""
    rng = np.random.default_rng([rgb.shape[0], rgb.shape[1], round(disc.radius)])
    lit = rgb.max(axis=2, keepdims=True) > 8
    return _clip(rgb + lit * rng.normal(0, 10, rgb.shape).astype(np.float32))


def cut_teal(rgb: Pixels, disc: Disc) -> Pixels:
    """Discs cut on all sides, strange colours, sharpened and compressed, all at once."""
    return cut(_jpeg(sharpened(teal(rgb, disc), disc), 60), disc)


def _jpeg(rgb: Pixels, quality: int) -> Pixels:
    _, packed = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1])


STRANGE_CAMERAS: dict[str, Callable[[Pixels, Disc], Pixels]] = {
    "permuted": permuted,
    "vignetted": vignetted,
    "cut": cut,
    "infrared": infrared,
    "coarse": coarse,
    "sharpened": sharpened,
    "dim": dim,
    "teal": teal,
    "grey": grey,
    "noisy": noisy,
    "cut-teal": cut_teal,
}
"""The cameras by name."""


def through(camera: str, rgb: Pixels) -> Pixels:
    """A photograph as one of these cameras would have taken it.

    Args:
        camera: A key of `STRANGE_CAMERAS`, or empty for the photograph as it is.
        rgb: H x W x 3 uint8, RGB.
    """
    return STRANGE_CAMERAS[camera](rgb, find_disc(rgb)) if camera else rgb
