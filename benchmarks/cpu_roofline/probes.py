"""What this processor can do at most: large products in fp32 and INT8, and copies, each on one thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPES = ((1024, 1024, 1024), (4096, 512, 512), (512, 2048, 512))
"""Rows, summands and columns of products large enough for every kernel: the best of them is the peak."""
FP32, INT8 = "fp32", "int8"


def operations(shape: tuple[int, int, int]) -> int:
    """Of a product; a multiplication and its addition are two."""
    rows, inner, columns = shape
    return 2 * rows * inner * columns


def product_calls(threads: int) -> dict[tuple[str, str, tuple[int, int, int]], Callable[[], object]]:
    """Products ready to be called, by type, library and shape.

    fp32 by ONNX Runtime and by PyTorch, whichever is quicker; INT8 (uint8 by int8) by ONNX Runtime.
    """
    calls: dict[tuple[str, str, tuple[int, int, int]], Callable[[], object]] = {}
    for shape in SHAPES:
        rows, inner, columns = shape
        one, other = torch.rand(rows, inner), torch.rand(inner, columns)
        calls[FP32, "PyTorch", shape] = partial(torch.mm, one, other)
        for kind in (FP32, INT8):
            session, feed = _product(kind, shape, threads)
            calls[kind, "ONNX Runtime", shape] = partial(session.run, None, {"x": feed})
    return calls


def copy_call(size: int) -> Callable[[], object]:
    """A copy of `size` bytes: as many are read and as many written."""
    source = np.ones(max(1, size), np.uint8)
    target = np.empty_like(source)
    return partial(np.copyto, target, source)


def _product(kind: str, shape: tuple[int, int, int], threads: int) -> tuple[ort.InferenceSession, np.ndarray]:
    rows, inner, columns = shape
    rng = np.random.default_rng(0)
    if kind == FP32:
        types, operator = (TensorProto.FLOAT, TensorProto.FLOAT), "MatMul"
        weights = rng.random((inner, columns), dtype=np.float32)
        feed = rng.random((rows, inner), dtype=np.float32)
    else:
        types, operator = (TensorProto.UINT8, TensorProto.INT32), "MatMulInteger"
        weights = rng.integers(-64, 64, (inner, columns), dtype=np.int8)
        feed = rng.integers(0, 128, (rows, inner), dtype=np.uint8)
    graph = helper.make_graph(
        [helper.make_node(operator, ["x", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", types[0], [rows, inner])],
        [helper.make_tensor_value_info("y", types[1], [rows, columns])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session, feed
