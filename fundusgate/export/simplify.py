"""The exporter's graph without what depends on constants alone."""

from __future__ import annotations

import onnx
import onnx_ir
from onnxscript import optimizer

_ROUNDS = 4


def simplify(model: onnx.ModelProto) -> onnx.ModelProto:
    """Fold constants, drop identities, dead and repeated nodes, and infer every shape.

    Every node whose inputs are constants is folded, however large its result: position biases and attention masks hold
    millions of elements, and TensorRT 8.5 knows fewer of the operators that make them than of those that use them.

    Args:
        model: Any float model (the scales of a quantized one would be folded away with the rest); left as it is.

    Returns:
        A model that computes the same.

    Raises:
        onnx.shape_inference.InferenceError: The graph contradicts itself.
    """
    graph = onnx_ir.from_proto(model)
    optimizer.optimize_ir(graph, num_iterations=_ROUNDS, should_fold=lambda _node: True)
    folded = onnx_ir.to_proto(graph)
    return onnx.shape_inference.infer_shapes(folded, check_type=True, strict_mode=True, data_prop=True)
