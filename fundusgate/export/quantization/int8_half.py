"""INT8 and half precision in one strongly typed graph (TensorRT 10 and later; the only kind from 11 on).

TensorRT 11 has no flag that lowers what is not INT8: the types in the graph are the types that run. So everything that
`tensorrt` leaves in float becomes half precision, as `half` does it, and the pairs get half-precision scales, which
ONNX knows from opset 19. The other way, float32 scales at opset 17 with a cast after each product, was tried with
TensorRT-RTX 1.7.1: it runs as many products in INT8, but FTHNet's then write their results in float32, twice the bytes
of the half precision that they write here.

The codes of weights are chosen for scales that half precision holds, so that no channel's gain is off by a scale's
rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.version_converter
import onnx_ir as ir

from fundusgate.calibration.weight_codes import channel_scales
from fundusgate.export.quantization.editing import QdqEditor
from fundusgate.export.quantization.half import to_half
from fundusgate.export.quantization.layers import constant
from fundusgate.export.quantization.rules import TENSORRT_RULES
from fundusgate.export.quantization.scales import half_scales
from fundusgate.export.quantization.tensorrt import quantize_for_tensorrt

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from fundusgate.calibration.tensor_range import TensorRange
    from fundusgate.export.quantization.rules import Rule

OPSET = 19
"""The first whose QuantizeLinear and DequantizeLinear take half precision."""


def quantize_in_half(
    model: onnx.ModelProto,
    ranges: Mapping[str, TensorRange],
    rules: Collection[Rule] = TENSORRT_RULES,
    keep_float: Collection[str] = (),
) -> onnx.ModelProto:
    """A float graph with Q/DQ pairs where `quantize_for_tensorrt` puts them, and half precision elsewhere.

    Args:
        model: float32, simplified, shapes inferred; left as it is.
        ranges: by the name of each activation that is quantized.
        rules: reasons to leave a layer in half precision.
        keep_float: node names that stay in half precision beyond the rules.

    Returns:
        A checked graph of the same inputs and outputs, of opset 19 or newer.

    Raises:
        ValueError: a range is missing, or a name in `keep_float` is no layer.
    """
    pairs = quantize_for_tensorrt(_of_opset(model), ranges, rules, keep_float, _half_channel_scales)
    quantized = ir.from_proto(pairs)
    editor = QdqEditor(quantized.graph)
    for node in list(quantized.graph):
        if node.op_type == "QuantizeLinear":
            _round_scale(editor, node)
    editor.finish()
    return to_half(ir.to_proto(quantized))


def _of_opset(model: onnx.ModelProto) -> onnx.ModelProto:
    if all(item.version >= OPSET for item in model.opset_import if item.domain in ("", "ai.onnx")):
        return model
    raised = onnx.version_converter.convert_version(model, OPSET)
    return onnx.shape_inference.infer_shapes(raised, check_type=True, strict_mode=True)


def _half_channel_scales(weight: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    return half_scales(channel_scales(weight, axis))


def _round_scale(editor: QdqEditor, quantize: ir.Node) -> None:
    held = quantize.inputs[1]
    exact = constant(held)
    if held is None or exact is None:
        raise ValueError(f"{quantize.name} has no constant scale: the graph is damaged")
    rounded = half_scales(exact)
    if np.array_equal(rounded, exact):
        return
    value = editor.initializer(f"{held.name}_rounded", rounded)
    for node, place in list(held.uses()):
        node.replace_input_with(place, value)
