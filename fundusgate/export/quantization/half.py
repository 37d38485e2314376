"""The half-precision graph for TensorRT's strongly typed networks (10.12 and later; the only kind from 11 on).

There the types that stand in the graph are the types that run. LayerNormalization keeps float32: its sum of squares
leaves half precision's range (NVIDIA/TensorRT#2709: a ViT lost its accuracy through it).
"""

from __future__ import annotations

import onnx
import onnx_ir as ir
from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16

KEPT_IN_FLOAT32 = ("LayerNormalization",)


def to_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """A float graph in half precision; inputs and outputs keep their types.

    Args:
        model: float32, simplified, shapes inferred; left as it is.

    Returns:
        A checked graph of the same inputs, outputs and opset.
    """
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    blocked = [*DEFAULT_OP_BLOCK_LIST, *KEPT_IN_FLOAT32]
    converted = convert_float_to_float16(copied, keep_io_types=True, op_block_list=blocked, disable_shape_infer=True)
    ordered = ir.from_proto(converted)
    ordered.graph.sort()
    half = ir.to_proto(ordered)
    onnx.checker.check_model(half, full_check=True)
    return half
