"""Phantom eyes as training photographs: cameras and colours that no source of real ones has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fundusgate.phantom import CAMERAS, render
from fundusgate.runtime.disc import find_disc
from fundusgate.runtime.preprocessing import frame_disc
from fundusgate.training.frames import LARGEST_SIDE, Frame
from fundusgate.training.photographs import PhotographRecord, Quality

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = "phantom"


def phantom_frames(count: int, seed: int) -> Iterator[Frame]:
    """Good photographs of eyes that never were, each before the next of the phantom's cameras.

    Args:
        count: How many.
        seed: Of the eyes.
    """
    names = sorted(CAMERAS)
    for index in range(count):
        rgb = render(seed + index, size=LARGEST_SIDE, camera=names[index % len(names)]).rgb
        framed = frame_disc(rgb, find_disc(rgb), LARGEST_SIDE)
        record = PhotographRecord(
            path=Path(f"{SOURCE}-{seed + index}"),
            source=SOURCE,
            patient=f"{SOURCE}-{seed + index}",
            quality=Quality.GOOD,
            split="",
            weak=False,
            artifact="",
        )
        yield Frame(framed.rgb, framed.inside, record)
