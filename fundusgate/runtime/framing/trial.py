"""Whether the GPU frames photographs: tried when the networks are opened, and told."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.disc import Disc
from fundusgate.runtime.framing.framer import PROCESSOR, Framer, LargerElsewhere
from fundusgate.runtime.framing.gpu import GpuFramer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from fundusgate.runtime.backends.device_input import DeviceInput

LARGEST_DIFFERENCE = 1
"""Grey levels that a value may differ by from the processor's."""
SIDES = (640, 1280, 2560)
"""Squares that are timed, pixels: live frames and stills."""
ROUNDS = 5
"""Times that each is framed."""


@dataclass(frozen=True)
class Framing:
    """What frames the photographs.

    Attributes:
        framer: frames them.
        told: what frames them and why, to follow what runs the networks; empty where nobody needs to be told.
    """

    framer: Framer
    told: str


def choose(inputs: Mapping[int, DeviceInput | None]) -> Framing:
    """Try the GPU, and take it where it is as right as the processor and quicker.

    Args:
        inputs: by size, the open network's input that the GPU would write; None for a size that only the cues look at.
    """
    try:
        gpu = GpuFramer(inputs)
    except BackendError as error:
        return Framing(PROCESSOR, f"framed on the processor because {error}")
    try:
        least, told = _decide(gpu, tuple(inputs))
    except BackendError as error:
        least, told = None, f"framed on the processor because {error}"
    if least is None:
        gpu.close()
        return Framing(PROCESSOR, told)
    return Framing(LargerElsewhere(gpu, least), told)


def difference(framer: Framer, sizes: Sequence[int]) -> int:
    """How far a framer is from the processor, on made discs of every way of resizing.

    Returns:
        Grey levels; 255 where the masks differ.
    """
    return max(_apart(framer, rgb, disc, size) for size in sizes for rgb, disc in _made(size))


def _decide(gpu: Framer, sizes: Sequence[int]) -> tuple[int | None, str]:
    """The side from which on the GPU frames, or None where it shall not, and what to say of it."""
    apart = difference(gpu, sizes)
    if apart > LARGEST_DIFFERENCE:
        return None, f"framed on the processor because the GPU's pictures differ by {apart} grey levels"
    least = None
    times: dict[int, tuple[float, float]] = {}
    for side in reversed(SIDES):
        rgb, disc = _noise(side, side), Disc(side / 2, side / 2, side / 2, bounded=True)
        times[side] = (seconds(_framing(gpu, rgb, disc, sizes)), seconds(_framing(PROCESSOR, rgb, disc, sizes)))
        if times[side][0] >= times[side][1]:
            break
        least = side
    if least is None:
        on_gpu, here = times[SIDES[-1]]
        return None, f"framed on the processor because the GPU takes {_ms(on_gpu)} instead of {_ms(here)} ms"
    on_gpu, here = times[least]
    return least, f"discs of {least} px and more framed on the GPU in {_ms(on_gpu)} instead of {_ms(here)} ms"


def seconds(work: Callable[[], object]) -> float:
    """How long some work takes: the median of a few times, after a first one that does not count."""
    work()
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return median(taken)


def _framing(framer: Framer, rgb: NDArray[np.uint8], disc: Disc, sizes: Sequence[int]) -> Callable[[], object]:
    return lambda: framer.frame(rgb, disc, sizes)


def _apart(framer: Framer, rgb: NDArray[np.uint8], disc: Disc, size: int) -> int:
    given, expected = (each.frame(rgb, disc, (size,))[size] for each in (framer, PROCESSOR))
    if not np.array_equal(given.inside, expected.inside):
        return 255
    return int(np.abs(given.rgb.astype(np.int16) - expected.rgb).max())


def _made(size: int) -> list[tuple[NDArray[np.uint8], Disc]]:
    """Photographs and discs: grown, as it is, shrunk by two, three and a fraction; past the frame's edges."""
    radii = (0.31 * size, 0.5 * size, size, 1.5 * size, 1.87 * size)
    made = []
    for radius in radii:
        height, width = round(1.7 * radius), round(2.4 * radius)
        made.append((_noise(height, width), Disc(0.52 * width, 0.47 * height, radius, bounded=True)))
    return made


def _noise(height: int, width: int) -> NDArray[np.uint8]:
    """Noise on a slope, H x W x 3."""
    tile = np.random.default_rng(0).integers(0, 200, (97, 101, 3), dtype=np.uint8)
    noise = np.tile(tile, (-(-height // 97), -(-width // 101), 1))[:height, :width]
    noise += np.linspace(0, 55, width).astype(np.uint8)[None, :, None]
    return np.ascontiguousarray(noise)


def _ms(taken: float) -> str:
    return f"{1e3 * taken:.2g}"
