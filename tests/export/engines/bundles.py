"""A small bundle with every graph that a device would build from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fundusgate.runtime.bundle import MANIFEST_NAME, Bundle, file_sha256
from tests.commands.bundles import MAP, SCORE, write_bundle
from tests.runtime.graphs import write_graph

if TYPE_CHECKING:
    from pathlib import Path

COARSER = SCORE.replace(
    "score = Reshape(mean, flat)", "far = Reshape(mean, flat)\n    score = Add(far, tenth)"
).replace("<float byte", "<float tenth = {0.1}, float byte")
"""A score that is ten points too high: what a bad quantization may do."""


def write_deployable(folder: Path, int8: str = SCORE) -> Bundle:
    """Both networks of `write_bundle` in every form for TensorRT; the score network's int8-trt graph can be given."""
    write_bundle(folder)
    path = folder / MANIFEST_NAME
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for model, graphs in zip(manifest["models"], ((int8, SCORE, SCORE), (MAP,) * 3), strict=True):
        for precision, text in zip(("int8-trt", "fp16-trt", "int8-fp16-trt"), graphs, strict=True):
            graph = write_graph(folder / f"{model['name']}.{precision}.onnx", text)
            size = graph.stat().st_size
            model["files"][precision] = {"file": graph.name, "sha256": file_sha256(graph), "bytes": size, "opset": 17}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return Bundle.open(folder)
