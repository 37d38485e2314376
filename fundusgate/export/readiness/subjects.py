"""What a user names, a graph or a bundle, as the graphs that a JetPack would be given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import onnx

from fundusgate.export.expand import expand
from fundusgate.export.quantization.float_weights import with_float_weights
from fundusgate.export.readiness.graph import GraphError, GraphView
from fundusgate.export.readiness.rules.qdq import STORED_WEIGHTS_SINCE
from fundusgate.runtime.bundle import Bundle
from fundusgate.runtime.manifest import Precision

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.export.readiness.jetpacks import JetPack

STRONG_SINCE = (9, 0)
"""First TensorRT that can bind a graph's own types (10.12 deprecates flags): from here on `compile` builds `TYPED`."""

TYPED = (Precision.INT8_FP16_TRT, Precision.FP16_TRT)
"""Graphs that hold half precision themselves."""


@dataclass(frozen=True)
class Subject:
    """One graph and how to call it."""

    name: str
    path: Path
    precision: Precision | None
    """None for a graph that is in no bundle."""

    def meant_for(self, jetpack: JetPack) -> bool:
        """Whether it is one to build on that JetPack; a graph in no bundle is held to every one."""
        if self.precision in TYPED:
            return jetpack.tensorrt >= STRONG_SINCE
        return self.precision is not Precision.INT8_CPU

    def taken_by(self, jetpack: JetPack, view: GraphView) -> GraphView:
        """The graph as `compile` gives it to that JetPack's TensorRT; one in no bundle as it is, for `trtexec`.

        Args:
            jetpack: One that it is meant for.
            view: The graph as it is.
        """
        if self.precision is None:
            return view
        widen = self.precision is Precision.INT8_TRT and jetpack.tensorrt < STORED_WEIGHTS_SINCE
        if not widen and not view.computes_constants:
            return view
        model = expand(onnx.load(self.path))
        # Files state no shapes, and rules ask for them.
        taken = with_float_weights(model) if widen else model
        return GraphView(onnx.shape_inference.infer_shapes(taken, data_prop=True))


def subjects_of(path: Path) -> list[Subject]:
    """The graphs that a path names.

    Args:
        path: An ONNX file, or a bundle's folder.

    Returns:
        One for a file; for a bundle, every graph that is not for processors alone.

    Raises:
        GraphError: Neither.
        BundleError: A folder that is no sound bundle.
    """
    if path.is_dir():
        bundle = Bundle.open(path)
        return [
            Subject(f"{model.name} {precision.value}", bundle.graph_path(model.name, precision), precision)
            for model in bundle.manifest.models
            for precision in model.files
            if precision is not Precision.INT8_CPU
        ]
    if not path.is_file():
        raise GraphError(f"{path} is not there: give an ONNX file or a bundle's folder")
    return [Subject(path.name, path, None)]
