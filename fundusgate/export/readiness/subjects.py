"""What a user names, a graph or a bundle, as the graphs that a JetPack would be given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fundusgate.export.readiness.graph import GraphError
from fundusgate.runtime.bundle import Bundle
from fundusgate.runtime.manifest import Precision

if TYPE_CHECKING:
    from pathlib import Path

    from fundusgate.export.readiness.jetpacks import JetPack

STRONG_SINCE = (10, 12)
"""TensorRT that deprecates choosing types by flags: from here on the graphs of `TYPED` are what to build."""

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
