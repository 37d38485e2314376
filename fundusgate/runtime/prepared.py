"""Everything that is worked out of a photograph before a network runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.runtime.cues import measure_cues
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.field_cut import visible_field
from fundusgate.runtime.framing.framer import PROCESSOR, Framer
from fundusgate.runtime.manifest import Framing
from fundusgate.runtime.preprocessing import frame_whole, inside_cells

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.runtime.cues import Cues
    from fundusgate.runtime.disc import Disc
    from fundusgate.runtime.manifest import Preprocessing
    from fundusgate.runtime.preprocessing import FramedFundus

CELLS = 16
"""Cells a side of the map that the contract states."""

CUE_SIDE = 256
"""Side at or above which a framed fundus serves the cues, pixels."""


@dataclass(frozen=True, eq=False)
class FramedPhotograph:
    """A photograph as the map network takes it.

    Attributes:
        disc: the camera mask's circle in photograph pixels.
        framed: the framed fundus by size, S x S x 3 uint8, RGB: the map network's, and the others that were asked for.
        map_input: S x S x 3 uint8, RGB, what the map network takes.
        box: x0, y0, x1, y1 of the framed square in photograph pixels; it may reach past the edges.
        for_cues: the framed fundus that the field and the cues are measured on.
    """

    disc: Disc
    framed: Mapping[int, NDArray[np.uint8]]
    map_input: NDArray[np.uint8]
    box: tuple[int, int, int, int]
    for_cues: FramedFundus


@dataclass(frozen=True, eq=False)
class Looked:
    """What is seen in a framed fundus without a network.

    Attributes:
        cells: (16, 16) bool, the cells that lie in the visible field.
        cues: the plain cues.
    """

    cells: NDArray[np.bool_]
    cues: Cues


@dataclass(frozen=True, eq=False)
class SeenPhotograph(FramedPhotograph, Looked):
    """A photograph as the map network and the cues see it."""


@dataclass(frozen=True, eq=False)
class PreparedPhotograph(SeenPhotograph):
    """A photograph as the gate's networks and cues see it.

    Attributes:
        score_input: S x S x 3 uint8, RGB, what the score network takes.
    """

    score_input: NDArray[np.uint8]


def framed_about(
    rgb: NDArray[np.uint8],
    disc: Disc,
    map_how: Preprocessing,
    score_how: Preprocessing | None = None,
    framer: Framer = PROCESSOR,
) -> FramedPhotograph:
    """Frame the disc for the networks and the cues.

    Args:
        rgb: H x W x 3 uint8, RGB.
        disc: the disc in it.
        map_how: the map network's pre-processing; it frames the disc.
        score_how: the score network's, where that will be asked too.
        framer: frames the disc.
    """
    # a network with a small input is no reason for the cues to see less
    cue_side = max(map_how.size, CUE_SIDE)
    sizes = [map_how.size, cue_side]
    if score_how is not None and score_how.framing is Framing.DISC:
        sizes.append(score_how.size)
    framed = framer.frame(rgb, disc, tuple(dict.fromkeys(sizes)))
    return FramedPhotograph(
        disc=disc,
        framed={size: each.rgb for size, each in framed.items()},
        map_input=framed[map_how.size].rgb,
        box=framed[map_how.size].box,
        for_cues=framed[cue_side],
    )


def look(framed: FramedPhotograph) -> Looked:
    """Find the visible field and measure the cues.

    Args:
        framed: the photograph, framed.
    """
    seen = framed.for_cues
    field = visible_field(seen.rgb, seen.inside)
    return Looked(cells=inside_cells(field, CELLS), cues=measure_cues(seen.rgb, field))


def see(
    rgb: NDArray[np.uint8],
    map_how: Preprocessing,
    score_how: Preprocessing | None = None,
    framer: Framer = PROCESSOR,
) -> SeenPhotograph:
    """Find the disc, frame it for the networks, measure the cues.

    Args:
        rgb: H x W x 3 uint8, RGB.
        map_how: the map network's pre-processing; it frames the disc.
        score_how: the score network's, where that will be asked too.
        framer: frames the disc.
    """
    framed = framed_about(rgb, find_disc(rgb), map_how, score_how, framer)
    return SeenPhotograph(**vars(framed), **vars(look(framed)))


def score_input(rgb: NDArray[np.uint8], seen: FramedPhotograph, score_how: Preprocessing) -> NDArray[np.uint8]:
    """The same photograph as the score network takes it.

    Args:
        rgb: the photograph that was seen.
        seen: the same, framed.
        score_how: the score network's pre-processing.

    Returns:
        S x S x 3 uint8, RGB.
    """
    if score_how.framing is Framing.DISC and score_how.size in seen.framed:
        return seen.framed[score_how.size]
    return network_input(rgb, seen.disc, score_how)


def prepare(
    rgb: NDArray[np.uint8], map_how: Preprocessing, score_how: Preprocessing, framer: Framer = PROCESSOR
) -> PreparedPhotograph:
    """Find the disc, frame it for each network, measure the cues.

    Args:
        rgb: H x W x 3 uint8, RGB.
        map_how: the map network's pre-processing; it frames the disc.
        score_how: the score network's pre-processing.
        framer: frames the disc.
    """
    seen = see(rgb, map_how, score_how, framer)
    return PreparedPhotograph(**vars(seen), score_input=score_input(rgb, seen, score_how))


def network_input(
    rgb: NDArray[np.uint8], disc: Disc, how: Preprocessing, framer: Framer = PROCESSOR
) -> NDArray[np.uint8]:
    """A photograph as one network takes it.

    Args:
        rgb: H x W x 3 uint8, RGB.
        disc: the disc in it.
        how: the network's pre-processing.
        framer: frames the disc.

    Returns:
        S x S x 3 uint8, RGB.
    """
    if how.framing is Framing.FRAME:
        return frame_whole(rgb, resize=how.resize or how.size, crop=how.size)
    return framer.frame(rgb, disc, (how.size,))[how.size].rgb
