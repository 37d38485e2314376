"""Framing on a played GPU whose kernels are the real ones: what only a GPU can get wrong."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.runtime.backends.base import BackendError
from fundusgate.runtime.disc import Disc
from fundusgate.runtime.framing import gpu
from fundusgate.runtime.framing.gpu import GpuFramer
from fundusgate.runtime.preprocessing import frame_disc
from tests.runtime.backends.contract import picture
from tests.runtime.backends.gpu import engine_of, install
from tests.runtime.engines.fake_cuda import CudaError, FakeCuda, FakeDriver
from tests.runtime.framing.host_kernels import needs_host_compiler
from tests.runtime.graphs import MEANS, SIDE, write_graph

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from fundusgate.runtime.backends.tensorrt import TensorRtBackend

pytestmark = needs_host_compiler

LARGER = 24
"""A size that no network has."""


def photograph(seed: int, side: int = 90) -> tuple[NDArray[np.uint8], Disc]:
    rgb = np.random.default_rng(seed).integers(0, 256, (side, side + 10, 3), dtype=np.uint8)
    return rgb, Disc(side / 2 + seed % 5, side / 2, 0.48 * side, bounded=True)


class Played:
    """A network and what frames for it, on one GPU."""

    def __init__(self, cuda: FakeCuda, graph: Path) -> None:
        self.cuda = cuda
        self.backend: TensorRtBackend = engine_of(graph, cuda)
        self.backend.open()
        self.framer = GpuFramer({SIDE: self.backend.device_input, LARGER: None})

    def framed(self, seed: int, side: int = 90) -> NDArray[np.uint8]:
        """What the network takes of a photograph; it and the picture for the cues are held to the processor's."""
        rgb, disc = photograph(seed, side)
        framed = self.framer.frame(rgb, disc, (SIDE, LARGER))
        for size, given in framed.items():
            np.testing.assert_array_equal(given.rgb, frame_disc(rgb, disc, size).rgb)
        return framed[SIDE].rgb

    def score(self, image: NDArray[np.uint8]) -> bool:
        """Whether the network judges this very picture."""
        return bool(np.isclose(self.backend.infer(image)["score"][0], image.mean() / 255, rtol=1e-5))

    def close(self) -> None:
        self.framer.close()
        self.backend.close()
        assert (self.cuda.memory, self.cuda.pinned, self.cuda.pushed) == ({}, 0, 0)


@pytest.fixture(params=[(False, False), (False, True), (True, False), (True, True)], ids=str)
def played(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Played]:
    """Every kind of GPU: integrated or not, with cuda-python or without."""
    integrated, graph = request.param
    cuda = FakeCuda(integrated)
    install(monkeypatch, cuda, FakeDriver(cuda) if graph else None)
    played = Played(cuda, write_graph(tmp_path / "means.onnx", MEANS))
    yield played
    played.close()


def test_a_picture_lies_in_the_networks_input(played: Played) -> None:
    image = played.framed(1)
    address = played.backend.device_input.buffer.address
    np.testing.assert_array_equal(played.cuda.at(address).reshape(image.shape), image)
    host = played.backend.device_input.buffer.host
    host.flags.writeable = False
    assert played.score(image), "it is judged as it lies there"


def test_whatever_was_framed_before_the_picture_that_is_given_is_judged(played: Played) -> None:
    first, second = played.framed(1), played.framed(2)
    assert played.score(first)
    assert played.score(second)
    assert played.score(picture(5))
    assert played.score(second)
    third = played.framed(3)
    assert played.score(first)
    assert played.score(third.copy())
    assert played.score(third)


def test_a_picture_that_is_kept_never_changes(played: Played) -> None:
    kept = played.framed(1)
    before = kept.copy()
    played.framed(2)
    np.testing.assert_array_equal(kept, before)
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 0


def test_nothing_is_allocated_for_a_photograph_unless_it_is_larger_than_any_before(played: Played) -> None:
    played.framed(1)
    before, held = played.cuda.allocated, len(played.cuda.memory)
    for seed in range(10):
        played.framed(seed, 60 + seed)
    assert played.cuda.allocated == before
    played.framed(1, 150)
    played.framed(2, 91)
    assert played.cuda.allocated == before + 2
    assert len(played.cuda.memory) == held


def test_what_the_kernels_left_unwritten_is_refused(played: Played) -> None:
    image = played.framed(1)
    played.cuda.kernels = "nothing"
    for seed in (1, 2):
        rgb, disc = photograph(seed)
        with pytest.raises(BackendError, match="left a part of the picture unwritten; this photograph has no result"):
            played.framer.frame(rgb, disc, (SIDE, LARGER))
    assert played.score(image), "what was framed before it is still itself"
    played.cuda.kernels = "well"
    assert played.score(played.framed(2))


@pytest.mark.parametrize("call", ["memcpy_htod_async", "frame_lines", "frame_pixels", "synchronize"])
def test_a_cuda_error_is_an_error(call: str, played: Played) -> None:
    played.framed(1)
    played.cuda.fails[call] = CudaError("an illegal memory access was encountered")
    rgb, disc = photograph(2)
    with pytest.raises(BackendError, match="framing failed on the GPU: an illegal memory access"):
        played.framer.frame(rgb, disc, (SIDE, LARGER))
    del played.cuda.fails[call]
    assert played.cuda.pushed == 0
    assert played.score(played.framed(3))


@pytest.mark.parametrize("call", ["module_from_buffer", "pagelocked_empty", "mem_alloc", "Stream", "init"])
def test_an_opening_that_fails_leaves_nothing_behind(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = install(monkeypatch, FakeCuda())
    cuda.fails[call] = CudaError("out of memory")
    with pytest.raises(BackendError, match="the GPU cannot frame photographs: out of memory"):
        GpuFramer({SIDE: None})
    assert (cuda.pushed, cuda.memory, cuda.pinned) == (0, {}, 0)


def test_an_installation_without_the_kernels_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cuda = install(monkeypatch, FakeCuda())
    monkeypatch.setattr(gpu, "PTX", tmp_path / "framing.ptx")
    with pytest.raises(BackendError, match=r"the GPU cannot frame photographs: .*framing\.ptx"):
        GpuFramer({SIDE: None})
    assert cuda.pushed == 0


def test_any_thread_may_frame_while_another_infers(played: Played) -> None:
    images = {seed: played.framed(seed) for seed in range(4)}
    wrong: list[int] = []

    def work(seed: int) -> None:
        for _ in range(10):
            if not np.array_equal(played.framed(seed), images[seed]):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in images]
    for thread in threads:
        thread.start()
    # one network serves one thread at a time: the assessor sees to that
    assert all(played.score(images[seed % 4]) for seed in range(40))
    for thread in threads:
        thread.join()
    assert not wrong


def test_closed_it_frames_nothing(played: Played) -> None:
    played.framer.close()
    rgb, disc = photograph(1)
    with pytest.raises(BackendError, match="is closed: open the networks again"):
        played.framer.frame(rgb, disc, (SIDE,))
