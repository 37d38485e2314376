"""The retina's own light: pigment, choroid, macula, nerve fibres, disc and vessels, before camera and illumination."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.phantom.blood import draw_blood
from fundusgate.phantom.shapes import smoothstep
from fundusgate.phantom.texture import Lattice

if TYPE_CHECKING:
    from fundusgate.phantom.anatomy import Eye
    from fundusgate.phantom.arrays import Float32
    from fundusgate.phantom.cameras import CameraModel
    from fundusgate.phantom.view import View


@dataclass(frozen=True)
class Painted:
    """A view of the retina evenly lit.

    Attributes:
        levels: size x size x 3 float32, R, G, B; highlights may pass 255.
        vessels: size x size float32, coverage by vessels 0..1.
    """

    levels: Float32
    vessels: Float32


def _colour(values: tuple[float, float, float]) -> Float32:
    return np.asarray(values, np.float32)


def _background(eye: Eye, x: Float32, y: Float32, noise: Lattice, contrast: float) -> Float32:
    """Reflectance of pigment epithelium and choroid relative to its mean, H x W x 3."""
    disc = eye.disc
    from_fovea = np.sqrt(x * x + y * y)
    dx, dy = x - np.float32(disc.x), y - np.float32(disc.y)
    from_disc = np.sqrt(dx * dx + dy * dy)
    # Broad differences of pigment; blue and green follow the pigment more than red does.
    broad = noise.at(x / 11, y / 11, 0, octaves=3, roughness=0.4) * np.float32(0.04)
    relative = 1 + broad[..., None] * _colour((0.6, 1.0, 1.2))
    # Orange here, greyer there: blood in the choroid against pigment.
    hue = noise.at(x / 12 + 5, y / 12, 19, octaves=3, roughness=0.45) * np.float32(0.022)
    relative += hue[..., None] * _colour((-0.5, 0.9, 1.3))
    warp = noise.at(x / 4, y / 4, 1, octaves=2) * np.float32(0.22)
    ray = np.arctan2(dy, -dx)
    # The choroid's vessels fan out from the disc's surroundings: noise in log-polar coordinates widens with distance.
    spread = np.log(from_disc + 4) * np.float32(3.2)
    # Further out the network is refined, so that its meshes stay about a degree wide.
    far = smoothstep(from_disc, 7, 15)
    network = np.zeros_like(x)
    for fineness, share, layer in ((11.0, 1 - far, 2), (24.0, far, 17)):
        along = spread * np.float32(fineness / 14)
        first = noise.at(ray * fineness + warp * 2 + along * 0.6, along, layer)
        second = noise.at(ray * fineness * 0.9 + warp * 2 - along * 0.8, along * 1.1, layer + 1)
        network += np.tanh(1.1 * np.maximum(first, second) - 0.45) * share
    outside = smoothstep(from_fovea, 3.0, 13) * np.float32(0.92) + np.float32(0.08)
    stripes = network * outside * np.float32(0.12 * eye.tessellation)
    relative += stripes[..., None] * _colour((1.0, 1.0, 0.7))
    # The pigment epithelium's grain, from 20 um to half a degree.
    grain = noise.at(x * 2.2, y * 2.2, 3, octaves=3, roughness=0.75) * np.float32(0.014 * contrast)
    mottle = noise.at(x / 1.4, y / 1.4, 4, octaves=2) * np.float32(0.011 * contrast)
    relative += (grain + mottle)[..., None] * _colour((0.7, 1.0, 1.0))
    # The macula: pigment epithelium and xanthophyll darken it, green and blue most; the pit is darkest.
    stretch = np.sqrt(x * x + (y * 1.15) ** 2) + noise.at(x / 2.5, y / 2.5, 5) * np.float32(0.22)
    wide = np.exp(-((stretch / np.float32(3.4)) ** 2)) * np.float32(0.27)
    pit = np.exp(-((stretch / np.float32(1.15)) ** 2)) * np.float32(0.26)
    depth = (wide + pit)[..., None] * np.float32(eye.macula) * _colour((0.65, 1.0, 1.1))
    return np.asarray(relative * np.exp(-depth), np.float32)


def _reflexes(eye: Eye, x: Float32, y: Float32, noise: Lattice) -> Float32:
    """Light thrown back by the inner surface: nerve fibres, young sheen, the foveal pit; added share, H x W."""
    disc = eye.disc
    dx, dy = x - np.float32(disc.x), y - np.float32(disc.y)
    from_disc = np.sqrt(dx * dx + dy * dy)
    turn = np.arctan2(dy, -dx) + noise.at(x / 6, y / 6, 6) * np.float32(0.08)
    streaks = 0.55 + 0.45 * noise.at(turn * 26, np.log(from_disc + 2) * 2, 7, octaves=2, roughness=0.7)
    # Bundles are thickest above and below the disc, towards the arcades.
    poles = np.exp(-(((np.abs(turn) - 1.15) / 0.55) ** 2)) + 0.25
    near = np.exp(-np.maximum(from_disc - disc.radius, 0) / np.float32(4.2))
    light = np.clip(streaks, 0, 2) * poles * near * np.float32(0.20 * eye.fibres)
    patches = np.clip(noise.at(x / 3.2, y / 3.2, 8, octaves=3, roughness=0.55) - 0.4, 0, 2)
    from_fovea = np.sqrt(x * x + y * y)
    belt = np.exp(-(((from_fovea - 6.5) / 3.5) ** 2))
    light += patches * belt * np.float32(0.05 * eye.sheen)
    wobble = from_fovea + noise.at(x / 2, y / 2, 9) * np.float32(0.3)
    arc = np.exp(-(((wobble - 2.6) / 0.28) ** 2)) * smoothstep(noise.at(x / 3, y / 3, 10), 0.1, 1.2)
    light += arc * np.float32(0.08 * eye.sheen)
    dot = np.exp(-(((x - 0.12) ** 2 + (y + 0.1) ** 2) / np.float32(0.02)))
    light += dot * np.float32(0.35 * min(1.0, 2 * eye.sheen))
    return np.asarray(light, np.float32)


def _disc_share(eye: Eye, x: Float32, y: Float32, noise: Lattice) -> tuple[Float32, Float32, Float32, Float32]:
    """Disc coverage, cup depth 0..1, temporal direction -1..1 and distance from the rim in disc radii."""
    disc = eye.disc
    dx, dy = x - np.float32(disc.x), y - np.float32(disc.y)
    c, s = math.cos(disc.tilt), math.sin(disc.tilt)
    u = (c * dx + s * dy) * np.float32(math.sqrt(disc.aspect) / disc.radius)
    v = (-s * dx + c * dy) * np.float32(1 / math.sqrt(disc.aspect) / disc.radius)
    angle = np.arctan2(v, u)
    ragged = noise.at(np.cos(angle) * 1.2 + 40, np.sin(angle) * 1.2, 11, octaves=2) * np.float32(0.035)
    distance = np.sqrt(u * u + v * v) + ragged
    # The margin is crisp temporally and veiled by nerve fibres above, below and nasally.
    soft = 0.09 + 0.09 * np.abs(np.sin(angle)) + 0.05 * np.clip(u, 0, 1)
    cover = np.clip((1 + soft / 2 - distance) / soft, 0, 1)
    cover = cover * cover * (3 - 2 * cover)
    cu, cv = (u + 0.06) / np.float32(disc.cup), (v - 0.02) / np.float32(disc.cup * 1.05)
    hollow = np.sqrt(cu * cu + cv * cv) + noise.at(u * 1.5 + 9, v * 1.5, 12, octaves=2) * np.float32(0.12)
    steep = np.where(u > -0.05, 0.35, 0.75)
    cup = np.clip((1 + steep / 2 - hollow) / steep, 0, 1)
    cup = cup * cup * (3 - 2 * cup)
    side = np.clip(-u, -1, 1)
    return (
        np.asarray(cover, np.float32),
        np.asarray(cup, np.float32),
        np.asarray(side, np.float32),
        np.asarray(distance, np.float32),
    )


def paint(eye: Eye, view: View, camera: CameraModel) -> Painted:
    """Paint what an evenly lit, noiseless camera with this one's colours would show.

    Args:
        eye: Whose retina.
        view: Which part, at what scale.
        camera: For the colours and the contrast of vessels.
    """
    x, y = view.degrees()
    noise = Lattice(eye.seed)
    contrast = camera.contrast
    # Pigment darkens, and takes green and blue first in fair eyes, red in dark ones.
    pigment = np.exp(-np.float32(eye.pigment - 0.4) * _colour((0.34, 0.42, 0.48)))
    base = _colour(camera.fundus) * pigment
    levels = base * _background(eye, x, y, noise, contrast)
    cover, cup, side, distance = _disc_share(eye, x, y, noise)
    nerve = _colour(camera.nerve)
    levels = _surroundings(eye, levels, nerve, distance, side, noise, x, y)
    levels += _reflexes(eye, x, y, noise)[..., None] * (nerve * _colour((0.5, 0.75, 0.85)))
    # Rim: nerve fibres over capillaries, pinker nasally; cup: the pale, faintly dotted lamina cribrosa.
    mottled = noise.at(x * 1.6, y * 1.6, 13, octaves=3, roughness=0.7)
    whiteness = 0.22 + 0.30 * eye.disc.pallor + 0.14 * side + 0.05 * mottled
    whiteness = whiteness * (1 - cup) + (0.95 + 0.03 * mottled) * cup
    pink = base * _colour((1.28, 1.12, 1.12))
    disc_levels = pink + (nerve - pink) * np.clip(whiteness, 0, 1.05)[..., None]
    dots = np.clip(noise.at(x * 3.2, y * 3.2, 14) - 0.6, 0, 1) * cup * np.float32(0.10)
    disc_levels = disc_levels * (1 - dots[..., None])
    levels = levels + (disc_levels - levels) * cover[..., None]
    blood = draw_blood(eye, view)
    # A vessel's own colour never falls to black: light scatters around it.
    through = blood.transmitted(contrast)
    levels = levels * through
    streak = blood.reflex * np.float32(0.11 * contrast)
    levels += streak[..., None] * (levels * _colour((0.7, 1.2, 0.9)) + _colour((10, 9, 5)))
    softened = cv2.GaussianBlur(levels, (0, 0), max(0.3, 0.035 * view.scale))
    return Painted(levels=np.asarray(softened, np.float32), vessels=blood.vessels)


def _surroundings(
    eye: Eye, levels: Float32, nerve: Float32, distance: Float32, side: Float32, noise: Lattice, x: Float32, y: Float32
) -> Float32:
    """The disc's neighbourhood: a faint halo, and in some eyes the pale temporal crescent with its dark line."""
    halo = np.exp(-np.maximum(distance - 1, 0) / np.float32(0.9)) * np.float32(0.07)
    levels = levels * (1 + halo[..., None])
    if eye.disc.crescent == 0:
        return levels
    width = 0.06 + 0.22 * eye.disc.crescent
    edge = 1 + width * np.clip(side + 0.15, 0, 1) + noise.at(x / 3, y / 3, 15) * np.float32(0.025)
    pale = smoothstep(np.asarray(edge - distance, np.float32), 0.0, 0.07) * smoothstep(side, 0.0, 0.3)
    levels = levels + (nerve * np.float32(0.85) - levels) * (pale * np.float32(0.38))[..., None]
    line = np.exp(-(((distance - edge - 0.03) / 0.035) ** 2)) * smoothstep(side, 0.1, 0.5)
    return np.asarray(levels * (1 - np.float32(0.3 * eye.disc.crescent) * line[..., None]), np.float32)
