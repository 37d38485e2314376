"""The parts of preparing a photograph, each alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fundusgate.bench.parts import preparation_parts
from fundusgate.phantom import render
from fundusgate.runtime.framing.framer import PROCESSOR, Framer
from tests.commands.bundles import SIDE, write_bundle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from fundusgate.runtime.disc import Disc
    from fundusgate.runtime.preprocessing import FramedFundus


class Counting(Framer):
    """The processor, and the sizes that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []

    def frame(self, rgb: NDArray[np.uint8], disc: Disc, sizes: Sequence[int]) -> Mapping[int, FramedFundus]:
        self.asked.append(tuple(sizes))
        return PROCESSOR.frame(rgb, disc, sizes)


def test_what_frames_at_the_camera_frames_here(tmp_path: Path) -> None:
    framer = Counting()
    parts = preparation_parts([render(11, 160).rgb], write_bundle(tmp_path / "bundle"), 3, framer)
    assert {name: len(samples) for name, samples in parts.items()} == dict.fromkeys(
        ("disc", "framing", "field", "cues"), 3
    )
    # the networks' size, and the cues'
    assert framer.asked == [(SIDE, 256)] * 3
