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

CELLS = 16
"""Cells a side of the map that the contract states."""

CUE_SIDE = 256
"""Side at or above which a framed fundus serves the cues, pixels."""


@dataclass(frozen=True, eq=False)
class SeenPhotograph:
    """A photograph as the map network and the cues see it.

    Attributes:
        disc: the camera mask's circle in photograph pixels.
        framed: the framed fundus by size, S x S x 3 uint8, RGB: the map network's, and the others that were asked for.
        map_input: S x S x 3 uint8, RGB, what the map network takes.
        cells: (16, 16) bool, the cells that lie in the visible field.
        cues: the plain cues.
        box: x0, y0, x1, y1 of the framed square in photograph pixels; it may reach past the edges.
    """

    disc: Disc
    framed: Mapping[int, NDArray[np.uint8]]
    map_input: NDArray[np.uint8]
    cells: NDArray[np.bool_]
    cues: Cues
    box: tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class PreparedPhotograph(SeenPhotograph):
    """A photograph as the gate's networks and cues see it.

    Attributes:
        score_input: S x S x 3 uint8, RGB, what the score network takes.
    """

    score_input: NDArray[np.uint8]


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
    disc = find_disc(rgb)
    # a network with a small input is no reason for the cues to see less
    cue_side = max(map_how.size, CUE_SIDE)
    sizes = [map_how.size, cue_side]
    if score_how is not None and score_how.framing is Framing.DISC:
        sizes.append(score_how.size)
    framed = framer.frame(rgb, disc, tuple(dict.fromkeys(sizes)))
    seen = framed[cue_side]
    field = visible_field(seen.rgb, seen.inside)
    return SeenPhotograph(
        disc=disc,
        framed={size: each.rgb for size, each in framed.items()},
        map_input=framed[map_how.size].rgb,
        cells=inside_cells(field, CELLS),
        cues=measure_cues(seen.rgb, field),
        box=framed[map_how.size].box,
    )


def score_input(rgb: NDArray[np.uint8], seen: SeenPhotograph, score_how: Preprocessing) -> NDArray[np.uint8]:
    """The same photograph as the score network takes it.

    Args:
        rgb: the photograph that was seen.
        seen: what `see` made of it.
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
    return PreparedPhotograph(
        disc=seen.disc,
        framed=seen.framed,
        map_input=seen.map_input,
        cells=seen.cells,
        cues=seen.cues,
        box=seen.box,
        score_input=score_input(rgb, seen, score_how),
    )


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
