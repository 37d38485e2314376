"""Ranges of activations over photographs, by ONNX Runtime's calibrators, one photograph at a time.

The calibrators keep what they are given until they are asked for the result, so they are given one photograph a call:
memory stays that of one photograph however many there are.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnxruntime.quantization.calibrate import (
    CalibrationMethod,
    EntropyCalibrater,
    HistogramCollector,
    MinMaxCalibrater,
    PercentileCalibrater,
    TensorsData,
)

from fundusgate.calibration.manifest import CalibrationError
from fundusgate.calibration.tensor_range import TensorRange

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

BINS = 2048
"""Bins of a histogram for the percentile."""
ENTROPY_BINS = 512
"""Fewer for the entropy, whose search in ONNX Runtime takes the square of their number."""
LEVELS = 128
"""Codes on one side of zero that the entropy method fits."""
PERCENTILE = 99.99
"""Per cent of a tensor's values that the range keeps."""


class Method(str, Enum):
    """How a range is drawn from the values that were seen."""

    MINMAX = "minmax"
    """From the least to the greatest."""
    PERCENTILE = "percentile"
    """Without the outermost 0.01 %."""
    ENTROPY = "entropy"
    """Where the rounded values' distribution is nearest the true one's (Kullback-Leibler)."""


class _One:
    """A data reader that gives one photograph."""

    def __init__(self, feed: dict[str, NDArray[np.uint8]]) -> None:
        self._feed: dict[str, NDArray[np.uint8]] | None = feed

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        feed, self._feed = self._feed, None
        return feed


class RangeCollector:
    """Collects the ranges of some tensors of one graph; use it as a context manager.

    Args:
        model: A float graph with one uint8 input, shapes inferred.
        tensors: Names of the activations.
        method: How ranges are drawn.
        scratch: A folder for the graph as the calibrators want it, which a kill leaves there; the system's own for
            temporary files unless given.
    """

    def __init__(
        self, model: onnx.ModelProto, tensors: Collection[str], method: Method, scratch: Path | None = None
    ) -> None:
        self._model = model
        self._tensors = frozenset(tensors)
        self._method = method
        self._folder = tempfile.TemporaryDirectory(prefix="fundusgate-calibration-", dir=scratch)
        self._calibrator: Any = None

    def __enter__(self) -> RangeCollector:
        folder = Path(self._folder.__enter__())
        graph = folder / "graph.onnx"
        onnx.save(self._model, graph)
        kinds: dict[Method, tuple[Any, dict[str, Any]]] = {
            Method.MINMAX: (MinMaxCalibrater, {}),
            Method.PERCENTILE: (PercentileCalibrater, {"num_bins": BINS, "percentile": PERCENTILE}),
            Method.ENTROPY: (EntropyCalibrater, {"num_bins": ENTROPY_BINS, "num_quantized_bins": LEVELS}),
        }
        kind, settings = kinds[self._method]
        calibrator = kind(graph, augmented_model_path=str(folder / "augmented.onnx"), **settings)
        # It chooses by operator, every input and output of them; only what will be quantized is wanted.
        every = calibrator.select_tensors_to_calibrate
        calibrator.select_tensors_to_calibrate = lambda model: (set(self._tensors), every(model)[1])
        self._calibrator = calibrator
        self._calibrator.augment_graph()
        self._calibrator.create_inference_session()
        return self

    def __exit__(self, *failure: object) -> None:
        self._calibrator = None
        self._folder.cleanup()

    def add(self, image: NDArray[np.uint8]) -> None:
        """Take one photograph into account.

        Args:
            image: S x S x 3 uint8, RGB, framed for the network.
        """
        name = self._model.graph.input[0].name
        with contextlib.redirect_stdout(io.StringIO()):  # the calibrators print a line at every call
            self._calibrator.collect_data(_One({name: image[None]}))

    def state(self) -> dict[str, tuple[NDArray[np.generic], ...]]:
        """What was collected so far, by tensor: its ends, or its histogram; to be given to `resume`."""
        if self._method is Method.MINMAX:
            return {name: tuple(map(np.asarray, ends)) for name, ends in _ends(self._calibrator.compute_data()).items()}
        collected = self._calibrator.collector.get_histogram_dict()
        return {name: tuple(map(np.asarray, histogram)) for name, histogram in collected.items()}

    def resume(self, state: Mapping[str, tuple[NDArray[np.generic], ...]]) -> None:
        """Go on from what `state` gave."""
        calibrator = self._calibrator
        if self._method is Method.MINMAX:
            calibrator.calibrate_tensors_range = TensorsData(CalibrationMethod.MinMax, dict(state))
            return
        calibrator.collector = HistogramCollector(
            method=calibrator.method,
            symmetric=calibrator.symmetric,
            num_bins=calibrator.num_bins,
            num_quantized_bins=calibrator.num_quantized_bins,
            percentile=calibrator.percentile,
            scenario=calibrator.scenario,
        )
        calibrator.collector.histogram_dict = dict(state)

    def ranges(self) -> dict[str, TensorRange]:
        """The ranges over every photograph so far.

        Raises:
            CalibrationError: A tensor was not finite on some photograph.
        """
        with contextlib.redirect_stdout(io.StringIO()):
            seen = self._calibrator.compute_data()
        found = {}
        for name, (low, high) in _ends(seen).items():
            try:
                found[name] = TensorRange(float(np.min(low)), float(np.max(high)))
            except ValueError as error:
                raise CalibrationError(f"{name}: {error}") from error
        return found


def _ends(seen: Any) -> dict[str, tuple[Any, Any]]:  # noqa: ANN401
    return {name: seen[name].range_value for name in seen}
