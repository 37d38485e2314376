"""The strongly typed graph: pairs as in the graph for TensorRT's flags, half precision around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.numpy_helper
import pytest

from fundusgate.calibration.tensor_range import TensorRange
from fundusgate.export.quantization.int8_half import quantize_in_half
from fundusgate.export.quantization.scales import SMALLEST_NORMAL
from fundusgate.export.quantization.tensorrt import quantize_for_tensorrt, tensorrt_tensors
from fundusgate.runtime.backends.onnx_cpu import OnnxRuntimeBackend
from tests.export.residual import pictures, residual_graph, run, seen_ranges

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture(scope="module")
def graph() -> onnx.ModelProto:
    return residual_graph()


@pytest.fixture(scope="module")
def ranges(graph: onnx.ModelProto) -> Mapping[str, TensorRange]:
    return seen_ranges(graph, tensorrt_tensors(graph))


@pytest.fixture(scope="module")
def mixed(graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]) -> onnx.ModelProto:
    return quantize_in_half(graph, ranges)


def constants(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {item.name: onnx.numpy_helper.to_array(item) for item in model.graph.initializer}


def nodes(model: onnx.ModelProto, kind: str) -> list[onnx.NodeProto]:
    return [node for node in model.graph.node if node.op_type == kind]


def faint(graph: onnx.ModelProto, factor: float) -> onnx.ModelProto:
    """The network with every weight of its dense layer smaller."""
    changed = onnx.ModelProto()
    changed.CopyFrom(graph)
    dense = next(node for node in nodes(graph, "MatMul") if node.name == "/dense/MatMul")
    for item in changed.graph.initializer:
        if item.name == dense.input[1]:
            item.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(item) * factor, item.name))
    return changed


def test_it_answers_as_the_graph_with_float32_around_its_pairs_does(
    graph: onnx.ModelProto, ranges: Mapping[str, TensorRange], mixed: onnx.ModelProto, tmp_path: Path
) -> None:
    quantized = quantize_for_tensorrt(graph, ranges)
    onnx.save(mixed, tmp_path / "mixed.onnx")
    with OnnxRuntimeBackend(tmp_path / "mixed.onnx", threads=1) as backend:
        for image in pictures():
            exact, wanted = run(graph, image)[1], run(quantized, image)[1]
            found = backend.infer(image[0])["rest"]
            assert found.dtype == np.float32
            assert np.abs(found - wanted).max() < 0.02 * np.abs(exact).max()


def test_the_same_layers_are_quantized_and_lie_where_their_weights_do(
    graph: onnx.ModelProto, ranges: Mapping[str, TensorRange], mixed: onnx.ModelProto
) -> None:
    quantized = quantize_for_tensorrt(graph, ranges)
    assert len(nodes(mixed, "DequantizeLinear")) == len(nodes(quantized, "DequantizeLinear"))
    held, stored = constants(quantized), constants(mixed)
    weights = [node for node in nodes(quantized, "DequantizeLinear") if node.input[0] in held]
    assert len(weights) == 4
    for node in weights:
        codes, scales = held[node.input[0]].astype(int), held[node.input[1]]
        shape = [1] * codes.ndim
        shape[node.attribute[0].i] = -1
        found = stored[node.input[0]].astype(int)
        normal = np.broadcast_to(scales.reshape(shape) >= SMALLEST_NORMAL, codes.shape)
        assert normal.any()
        assert np.abs(found[normal] - codes[normal]).max() <= 1
        # Weights on codes of half-precision scales: the errors of one output's weights still cancel.
        (pair,) = (other for other in nodes(mixed, "DequantizeLinear") if other.input[0] == node.input[0])
        held_scales = stored[pair.input[1]].astype(np.float32).reshape(shape)
        others = tuple(side for side in range(codes.ndim) if shape[side] == 1)
        exact = codes * scales.reshape(shape)
        drift = np.abs((found * held_scales - exact).sum(axis=others, keepdims=True)) / held_scales
        assert drift.max() <= 1.1


def test_scales_are_half_precision_and_zero_points_int8_zero(mixed: onnx.ModelProto) -> None:
    assert [(item.domain, item.version) for item in mixed.opset_import] == [("", 19)]
    held = constants(mixed)
    pairs = [*nodes(mixed, "QuantizeLinear"), *nodes(mixed, "DequantizeLinear")]
    assert len(pairs) == 3 * 4
    for node in pairs:
        scale, zero_point = held[node.input[1]], held[node.input[2]]
        assert scale.dtype == np.float16
        assert (scale > 0).all()
        assert zero_point.dtype == np.int8
        assert zero_point.shape == scale.shape
        assert not zero_point.any()
    assert {value.dtype for name, value in held.items() if "weight" in name and value.size > 16} <= {
        np.dtype(np.int8), np.dtype(np.float16)
    }  # fmt: skip
    assert not any(value.dtype == np.float32 for value in held.values())


@pytest.mark.parametrize("factor", [1e-3, 1e-5, 1e-7])
def test_weights_below_half_precisions_smallest_normal_number_do_not_vanish(
    graph: onnx.ModelProto, factor: float
) -> None:
    small = faint(graph, factor)
    mixed = quantize_in_half(small, seen_ranges(small, tensorrt_tensors(small)))
    held = constants(mixed)
    (name,) = (name for name in held if "dense" in name and name.endswith("_weight_quantized"))
    (scaled,) = (node for node in nodes(mixed, "DequantizeLinear") if node.input[0] == name)
    scales = held[scaled.input[1]].astype(np.float64)
    assert scales.min() < SMALLEST_NORMAL
    assert (scales > 0).all()
    dense = next(node for node in nodes(small, "MatMul") if node.name == "/dense/MatMul")
    weight = constants(small)[dense.input[1]].astype(np.float64)
    # Channels that lie below the smallest scale altogether have nothing left that half precision could hold.
    whole = np.abs(weight).max(0) > 127 * 2.0**-24
    assert (np.abs(held[name] * scales - weight) <= 1.1 * scales)[:, whole].all()
    assert (np.abs(held[name])[:, whole] >= 63).any(0).all()
    assert whole.any() == (factor > 1e-4)


def test_an_activation_that_was_dead_or_faint_keeps_a_scale(
    graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]
) -> None:
    for most in (0.0, 1e-12, 1e-5):
        mixed = quantize_in_half(graph, dict.fromkeys(ranges, TensorRange(0.0, most)))
        held = constants(mixed)
        assert all((held[node.input[1]] > 0).all() for node in nodes(mixed, "QuantizeLinear"))


def test_layers_put_back_are_half_precision(graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]) -> None:
    mixed = quantize_in_half(graph, ranges, keep_float=["/second/Conv"])
    second = next(node for node in nodes(mixed, "Conv") if node.name == "/second/Conv")
    assert constants(mixed)[second.input[1]].dtype == np.float16
    with pytest.raises(ValueError, match="no weighted layers named /absent"):
        quantize_in_half(graph, ranges, keep_float=["/absent"])
    with pytest.raises(ValueError, match="no range of"):
        quantize_in_half(graph, {})


def test_the_float_graph_is_left_as_it_was(graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]) -> None:
    before = graph.SerializeToString(deterministic=True)
    quantize_in_half(graph, ranges)
    assert graph.SerializeToString(deterministic=True) == before
