"""The exporter's graph without what depends on constants alone."""

from __future__ import annotations

import onnx
from onnxscript import optimizer

_ANY_SIZE = 2**31
"""Constants of any size are folded: attention masks and bias tables hold millions of elements."""


def simplify(model: onnx.ModelProto) -> onnx.ModelProto:
    """Fold constants, drop identities and dead nodes, and infer every shape.

    Args:
        model: Any model; it may be changed.

    Returns:
        A model that computes the same.
    """
    folded: onnx.ModelProto = optimizer.optimize(
        model, num_iterations=3, onnx_shape_inference=True, input_size_limit=_ANY_SIZE, output_size_limit=_ANY_SIZE
    )
    return onnx.shape_inference.infer_shapes(folded, check_type=True, strict_mode=True, data_prop=True)
