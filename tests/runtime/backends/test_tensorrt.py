"""TensorRT's backend on a played GPU: the contract of every backend, and what only a GPU can get wrong."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fundusgate.runtime.backends.base import Backend, BackendError
from tests.runtime.backends.contract import BackendContract, picture
from tests.runtime.backends.gpu import engine_of, install
from tests.runtime.engines.fake_cuda import CudaError, FakeCuda, FakeDriver
from tests.runtime.engines.surfaces import VERSIONS
from tests.runtime.graphs import MEANS, write_graph

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.runtime.backends.tensorrt import TensorRtBackend

LATER_NAMES = frozenset(
    {"num_io_tensors", "get_tensor_name", "get_tensor_mode", "get_tensor_shape", "get_tensor_dtype"}
    | {"set_tensor_address", "execute_async_v3"}
)


class _Played(BackendContract):
    integrated = False
    graph = False

    @pytest.fixture(autouse=True)
    def gpu(self, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - a generator
        self.cuda = FakeCuda(self.integrated)
        self.driver = FakeDriver(self.cuda)
        install(monkeypatch, self.cuda, self.driver if self.graph else None)
        yield
        assert self.cuda.pushed == 0

    def make(self, path: Path) -> Backend:
        return engine_of(path, self.cuda)


class TestPinnedCopies(_Played):
    """A card in a slot, no cuda-python."""


class TestZeroCopy(_Played):
    """A Jetson, no cuda-python."""

    integrated = True

    def test_nothing_is_copied(self, means: Backend) -> None:
        with means as backend:
            backend.infer(picture())
        assert self.cuda.copies == 0


class TestGraphWithCopies(_Played):
    graph = True


class TestGraphWithZeroCopy(_Played):
    integrated = True
    graph = True


@pytest.fixture(params=[(False, False), (False, True), (True, False), (True, True)], ids=str)
def played(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[FakeCuda, FakeDriver | None]:
    """Every kind of GPU: integrated or not, with cuda-python or without."""
    integrated, graph = request.param
    cuda = FakeCuda(integrated)
    driver = FakeDriver(cuda) if graph else None
    install(monkeypatch, cuda, driver)
    return cuda, driver


@pytest.fixture
def backend(played: tuple[FakeCuda, FakeDriver | None], tmp_path: Path) -> TensorRtBackend:
    return engine_of(write_graph(tmp_path / "means.onnx", MEANS), played[0])


def is_right(backend: TensorRtBackend, seed: int) -> bool:
    image = picture(seed)
    return bool(np.isclose(backend.infer(image)["score"][0], image.mean() / 255, rtol=1e-5))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_release_runs(version: str, played: tuple[FakeCuda, FakeDriver | None], tmp_path: Path) -> None:
    with engine_of(write_graph(tmp_path / "means.onnx", MEANS), played[0], version) as backend:
        assert all(is_right(backend, seed) for seed in range(3))
        assert backend.description.startswith(f"TensorRT {version}, ")


def test_bindings_where_tensors_have_no_names_yet(played: tuple[FakeCuda, FakeDriver | None], tmp_path: Path) -> None:
    path = write_graph(tmp_path / "means.onnx", MEANS)
    with engine_of(path, played[0], "8.6.1", LATER_NAMES) as backend:
        assert is_right(backend, 1)


def test_nothing_is_allocated_for_a_frame(backend: TensorRtBackend, played: tuple[FakeCuda, FakeDriver | None]) -> None:
    cuda, driver = played
    with backend:
        backend.infer(picture())
        before = cuda.allocated
        for seed in range(20):
            backend.infer(picture(seed))
        assert cuda.allocated == before
        assert driver is None or driver.launched == 22
    assert (cuda.memory, cuda.pinned, driver.live if driver else 0) == ({}, 0, 0)


@pytest.mark.parametrize("how", ["refuse", "nothing", "half", "complain"])
def test_a_failing_engine_is_an_error_and_never_an_old_output(
    how: str, backend: TensorRtBackend, played: tuple[FakeCuda, FakeDriver | None]
) -> None:
    cuda, driver = played
    with backend:
        assert is_right(backend, 1)
        # what a graph does was settled when it was captured: only running it can fail
        if driver is None:
            cuda.engine = how
        else:
            driver.fails.add("cuGraphLaunch")
        for seed in (1, 2):
            with pytest.raises(BackendError, match=r"refused|failed|not finite"):
                backend.infer(picture(seed))
        cuda.engine = "well"
        if driver is not None:
            driver.fails.clear()
        assert is_right(backend, 3)
    assert cuda.pushed == 0


def test_a_graph_that_writes_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for integrated in (False, True):
        cuda = FakeCuda(integrated)
        install(monkeypatch, cuda, FakeDriver(cuda))
        cuda.engine = "nothing"
        with engine_of(write_graph(tmp_path / "means.onnx", MEANS), cuda) as backend:
            assert "one CUDA graph" in backend.description
            with pytest.raises(BackendError, match="not finite"):
                backend.infer(picture())


@pytest.mark.parametrize("call", ["synchronize", "enqueue", "memcpy_htod_async", "memcpy_dtoh_async"])
def test_a_cuda_error_is_an_error(call: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cuda = install(monkeypatch, FakeCuda())
    with engine_of(write_graph(tmp_path / "means.onnx", MEANS), cuda) as backend:
        cuda.fails[call] = CudaError("an illegal memory access was encountered")
        with pytest.raises(BackendError, match=r"means\.onnx failed on the GPU: an illegal memory access"):
            backend.infer(picture())
        del cuda.fails[call]
        assert is_right(backend, 2)
    assert cuda.pushed == 0


def test_what_was_enqueued_before_a_refusal_does_not_reach_the_next_frame(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cuda = install(monkeypatch, FakeCuda())
    with engine_of(write_graph(tmp_path / "means.onnx", MEANS), cuda) as backend:
        cuda.engine = "refuse"
        synchronised = cuda.synchronised
        with pytest.raises(BackendError, match="refused to run"):
            backend.infer(picture())
        assert cuda.synchronised == synchronised + 1


@pytest.mark.parametrize(
    "call", ["pagelocked_empty", "mem_alloc", "create_execution_context", "Stream", "synchronize", "init"]
)
def test_an_opening_that_fails_leaves_nothing_behind(
    call: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cuda = install(monkeypatch, FakeCuda())
    backend = engine_of(write_graph(tmp_path / "means.onnx", MEANS), cuda)
    cuda.fails[call] = CudaError("out of memory")
    with pytest.raises(BackendError, match=r"means\.onnx cannot be opened on the GPU: out of memory"):
        backend.open()
    assert (cuda.pushed, cuda.memory) == (0, {})
    del cuda.fails[call]
    with backend:
        assert is_right(backend, 1)


@pytest.mark.parametrize("call", ["cuStreamBeginCapture", "cuStreamEndCapture", "cuGraphInstantiate", "cuGraphLaunch"])
def test_what_cannot_be_captured_is_enqueued(call: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cuda = FakeCuda(integrated=True)
    driver = FakeDriver(cuda)
    install(monkeypatch, cuda, driver)
    driver.fails.add(call)
    with engine_of(write_graph(tmp_path / "means.onnx", MEANS), cuda) as backend:
        assert f"zero copy, plain enqueueing ({call} answers 901)" in backend.description
        assert is_right(backend, 1)
    assert (driver.launched, driver.live) == (0, 0)


@pytest.mark.parametrize("integrated", [False, True])
def test_a_graph_that_gives_another_result_is_given_up(
    integrated: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cuda = FakeCuda(integrated)
    driver = FakeDriver(cuda)
    install(monkeypatch, cuda, driver)
    driver.loses = True
    with engine_of(write_graph(tmp_path / "means.onnx", MEANS), cuda) as backend:
        assert backend.description.endswith("plain enqueueing (the captured graph gave another result)")
        assert is_right(backend, 1)
        assert (driver.launched, driver.live) == (1, 0)


@pytest.mark.parametrize("recovers", [True, False])
def test_an_engine_that_refuses_to_be_captured_is_enqueued(
    recovers: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cuda = FakeCuda()
    driver = FakeDriver(cuda)
    install(monkeypatch, cuda, driver)
    begin, end = driver.cuStreamBeginCapture, driver.cuStreamEndCapture

    def refusing(hStream: int, mode: int) -> tuple[int]:  # noqa: N803 - cuda-python's name
        cuda.engine = "refuse"
        return begin(hStream, mode)

    def recovering(hStream: int) -> tuple[int, Any]:  # noqa: N803 - cuda-python's name
        cuda.engine = "well" if recovers else "refuse"
        return end(hStream)

    monkeypatch.setattr(driver, "cuStreamBeginCapture", refusing)
    monkeypatch.setattr(driver, "cuStreamEndCapture", recovering)
    backend = engine_of(write_graph(tmp_path / "means.onnx", MEANS), cuda)
    if recovers:
        with backend:
            assert "plain enqueueing (TensorRT refused to run" in backend.description
            assert is_right(backend, 1)
    else:
        with pytest.raises(BackendError, match="refused to run"):
            backend.open()
    assert (driver.live, cuda.memory, cuda.pushed) == (0, {}, 0)


def test_what_another_engine_said_is_not_held_against_this_one(backend: TensorRtBackend) -> None:
    with backend:
        backend._listener.errors.append("of another engine: TensorRT has one logger a process")
        assert is_right(backend, 1)


def test_a_warning_a_frame_neither_fails_nor_piles_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cuda = install(monkeypatch, FakeCuda())
    with engine_of(write_graph(tmp_path / "means.onnx", MEANS), cuda) as backend:
        cuda.engine = "warn"
        assert all(is_right(backend, seed) for seed in range(5))
        assert backend._listener.problems == []


def test_a_graph_is_captured_after_a_first_enqueue(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cuda = FakeCuda()
    install(monkeypatch, cuda, FakeDriver(cuda))
    with engine_of(write_graph(tmp_path / "means.onnx", MEANS), cuda) as backend:
        assert backend.description == "TensorRT 10.3.0, pinned copies, one CUDA graph"


def test_any_thread_may_use_it(backend: TensorRtBackend, played: tuple[FakeCuda, FakeDriver | None]) -> None:
    told: list[tuple[bool, int]] = []

    def use(seed: int) -> None:
        told.append((is_right(backend, seed), played[0].pushed))

    def in_a_thread(work: Any, *arguments: Any) -> None:  # noqa: ANN401 - whatever it is
        thread = threading.Thread(target=work, args=arguments)
        thread.start()
        thread.join()

    in_a_thread(backend.open)
    for seed in range(3):
        in_a_thread(use, seed)
    use(3)
    in_a_thread(backend.close)
    assert told == [(True, 0)] * 4
    assert (played[0].memory, played[0].pushed) == ({}, 0)


def test_two_networks_share_the_gpu(played: tuple[FakeCuda, FakeDriver | None], tmp_path: Path) -> None:
    path = write_graph(tmp_path / "means.onnx", MEANS)
    with engine_of(path, played[0]) as one, engine_of(path, played[0]) as other:
        assert is_right(one, 1)
        assert is_right(other, 2)
        other.close()
        assert is_right(one, 3)


def test_without_pycuda_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    backend = engine_of(write_graph(tmp_path / "means.onnx", MEANS), FakeCuda())
    monkeypatch.setitem(sys.modules, "pycuda", None)
    monkeypatch.setitem(sys.modules, "pycuda.driver", None)
    with pytest.raises(BackendError, match=r"pip install 'fundusgate\[jetson\]'"):
        backend.open()
