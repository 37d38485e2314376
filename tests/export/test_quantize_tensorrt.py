from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.numpy_helper
import onnx_ir as ir
import pytest
import torch

from fundusgate.calibration.tensor_range import TensorRange
from fundusgate.export.onnx_export import to_onnx
from fundusgate.export.quantization.rules import KEPT_BY_SEARCH, TENSORRT_RULES, plan_quantization
from fundusgate.export.quantization.tensorrt import quantize_for_tensorrt, tensorrt_tensors
from fundusgate.export.specs import spec_of
from fundusgate.models import build
from tests.export.residual import pictures, residual_graph, run, seen_ranges

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.fixture(scope="module")
def graph() -> onnx.ModelProto:
    return residual_graph()


@pytest.fixture(scope="module")
def ranges(graph: onnx.ModelProto) -> Mapping[str, TensorRange]:
    return seen_ranges(graph, tensorrt_tensors(graph))


@pytest.fixture(scope="module")
def quantized(graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]) -> onnx.ModelProto:
    return quantize_for_tensorrt(graph, ranges)


def nodes(model: onnx.ModelProto, kind: str) -> list[onnx.NodeProto]:
    return [node for node in model.graph.node if node.op_type == kind]


def constants(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {item.name: onnx.numpy_helper.to_array(item) for item in model.graph.initializer}


def producers(model: onnx.ModelProto) -> dict[str, onnx.NodeProto]:
    return {name: node for node in model.graph.node for name in node.output}


def test_rules_name_the_reason_for_every_layer_in_float(graph: onnx.ModelProto) -> None:
    plan = plan_quantization(ir.from_proto(graph).graph, TENSORRT_RULES, ["/dense/MatMul"])
    assert plan.quantized == ("/stem/Conv", "/first/Conv", "/second/Conv")
    assert plan.in_float == {
        "/dense/MatMul": KEPT_BY_SEARCH,
        "/MatMul": "computed weights",
        "/MatMul_1": "computed weights",
        "/head/MatMul": "head",
        "/narrow/Conv": "head",
    }
    with pytest.raises(ValueError, match="no weighted layers named /absent"):
        plan_quantization(ir.from_proto(graph).graph, TENSORRT_RULES, ["/absent"])


def test_the_answer_stays_within_what_eight_bits_lose(graph: onnx.ModelProto, quantized: onnx.ModelProto) -> None:
    wanted = np.concatenate([run(graph, image)[1] for image in pictures()])
    found = np.concatenate([run(quantized, image)[1] for image in pictures()])
    assert 0 < np.abs(found - wanted).max() < 0.03 * np.abs(wanted).max()


def test_every_zero_point_is_there_int8_zero_and_shaped_like_its_scale(quantized: onnx.ModelProto) -> None:
    held = constants(quantized)
    pairs = [*nodes(quantized, "QuantizeLinear"), *nodes(quantized, "DequantizeLinear")]
    assert len(pairs) == 2 * 4 + 4
    for node in pairs:
        _, scale, zero_point = (held.get(name) for name in node.input)
        assert scale is not None
        assert zero_point is not None
        assert scale.dtype == np.float32
        assert (scale > 0).all()
        assert zero_point.dtype == np.int8
        assert zero_point.shape == scale.shape
        assert not zero_point.any()


def test_weights_are_stored_as_int8_with_a_scale_for_each_output_channel(
    graph: onnx.ModelProto, quantized: onnx.ModelProto
) -> None:
    held, made_by, exact = constants(quantized), producers(quantized), constants(graph)
    for kind, name, axis, channels in (("Conv", "/second/Conv", 0, 16), ("MatMul", "/dense/MatMul", 1, 32)):
        node = next(node for node in nodes(quantized, kind) if node.name == name)
        dequantize = made_by[node.input[1]]
        assert {item.name: item.i for item in dequantize.attribute} == {"axis": axis}
        assert held[dequantize.input[1]].shape == (channels,)
        codes, scale = held[dequantize.input[0]], held[dequantize.input[1]]
        assert codes.dtype == np.int8
        weight = exact[next(other for other in graph.graph.node if other.name == name).input[1]]
        others = tuple(side for side in range(weight.ndim) if side != axis)
        np.testing.assert_allclose(scale, np.abs(weight).max(axis=others) / 127, rtol=1e-6)
        shape = [1] * weight.ndim
        shape[axis] = -1
        assert np.abs(codes - weight / scale.reshape(shape)).max() <= 1


def test_biases_are_float_and_activations_follow_at_once(quantized: onnx.ModelProto) -> None:
    made_by = producers(quantized)
    held = constants(quantized)
    for node in nodes(quantized, "Conv"):
        assert held[node.input[2]].dtype == np.float32
    assert {made_by[node.input[0]].op_type for node in nodes(quantized, "Relu")} == {"Conv", "Add"}


def test_only_the_skip_of_a_residual_sum_is_quantized(quantized: onnx.ModelProto) -> None:
    made_by = producers(quantized)
    sums = [node for node in nodes(quantized, "Add") if all(name in made_by for name in node.input)]
    residual = next(node for node in sums if any(made_by[name].name == "/second/Conv" for name in node.input))
    assert sorted(made_by[name].op_type for name in residual.input) == ["Conv", "DequantizeLinear"]
    # The skip and the first convolution read one pair, so that TensorRT keeps one INT8 tensor.
    skip = next(name for name in residual.input if made_by[name].op_type == "DequantizeLinear")
    first = next(node for node in nodes(quantized, "Conv") if node.name == "/first/Conv")
    assert first.input[0] == skip


def test_a_dead_tensor_gets_a_scale_that_tensorrt_takes(
    graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]
) -> None:
    dead = quantize_for_tensorrt(graph, dict.fromkeys(ranges, TensorRange(0.0, 0.0)))
    faint = quantize_for_tensorrt(graph, dict.fromkeys(ranges, TensorRange(0.0, 1e-12)))
    for model in (dead, faint):
        scales = [constants(model)[node.input[1]] for node in nodes(model, "QuantizeLinear")]
        assert all((scale.astype(np.float16) > 0).all() for scale in scales)


def test_a_missing_range_is_named(graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]) -> None:
    absent = next(iter(ranges))
    with pytest.raises(ValueError, match=f"no range of {absent}"):
        quantize_for_tensorrt(graph, {name: seen for name, seen in ranges.items() if name != absent})


def test_the_float_graph_is_left_as_it_was(graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]) -> None:
    before = graph.SerializeToString(deterministic=True)
    quantize_for_tensorrt(graph, ranges)
    assert graph.SerializeToString(deterministic=True) == before


def test_on_the_edge_network_every_convolution_but_the_heads_is_int8() -> None:
    torch.manual_seed(0)
    model = to_onnx(spec_of("efiqa-cp-edge"), build("efiqa-cp-edge").eval())
    plan = plan_quantization(ir.from_proto(model).graph, TENSORRT_RULES)
    assert plan.in_float == {"/map_head/Conv": "head", "/retina_head/Conv": "head"}
    assert len(plan.quantized) == 17


def test_on_fthnet_every_projection_of_the_backbone_is_int8() -> None:
    torch.manual_seed(0)
    model = to_onnx(spec_of("fthnet-s"), build("fthnet-s").eval())
    plan = plan_quantization(ir.from_proto(model).graph, TENSORRT_RULES)
    for part in ("attn/qkv", "attn/proj", "mlp/fc1", "mlp/fc2"):
        assert sum(part in name for name in plan.quantized) == 14
    assert not any("attn/MatMul" in name for name in plan.quantized)
