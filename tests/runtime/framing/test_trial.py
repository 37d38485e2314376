"""When the GPU frames, when the processor does, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.runtime.disc import Disc
from fundusgate.runtime.framing import trial
from fundusgate.runtime.framing.framer import PROCESSOR, Framer, LargerElsewhere
from fundusgate.runtime.framing.gpu import GpuFramer
from fundusgate.runtime.preprocessing import LARGEST_SQUARE
from tests.runtime.backends.gpu import install
from tests.runtime.engines.fake_cuda import CudaError, FakeCuda
from tests.runtime.framing.host_kernels import needs_host_compiler

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from fundusgate.runtime.preprocessing import FramedFundus

SIZES: dict[int, None] = {48: None, 32: None}


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> FakeCuda:
    monkeypatch.setattr(trial, "SIDES", (40, 80, 160))
    return install(monkeypatch, FakeCuda(integrated=True))


def plays(monkeypatch: pytest.MonkeyPatch, *milliseconds: tuple[float, float]) -> None:
    """What the GPU and the processor take, the largest square first."""
    taken = [1e-3 * value for pair in milliseconds for value in pair]

    def seconds(work: Callable[[], object]) -> float:
        work()
        return taken.pop(0)

    monkeypatch.setattr(trial, "seconds", seconds)


@needs_host_compiler
@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [
        ([(1, 9), (1, 3), (0.5, 0.7)], "discs of 40 px and more framed on the GPU in 0.5 instead of 0.7 ms"),
        ([(1, 9), (1.04, 3), (0.9, 0.7)], "discs of 80 px and more framed on the GPU in 1 instead of 3 ms"),
        ([(1, 9), (4, 3)], "discs of 160 px and more framed on the GPU in 1 instead of 9 ms"),
        ([(12, 9.4)], "framed on the processor because the GPU takes 12 instead of 9.4 ms"),
    ],
)
def test_the_gpu_frames_where_it_is_quicker(
    milliseconds: list[tuple[float, float]], told: str, cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch
) -> None:
    plays(monkeypatch, *milliseconds)
    chosen = trial.choose(SIZES)
    assert chosen.told == told
    assert (chosen.framer is PROCESSOR) is ("processor" in told)
    chosen.framer.close()
    assert (cuda.memory, cuda.pinned, cuda.pushed) == ({}, 0, 0)


@needs_host_compiler
def test_another_picture_is_never_taken_however_quick(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    plays(monkeypatch)
    cuda.kernels = "wrong"
    chosen = trial.choose(SIZES)
    assert chosen.framer is PROCESSOR
    assert chosen.told == "framed on the processor because the GPU's pictures differ by 64 grey levels"
    assert cuda.memory == {}


@needs_host_compiler
@pytest.mark.parametrize(
    ("kernels", "fails", "why"),
    [
        ("nothing", "", "framing on the GPU left a part of the picture unwritten"),
        ("well", "frame_pixels", "framing failed on the GPU: an illegal address"),
        ("well", "module_from_buffer", "the GPU cannot frame photographs: an illegal address"),
    ],
)
def test_a_gpu_that_cannot_is_told(kernels: str, fails: str, why: str, cuda: FakeCuda) -> None:
    cuda.kernels = kernels
    if fails:
        cuda.fails[fails] = CudaError("an illegal address")
    chosen = trial.choose(SIZES)
    assert chosen.framer is PROCESSOR
    assert chosen.told.startswith(f"framed on the processor because {why}")
    assert (cuda.memory, cuda.pinned, cuda.pushed) == ({}, 0, 0)


class Off(Framer):
    """The processor's pictures, each value off by so much in one place."""

    def __init__(self, by: int) -> None:
        self._by = by

    def frame(self, rgb: NDArray[np.uint8], disc: Disc, sizes: Sequence[int]) -> Mapping[int, FramedFundus]:
        framed = PROCESSOR.frame(rgb, disc, sizes)
        for each in framed.values():
            each.rgb[-1, -1] += np.uint8(self._by)
        return framed


@pytest.mark.parametrize("by", [0, 1, 2])
def test_the_difference_is_counted_in_grey_levels(by: int) -> None:
    assert trial.difference(Off(by), (48, 32)) == by


class Elsewhere(Framer):
    def frame(self, rgb: NDArray[np.uint8], disc: Disc, sizes: Sequence[int]) -> Mapping[int, FramedFundus]:
        raise NotImplementedError


@pytest.mark.parametrize(("side", "elsewhere"), [(79, False), (80, True), (LARGEST_SQUARE, True), (5002, False)])
def test_only_squares_that_pay_go_elsewhere(side: int, elsewhere: bool) -> None:
    framer = LargerElsewhere(Elsewhere(), 80)
    rgb, disc = np.zeros((60, 60, 3), np.uint8), Disc(30, 30, side / 2, bounded=True)
    if elsewhere:
        with pytest.raises(NotImplementedError):
            framer.frame(rgb, disc, (32,))
    else:
        assert framer.frame(rgb, disc, (32,))[32].rgb.shape == (32, 32, 3)


@needs_host_compiler
def test_every_way_of_resizing_is_tried(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    from fundusgate.runtime.framing.square import Square, Way

    for size in (32, 384, 512):
        made = trial._made(size)
        assert {Square.about(disc, *rgb.shape[:2]).way(size) for rgb, disc in made} == set(Way)
    plays(monkeypatch, (1, 2), (1, 2), (1, 2))
    chosen = trial.choose(SIZES)
    assert isinstance(chosen.framer, LargerElsewhere)
    assert isinstance(chosen.framer._elsewhere, GpuFramer)
    chosen.framer.close()
    assert cuda.memory == {}
