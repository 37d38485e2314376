"""Retinal vessel trees: grown from the optic disc along the arcades, branching and tapering by Murray's law.

Coordinates are degrees on the retina of a right eye as photographed: the fovea at the origin, x towards the disc
(right), y down. Sources: Jansonius et al. 2009 (A mathematical description of nerve fiber bundle trajectories) for the
family of curves along the arcades; Murray 1926 (The physiological principle of minimum work) for branch diameters:
the cube of the parent's is the sum of the cubes of the children's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fundusgate.phantom.arrays import Float32

STEP = 0.2
"""Degrees between points of a vessel."""
THINNEST = 0.05
"""Degrees; about 15 um, what a 45 degree camera just resolves."""
REACH = 33.0
"""Degrees from the middle between fovea and disc at which growth stops: more than any camera here shows."""
CELL = 0.3
"""Degrees a side of the cells in which vessels of one kind avoid each other."""


@dataclass(frozen=True)
class Vessel:
    """One unbranched stretch of vessel.

    Attributes:
        points: N x 2 degrees, from the root outwards.
        diameter: N degrees.
        artery: True for an artery, False for a vein.
    """

    points: Float32
    diameter: Float32
    artery: bool


class Role(Enum):
    """Where a vessel is bound."""

    ARCADE = "arcade"
    NASAL = "nasal"
    MACULAR = "macular"
    PERIPHERAL = "peripheral"


@dataclass
class _Bud:
    """A vessel about to grow."""

    x: float
    y: float
    heading: float
    diameter: float
    role: Role
    artery: bool
    aperture: float
    generation: int
    parent: int


def _turn(target: float, heading: float) -> float:
    return (target - heading + math.pi) % (2 * math.pi) - math.pi


class VesselTree:
    """Grows one eye's arteries and veins.

    Args:
        disc: x, y of the disc's centre in degrees.
        disc_radius: Of the disc, degrees.
        tortuosity: 1 is usual; .6 straight, 1.8 winding.
        rng: Source of randomness.
    """

    def __init__(
        self, disc: tuple[float, float], disc_radius: float, tortuosity: float, rng: np.random.Generator
    ) -> None:
        self._disc = disc
        self._disc_radius = disc_radius
        self._tortuosity = tortuosity
        self._rng = rng
        self._taken: dict[tuple[bool, int, int], int] = {}
        self._vessels: list[Vessel] = []

    def grow(self) -> tuple[Vessel, ...]:
        """Grow both trees: the trunks first, so that twigs find the room that is left."""
        buds = self._roots()
        while buds:
            widest = max(range(len(buds)), key=lambda i: buds[i].diameter)
            buds.extend(self._grow_one(buds.pop(widest)))
        return tuple(self._vessels)

    def _roots(self) -> list[_Bud]:
        rng, (dx, dy) = self._rng, self._disc
        buds: list[_Bud] = []
        inner = int(rng.choice([-1, 1]))
        # The central vessels come up at the nasal side of the cup.
        for artery in (False, True):
            wide = rng.uniform(0.36, 0.43) if artery else rng.uniform(0.46, 0.57)
            root = (dx + rng.normal(0.25, 0.15), dy + rng.normal(0, 0.25))
            for up in (-1, 1):
                aperture = (0.115 if artery == (up == inner) else 0.165) * rng.uniform(0.85, 1.25)
                lean = rng.uniform(0.0, 0.4)
                heading = up * (math.pi / 2 + lean)
                buds.append(_Bud(*root, heading, wide * rng.uniform(0.85, 1), Role.ARCADE, artery, aperture, 0, -1))
                heading = up * (math.pi / 2 - rng.uniform(0.25, 0.7))
                narrow = wide * rng.uniform(0.55, 0.75)
                buds.append(_Bud(*root, heading, narrow, Role.NASAL, artery, aperture, 0, -1))
            if rng.random() < 0.6:
                buds.append(_Bud(*root, rng.normal(0, 0.3), wide * 0.4, Role.NASAL, artery, 0.2, 1, -1))
            for _ in range(int(rng.integers(1, 3))):
                heading = math.pi + rng.normal(0, 0.5)
                buds.append(_Bud(*root, heading, rng.uniform(0.10, 0.17), Role.MACULAR, artery, 0.2, 1, -1))
        return buds

    def _preferred(self, bud: _Bud, x: float, y: float) -> tuple[float, float]:
        """The heading a vessel strives for at x, y and how hard, radians and radians per degree."""
        dx, dy = self._disc
        if bud.role is Role.MACULAR:
            return math.atan2(-y, -x), 0.30 if bud.generation < 2 else 0.40
        if bud.role is Role.NASAL:
            return math.atan2(y - dy, x - dx), 0.12
        if bud.role is Role.PERIPHERAL:
            away = math.atan2(y - 0.6 * dy, x - (0.5 * dx if x < dx else dx))
            return away, 0.10
        # The arcade is the parabola x = disc - aperture * y^2; follow its slope, and lean back when beside it.
        side = -1.0 if y < dy else 1.0
        height = abs(y - dy)
        too_nasal = x - (dx - bud.aperture * height * height)
        tangent = math.atan2(side, -2 * bud.aperture * height)
        return tangent + side * max(-0.5, min(0.5, 0.07 * too_nasal)), 0.5

    def _grow_one(self, bud: _Bud) -> list[_Bud]:
        rng = self._rng
        me = len(self._vessels)
        winding = self._tortuosity * (0.13 if bud.diameter > 0.25 else 0.24 if bud.diameter > 0.12 else 0.34)
        x, y, heading, diameter = bud.x, bud.y, bud.heading, bud.diameter
        points, widths, children = [(x, y)], [diameter], []
        curvature, travelled, side = 0.0, 0.0, int(rng.choice([-1, 1]))
        until_branch = rng.exponential(1.6) + (2.2 if bud.generation == 0 else 0.6)
        foveal_stop = rng.uniform(1.0, 2.4)
        while diameter > THINNEST and math.hypot(x - 7, y) < REACH:
            preferred, pull = self._preferred(bud, x, y)
            from_disc = math.hypot(x - self._disc[0], y - self._disc[1]) / self._disc_radius
            pull *= min(1.0, max(0.0, from_disc - 0.7)) if bud.generation == 0 else 1.0
            curvature += -curvature * STEP / 1.2 + rng.normal(0, winding * math.sqrt(2 * STEP / 1.2))
            heading += _turn(preferred, heading) * pull * STEP + curvature * STEP
            x, y = x + math.cos(heading) * STEP, y + math.sin(heading) * STEP
            travelled += STEP
            if math.hypot(x, y) < foveal_stop or self._blocked(bud, me, x, y, travelled):
                break
            if bud.role is Role.MACULAR and travelled > 4 and abs(_turn(preferred, heading)) > 1.3:
                break
            points.append((x, y))
            diameter *= 1 - STEP * self._taper(bud, math.hypot(x, y))
            widths.append(diameter)
            until_branch -= STEP
            if until_branch <= 0 and from_disc > 1.15:
                side = -side if rng.random() < 0.75 else side
                child = self._branch(bud, me, (x, y), heading, diameter, side)
                until_branch = rng.exponential(1.9) + 1.0 + 1.6 * diameter
                if child is not None:
                    diameter = max(THINNEST * 0.9, (diameter**3 - child.diameter**3) ** (1 / 3))
                    heading -= side * 0.35 * (child.diameter / diameter) ** 2 * rng.uniform(0.4, 1)
                    children.append(child)
        if len(points) > 3:
            self._vessels.append(Vessel(np.array(points, np.float32), np.array(widths, np.float32), artery=bud.artery))
            return children
        return []

    @staticmethod
    def _taper(bud: _Bud, from_fovea: float) -> float:
        """Share of its diameter that a vessel loses a degree of way, beside what its branches take."""
        if bud.role is Role.MACULAR:
            return 0.04 + max(0.0, 0.03 * (6 - from_fovea))
        return 0.006 if bud.generation == 0 else 0.02

    def _branch(
        self, bud: _Bud, me: int, at: tuple[float, float], heading: float, diameter: float, side: int
    ) -> _Bud | None:
        rng = self._rng
        share = rng.beta(2.2, 2.6) * 0.62 + 0.26
        width = diameter * share
        if width < THINNEST * 1.05:
            return None
        angle = rng.uniform(0.55, 1.15) * (1.15 - 0.5 * share)
        leaving = heading + side * angle
        x, y = at
        role = bud.role
        if role is Role.ARCADE:
            inward = math.cos(leaving) * -x + math.sin(leaving) * -y > 0
            heading_in = math.hypot(x, y) < 16 and x < self._disc[0] - 1
            role = Role.MACULAR if inward and heading_in else Role.PERIPHERAL
            if role is Role.MACULAR:
                width = min(width, rng.uniform(0.11, 0.21))
            # Wide branches within the arcade's reach run beside the arcade for a while.
            if not inward and share > 0.7 and rng.random() < 0.5:
                role = Role.ARCADE
        elif role is Role.NASAL:
            role = Role.NASAL if rng.random() < 0.5 else Role.PERIPHERAL
        aperture = bud.aperture * rng.uniform(0.6, 0.95)
        return _Bud(x, y, leaving, width, role, bud.artery, aperture, bud.generation + 1, me)

    def _blocked(self, bud: _Bud, me: int, x: float, y: float, travelled: float) -> bool:
        if math.hypot(x - self._disc[0], y - self._disc[1]) < 1.3 * self._disc_radius:
            return False
        key = (bud.artery, math.floor(x / CELL), math.floor(y / CELL))
        owner = self._taken.setdefault(key, me)
        if owner == me or travelled < 0.8:
            return False
        return bud.generation > 0 or travelled > 12
