"""A whole bundle of small real ONNX graphs, so that the command runs as it does with trained networks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fundusgate.runtime.bundle import MANIFEST_NAME, file_sha256
from fundusgate.runtime.manifest import SCHEMA_VERSION
from fundusgate.runtime.preprocessing import PREPROCESSING_VERSION
from tests.runtime.graphs import write_graph

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 32

_HEAD = '<ir_version: 8, opset_import: ["" : 17]>'

MAP = f"""{_HEAD}
dark_cells (uint8[1,{SIDE},{SIDE},3] image) => (float[1,1,16,16] map, float[1,1] retina)
<float byte = {{255.0}}, int64[1] red = {{0}}, int64[1] green = {{1}}, int64[1] axis = {{1}}, float one = {{1.0}},
 int64[2] flat = {{1, 1}}, float four = {{4.0}}> {{
    pixels = Cast<to = 1>(image)
    unit = Div(pixels, byte)
    planes = Transpose<perm = [0, 3, 1, 2]>(unit)
    plane = Slice(planes, red, green, axis)
    light = AveragePool<kernel_shape = [2, 2], strides = [2, 2]>(plane)
    map = Sub(one, light)
    mean = ReduceMean<keepdims = 0>(plane)
    shaped = Reshape(mean, flat)
    more = Mul(shaped, four)
    retina = Min(more, one)
}}"""
"""`map` is 1 - red / 255 in each cell; `retina` grows with the red light."""

SCORE = f"""{_HEAD}
red_light (uint8[1,{SIDE},{SIDE},3] image) => (float[1] score)
<float byte = {{255.0}}, int64[1] flat = {{-1}}> {{
    pixels = Cast<to = 1>(image)
    unit = Div(pixels, byte)
    mean = ReduceMean<keepdims = 0>(unit)
    score = Reshape(mean, flat)
}}"""
"""`score` is the picture's mean / 255."""


def write_bundle(folder: Path) -> Path:
    """A bundle of both networks in fp32."""
    folder.mkdir(parents=True)
    score = write_graph(folder / "red-light.fp32.onnx", SCORE)
    degraded = write_graph(folder / "dark-cells.fp32.onnx", MAP)
    outputs = {
        "score": [_output("score", [1], "mean_opinion_score", "high_is_good", 100.0)],
        "map": [
            _output("map", [1, 1, 16, 16], "degraded", "high_is_bad", 1.0),
            _output("retina", [1, 1], "retina", "high_is_good", 1.0),
        ],
    }
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "producer": {"name": "fundusgate", "version": "0.1.0"},
        "models": [_model("red-light", "score", score, outputs), _model("dark-cells", "map", degraded, outputs)],
    }
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def _output(name: str, shape: list[int], meaning: str, polarity: str, scale: float) -> dict[str, Any]:
    return {"name": name, "shape": shape, "meaning": meaning, "polarity": polarity, "scale": scale}


def _model(name: str, role: str, graph: Path, outputs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    entry = {"file": graph.name, "sha256": file_sha256(graph), "bytes": graph.stat().st_size, "opset": 17}
    return {
        "name": name,
        "role": role,
        "version": "7",
        "files": {"fp32": entry},
        "input": {"name": "image", "shape": [1, SIDE, SIDE, 3]},
        "preprocessing": {"version": PREPROCESSING_VERSION, "framing": "disc", "size": SIDE},
        "outputs": outputs[role],
        "provenance": {"checkpoint": "none", "checkpoint_sha256": None, "data": "none", "licence": "Apache-2.0"},
    }
