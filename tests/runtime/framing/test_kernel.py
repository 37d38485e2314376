"""The GPU's kernels, compiled for the processor by g++, against NumPy and OpenCV: every value, of every disc."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.runtime.disc import Disc
from fundusgate.runtime.framing.gpu import GpuFramer
from fundusgate.runtime.framing.square import Square, Way
from fundusgate.runtime.preprocessing import frame_disc
from tests.runtime.backends.gpu import install
from tests.runtime.engines.fake_cuda import FakeCuda
from tests.runtime.framing.discs import SIZES, random_case
from tests.runtime.framing.host_kernels import needs_host_compiler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

pytestmark = needs_host_compiler


@pytest.fixture
def framer(monkeypatch: pytest.MonkeyPatch) -> Iterator[GpuFramer]:
    install(monkeypatch, FakeCuda())
    framer = GpuFramer(dict.fromkeys((*SIZES, 7, 10, 49)))
    yield framer
    framer.close()


def assert_same(framer: GpuFramer, rgb: NDArray[np.uint8], disc: Disc, size: int) -> None:
    given, expected = framer.frame(rgb, disc, (size,))[size], frame_disc(rgb, disc, size)
    assert given.box == expected.box
    np.testing.assert_array_equal(given.inside, expected.inside)
    np.testing.assert_array_equal(given.rgb, expected.rgb)


def test_hundreds_of_discs_are_framed_value_for_value(framer: GpuFramer) -> None:
    ways: Counter[Way] = Counter()
    for seed in range(240):
        rgb, disc, size = random_case(seed)
        assert_same(framer, rgb, disc, size)
        ways[Square.about(disc, *rgb.shape[:2]).way(size)] += 1
    assert min(ways[way] for way in Way) >= 20, ways


@pytest.mark.parametrize(("whole", "size"), [(2, 49), (3, 49), (5, 7), (10, 10), (49, 7), (49, 10), (98, 7), (103, 10)])
def test_whole_numbers_that_floating_point_misses_are_shrunk_as_opencv_does(
    whole: int, size: int, framer: GpuFramer
) -> None:
    side = whole * size
    rgb = np.random.default_rng(whole).integers(0, 256, (side, side, 3), dtype=np.uint8)
    assert_same(framer, rgb, Disc(side / 2, side / 2, side / 2, bounded=True), size)


@pytest.mark.parametrize("level", [0, 1, 127, 128, 254, 255])
def test_a_plain_picture_stays_plain(level: int, framer: GpuFramer) -> None:
    rgb = np.full((311, 421, 3), level, dtype=np.uint8)
    for radius in (20.0, 112.3, 150.0, 300.0):
        assert_same(framer, rgb, Disc(200.4, 150.2, radius, bounded=True), 224)


@pytest.mark.parametrize(
    "disc",
    [
        Disc(-500, 40, 100, bounded=True),
        Disc(1e4, 1e4, 300, bounded=True),
        Disc(50, 50, 0.2, bounded=True),
        Disc(0, 0, 60, bounded=True),
        Disc(99.9, 99.9, 1.0, bounded=True),
    ],
)
def test_discs_at_and_beyond_the_edges(disc: Disc, framer: GpuFramer) -> None:
    rgb = np.random.default_rng(3).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    assert_same(framer, rgb, disc, 96)


def test_a_view_of_a_photograph_is_framed(framer: GpuFramer) -> None:
    rgb = np.random.default_rng(3).integers(0, 256, (300, 500, 3), dtype=np.uint8)[::-1, ::2]
    assert_same(framer, rgb, Disc(120, 140, 130, bounded=True), 224)
