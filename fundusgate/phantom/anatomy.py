"""One eye: where its disc, fovea and vessels lie and how it is pigmented; every camera sees the same eye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.codes import Laterality
from fundusgate.phantom.vessels import Vessel, VesselTree

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class OpticDisc:
    """The disc, in degrees of a right eye (fovea at the origin, x towards the disc, y down).

    Attributes:
        x: Centre.
        y: Centre; above the fovea, so usually negative.
        radius: Mean radius.
        aspect: Height over width, over 1 for the usual upright oval.
        tilt: Of the long axis, radians.
        cup: Cup-to-disc ratio, 0..1.
        crescent: Strength of the pale crescent at the temporal side, 0 (none) to 1.
        pallor: How white the rim is, 0 (red) to 1 (pale).
    """

    x: float
    y: float
    radius: float
    aspect: float
    tilt: float
    cup: float
    crescent: float
    pallor: float


@dataclass(frozen=True)
class Eye:
    """An eye's anatomy.

    Attributes:
        seed: From which all texture is drawn.
        laterality: Right or left; a left eye is painted as a right one and mirrored.
        disc: The optic disc.
        vessels: Arteries and veins, degrees of a right eye.
        pigment: 0 (fair) to 1 (dark).
        tessellation: How much of the choroid shows as stripes, 0..1.
        macula: Strength of the macula's darkening, 0..1.
        sheen: Strength of the young retina's reflexes, 0..1.
        fibres: Strength of the nerve fibre layer's streaks, 0..1.
        torsion: Turn of the eye about its axis, radians.
    """

    seed: int
    laterality: Laterality
    disc: OpticDisc
    vessels: Sequence[Vessel]
    pigment: float
    tessellation: float
    macula: float
    sheen: float
    fibres: float
    torsion: float


def grow_eye(seed: int, laterality: Laterality | None = None) -> Eye:
    """Draw an eye.

    Args:
        seed: The same seed gives the same eye.
        laterality: Which eye; drawn by the seed if not given (the anatomy is then the same but for the mirror).
    """
    rng = np.random.default_rng([seed, 11])
    side = list(Laterality)[int(rng.integers(2))]
    disc = OpticDisc(
        x=rng.normal(15.4, 0.7),
        y=rng.normal(-1.6, 0.7),
        radius=rng.uniform(2.6, 3.35),
        aspect=rng.uniform(1.02, 1.18),
        tilt=rng.normal(0, 0.15),
        cup=float(np.clip(rng.normal(0.38, 0.14), 0.12, 0.75)),
        crescent=float(rng.uniform(0.2, 1) if rng.random() < 0.35 else 0),
        pallor=float(rng.uniform(0.15, 0.7)),
    )
    young = rng.random() < 0.3
    return Eye(
        seed=seed,
        laterality=laterality or side,
        disc=disc,
        vessels=VesselTree((disc.x, disc.y), disc.radius, float(rng.uniform(0.7, 1.7)), rng).grow(),
        pigment=float(rng.beta(1.6, 2.0)),
        tessellation=float(rng.uniform(0.35, 1) if rng.random() < 0.4 else rng.uniform(0, 0.25)),
        macula=float(rng.uniform(0.5, 1)),
        sheen=float(rng.uniform(0.3, 1) if young else rng.uniform(0, 0.15)),
        fibres=float(rng.uniform(0.4, 1) if young else rng.uniform(0.05, 0.4)),
        torsion=float(rng.normal(0, 0.05)),
    )
