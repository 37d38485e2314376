"""One cause at a time: fundusgate's graph with ModelOpt's scales, or with weights rounded as ModelOpt rounds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx_ir as ir
from onnx import numpy_helper

from fundusgate.calibration.tensor_range import TensorRange
from fundusgate.calibration.weight_codes import SIGNED_MOST
from fundusgate.export.quantization.float_weights import with_float_weights
from fundusgate.export.quantization.rules import TENSORRT_RULES, plan_quantization
from fundusgate.export.quantization.tensorrt import quantize_for_tensorrt, tensorrt_tensors
from fundusgate.export.readiness.graph import GraphView, label

from .nodes import activation_scales

if TYPE_CHECKING:
    from pathlib import Path


def left_in_float(graph: Path) -> list[str]:
    """Layers that fundusgate's rules for TensorRT leave in float."""
    return list(plan_quantization(ir.from_proto(onnx.load(graph)).graph, TENSORRT_RULES).in_float)


def with_scales_of(graph: Path, peer: Path) -> onnx.ModelProto:
    """Fundusgate's int8-trt graph, every activation at the scale that another quantizer chose for it.

    Args:
        graph: fp32.
        peer: The same network, quantized by the other; its floats are fp32, so that tensors keep their names.

    Raises:
        ValueError: The other gave some tensor no scale.
    """
    model = onnx.load(graph)
    scales = activation_scales(GraphView.read(peer))
    missing = sorted(tensorrt_tensors(model) - set(scales))
    if missing:
        raise ValueError(f"{peer.name} holds no scale of {len(missing)} tensors, such as {missing[0]}")
    ranges = {name: TensorRange(-SIGNED_MOST * scale, SIGNED_MOST * scale) for name, scale in scales.items()}
    return quantize_for_tensorrt(model, ranges)


def with_nearest_weights(quantized: Path, graph: Path) -> tuple[onnx.ModelProto, int]:
    """Fundusgate's int8-trt graph, every weight at its nearest code instead of where rounding errors cancel.

    Args:
        quantized: fundusgate's graph.
        graph: fp32.

    Returns:
        The graph, and how many weights changed their code. Layers whose weights were folded with something before
        them, as the first convolution's are with the normalisation, stay as they are.
    """
    model = with_float_weights(onnx.load(quantized))
    view, plain = GraphView(model), GraphView.read(graph)
    originals = {label(node): plain.value(node.input[1]) for node in plain.heavy()}
    stored = {item.name: item for item in model.graph.initializer}
    moved = 0
    for node in view.heavy():
        pair, original = view.dequantized_by(node.input[1]), originals.get(label(node))
        quantize = None if pair is None else view.producer(pair.input[0])
        if pair is None or quantize is None or original is None or quantize.input[0] not in stored:
            continue
        scale, axis = view.quantization(pair).scale, view.quantization(pair).axis
        held = numpy_helper.to_array(stored[quantize.input[0]])
        if scale is None or held.shape != original.shape:
            continue
        shape = [1] * held.ndim
        shape[axis] = -1
        codes = np.rint(original / scale.reshape(shape))
        steps = np.abs(codes - np.rint(held / scale.reshape(shape)))
        if steps.max() > 1:
            continue
        moved += int(steps.sum())
        nearest = (codes * scale.reshape(shape)).astype(np.float32)
        stored[quantize.input[0]].CopyFrom(numpy_helper.from_array(nearest, quantize.input[0]))
    return model, moved
