"""A graph on disk, and what a manifest says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx

from fundusgate.export.bundle_writer import file_entry
from fundusgate.runtime.manifest import GraphEntry

if TYPE_CHECKING:
    from pathlib import Path

EXTERNAL_FROM_BYTES = 2**29
"""Weights beyond this lie in a file of their own: protobuf ends at 2 GiB."""


def save_graph(model: onnx.ModelProto, path: Path) -> GraphEntry:
    """Write a model, its weights beside it where they are many.

    Args:
        model: A checked model; whole afterwards.
        path: The graph's file; the weights' file is `path` with `.data` appended.

    Returns:
        What the manifest says of it.
    """
    data = path.with_name(path.name + ".data")
    external = model.ByteSize() > EXTERNAL_FROM_BYTES
    if external:
        onnx.save_model(model, path, save_as_external_data=True, location=data.name)
        # Saving takes the weights out of the model; other precisions are made of it afterwards.
        onnx.load_external_data_for_model(model, str(path.parent))
    else:
        onnx.save_model(model, path)
    opset = next(item.version for item in model.opset_import if item.domain in ("", "ai.onnx"))
    files = (file_entry(data),) if external else ()
    return GraphEntry(**file_entry(path).model_dump(), opset=opset, external_data=files)
