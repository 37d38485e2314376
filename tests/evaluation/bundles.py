"""A bundle of small real ONNX graphs in fp32 and, for a processor, in INT8."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fundusgate.runtime.bundle import MANIFEST_NAME, file_sha256
from tests.commands.bundles import MAP, SCORE, write_bundle
from tests.runtime.graphs import write_graph

if TYPE_CHECKING:
    from pathlib import Path

COARSE_SCORE = SCORE.replace(
    "score = Reshape(mean, flat)\n",
    "fine = Reshape(mean, flat)\n    many = Mul(fine, steps)\n    whole = Round(many)\n    score = Div(whole, steps)\n",
).replace("int64[1] flat = {-1}", "int64[1] flat = {-1}, float steps = {20.0}")
"""The score rounded to twentieths: what a coarse quantization does to it."""


def write_two_precisions(folder: Path) -> Path:
    """A bundle whose INT8 scores are rounded to steps of 5, and whose INT8 map is fp32's."""
    write_bundle(folder)
    path = folder / MANIFEST_NAME
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for model, text in zip(manifest["models"], (COARSE_SCORE, MAP), strict=True):
        graph = write_graph(folder / f"{model['name']}.int8-cpu.onnx", text)
        model["files"]["int8-cpu"] = {
            "file": graph.name,
            "sha256": file_sha256(graph),
            "bytes": graph.stat().st_size,
            "opset": 17,
        }
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return folder
