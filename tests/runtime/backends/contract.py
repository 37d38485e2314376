"""What every backend must do; a backend's tests inherit this class and say how to make one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fundusgate.runtime.backends.base import Backend, BackendError
from tests.runtime.graphs import FLOAT_INPUT, LOG_OF_MEAN, MEANS, SIDE, write_graph

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def picture(seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


class BackendContract(ABC):
    @abstractmethod
    def make(self, path: Path) -> Backend:
        """A closed backend for the graph at `path`."""

    @pytest.fixture
    def means(self, tmp_path: Path) -> Backend:
        return self.make(write_graph(tmp_path / "means.onnx", MEANS))

    def test_outputs_are_those_of_the_graph(self, means: Backend) -> None:
        image = picture()
        with means as backend:
            assert backend.signature.size == SIDE
            assert dict(backend.signature.outputs) == {"score": (1,), "map": (1, 1, 2, 2)}
            outputs = backend.infer(image)
        np.testing.assert_allclose(outputs["score"], [image.mean() / 255], rtol=1e-5)
        quarters = image[:, :, 0].reshape(2, 4, 2, 4).mean(axis=(1, 3)) / 255
        np.testing.assert_allclose(outputs["map"][0, 0], quarters, rtol=1e-5)
        assert {output.dtype for output in outputs.values()} == {np.dtype(np.float32)}

    def test_a_view_with_odd_strides_is_read_right(self, means: Backend) -> None:
        image = picture()
        with means as backend:
            straight = backend.infer(np.ascontiguousarray(image[::-1, :, ::-1]))
            view = backend.infer(image[::-1, :, ::-1])
        np.testing.assert_array_equal(straight["map"], view["map"])

    def test_an_earlier_result_survives_the_next_inference(self, means: Backend) -> None:
        with means as backend:
            first = backend.infer(np.full((SIDE, SIDE, 3), 255, np.uint8))
            backend.infer(np.zeros((SIDE, SIDE, 3), np.uint8))
        assert first["score"] == pytest.approx(1.0)

    def test_infer_needs_open(self, means: Backend) -> None:
        with pytest.raises(BackendError, match="not open"):
            means.infer(picture())

    def test_close_ends_it_and_open_begins_again(self, means: Backend) -> None:
        means.open()
        means.open()
        before = means.infer(picture())
        means.close()
        means.close()
        with pytest.raises(BackendError, match="not open"):
            means.infer(picture())
        with means:
            np.testing.assert_array_equal(means.infer(picture())["map"], before["map"])

    @pytest.mark.parametrize(
        "image",
        [
            pytest.param(np.zeros((SIDE, SIDE, 3), np.float32), id="float"),
            pytest.param(np.zeros((SIDE, SIDE), np.uint8), id="grey"),
            pytest.param(np.zeros((SIDE, SIDE, 4), np.uint8), id="alpha"),
            pytest.param(np.zeros((3, SIDE, SIDE), np.uint8), id="channels first"),
            pytest.param(np.zeros((1, SIDE, SIDE, 3), np.uint8), id="batch"),
            pytest.param(np.zeros((SIDE, SIDE + 1, 3), np.uint8), id="size"),
        ],
    )
    def test_another_kind_of_image_is_refused(self, means: Backend, image: NDArray[np.uint8]) -> None:
        with means as backend, pytest.raises(BackendError, match="takes uint8"):
            backend.infer(image)

    def test_not_finite_is_never_returned(self, tmp_path: Path) -> None:
        with self.make(write_graph(tmp_path / "log.onnx", LOG_OF_MEAN)) as backend:
            assert backend.infer(np.full((SIDE, SIDE, 3), 1, np.uint8))["score"] == pytest.approx(0.0)
            with pytest.raises(BackendError, match="not finite"):
                backend.infer(np.zeros((SIDE, SIDE, 3), np.uint8))
            assert backend.infer(np.full((SIDE, SIDE, 3), 1, np.uint8))["score"] == pytest.approx(0.0)

    def test_a_missing_graph_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(BackendError, match=r"absent\.onnx"):
            self.make(tmp_path / "absent.onnx").open()

    def test_a_damaged_graph_is_named(self, tmp_path: Path) -> None:
        path = write_graph(tmp_path / "cut.onnx", MEANS)
        path.write_bytes(path.read_bytes()[:100])
        backend = self.make(path)
        with pytest.raises(BackendError, match=r"cut\.onnx"):
            backend.open()
        with pytest.raises(BackendError, match="not open"):
            backend.infer(picture())

    def test_a_graph_that_takes_no_photograph_is_refused(self, tmp_path: Path) -> None:
        backend = self.make(write_graph(tmp_path / "float.onnx", FLOAT_INPUT))
        with pytest.raises(BackendError, match="uint8"):
            backend.open()
