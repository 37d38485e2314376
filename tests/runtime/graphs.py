"""Small real ONNX graphs whose outputs can be worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import onnx.parser

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 8

_HEAD = '<ir_version: 8, opset_import: ["" : 17]>'

MEANS = f"""{_HEAD}
means (uint8[1,{SIDE},{SIDE},3] image) => (float[1] score, float[1,1,2,2] map)
<float byte = {{255.0}}, int64[1] flat = {{-1}}, int64[1] red = {{0}}, int64[1] green = {{1}}, int64[1] axis = {{1}}> {{
    pixels = Cast<to = 1>(image)
    unit = Div(pixels, byte)
    mean = ReduceMean<keepdims = 0>(unit)
    score = Reshape(mean, flat)
    planes = Transpose<perm = [0, 3, 1, 2]>(unit)
    one = Slice(planes, red, green, axis)
    map = AveragePool<kernel_shape = [4, 4], strides = [4, 4]>(one)
}}"""
"""`score` is the mean of the picture / 255; `map` the red channel's mean / 255 over the four quarters."""

LOG_OF_MEAN = f"""{_HEAD}
log_of_mean (uint8[1,{SIDE},{SIDE},3] image) => (float[1] score)
<int64[1] flat = {{-1}}> {{
    pixels = Cast<to = 1>(image)
    mean = ReduceMean<keepdims = 0>(pixels)
    log = Log(mean)
    score = Reshape(log, flat)
}}"""
"""`score` is log(mean): minus infinity for a black picture."""

PRODUCT = f"""{_HEAD}
product (uint8[1,{SIDE},{SIDE},3] image) => (float[1,{SIDE},{SIDE},2] score)
<float[3,2] weights = {{1.0, 2.0, 3.0, 4.0, 5.0, 6.0}}> {{
    pixels = Cast<to = 1>(image)
    score = MatMul(pixels, weights)
}}"""
"""`score` is a matrix product of each pixel."""

FLOAT_INPUT = f"""{_HEAD}
float_input (float[1,{SIDE},{SIDE},3] image) => (float[1,{SIDE},{SIDE},3] score) {{ score = Relu(image) }}"""
"""A graph of another maker: its input is not the photograph's own bytes."""


def write_graph(path: Path, text: str) -> Path:
    """Parse, check and save."""
    model = onnx.parser.parse_model(text)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return path
