from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.numpy_helper
import onnxruntime as ort
import pytest

from fundusgate.calibration.tensor_range import TensorRange
from fundusgate.export.quantization.cpu import cpu_tensors, quantize_for_cpu
from fundusgate.export.quantization.half import to_half
from fundusgate.runtime.backends.onnx_cpu import DISABLED_OPTIMIZERS
from tests.export.residual import pictures, residual_graph, run, seen_ranges

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture(scope="module")
def graph() -> onnx.ModelProto:
    return residual_graph()


@pytest.fixture(scope="module")
def ranges(graph: onnx.ModelProto) -> Mapping[str, TensorRange]:
    return seen_ranges(graph, cpu_tensors(graph))


def operators_that_run(model: onnx.ModelProto, folder: Path) -> dict[str, int]:
    """Operators of the graph that ONNX Runtime makes of a model."""
    options = ort.SessionOptions()
    options.optimized_model_filepath = str(folder / "optimized.onnx")
    options.log_severity_level = 3
    ort.InferenceSession(model.SerializeToString(), options, disabled_optimizers=DISABLED_OPTIMIZERS)
    found: dict[str, int] = {}
    for node in onnx.load(folder / "optimized.onnx").graph.node:
        found[node.op_type] = found.get(node.op_type, 0) + 1
    return found


def test_the_answer_stays_within_what_eight_bits_lose(
    graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]
) -> None:
    quantized = quantize_for_cpu(graph, ranges)
    wanted = np.concatenate([run(graph, image)[1] for image in pictures()])
    found = np.concatenate([run(quantized, image)[1] for image in pictures()])
    assert 0 < np.abs(found - wanted).max() < 0.03 * np.abs(wanted).max()


def test_onnx_runtime_runs_every_quantized_layer_in_integers(
    graph: onnx.ModelProto, ranges: Mapping[str, TensorRange], tmp_path: Path
) -> None:
    found = operators_that_run(quantize_for_cpu(graph, ranges), tmp_path)
    assert found["QLinearConv"] == 3
    assert found["QLinearAdd"] == 1
    assert "Relu" not in found
    assert found["MatMulIntegerToFloat"] == 1
    assert found["Conv"] == 1


def test_activations_are_unsigned_weights_signed_and_small(
    graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]
) -> None:
    quantized = quantize_for_cpu(graph, ranges)
    held = {item.name: onnx.numpy_helper.to_array(item) for item in quantized.graph.initializer}
    for node in quantized.graph.node:
        if node.op_type == "QuantizeLinear":
            assert held[node.input[2]].dtype == np.uint8
        if node.op_type == "DequantizeLinear" and node.input[0] in held:
            assert held[node.input[0]].dtype in (np.int8, np.int32)
            assert held[node.input[1]].shape == held[node.input[2]].shape
        if node.op_type == "Relu":
            following = next(other for other in quantized.graph.node if node.output[0] in other.input)
            assert held[following.input[2]] == 0
    weights = [array for name, array in held.items() if name.endswith("_weight_quantized")]
    assert len(weights) == 4
    assert all(array.dtype == np.int8 and abs(array.astype(int)).max() == 127 for array in weights)
    assert not any(array.dtype == np.float32 and array.ndim == 4 and len(array) == 16 for array in held.values())


def test_a_large_bias_fits_its_integers(graph: onnx.ModelProto, ranges: Mapping[str, TensorRange]) -> None:
    biased = onnx.ModelProto()
    biased.CopyFrom(graph)
    name = next(node for node in biased.graph.node if node.name == "/first/Conv").input[2]
    held = next(item for item in biased.graph.initializer if item.name == name)
    held.CopyFrom(onnx.numpy_helper.from_array(np.full(16, 3e7, np.float32), name))
    wide = dict(ranges) | {"/Relu_1_output_0": TensorRange(0, 4e7)}
    quantized = quantize_for_cpu(biased, wide)
    held_codes = next(item for item in quantized.graph.initializer if item.name == "/first/Conv_bias_quantized")
    scales = next(item for item in quantized.graph.initializer if item.name == "/first/Conv_bias_scale")
    value = onnx.numpy_helper.to_array(held_codes) * onnx.numpy_helper.to_array(scales).astype(np.float64)
    np.testing.assert_allclose(value, 3e7, rtol=1e-5)


def test_layers_put_back_in_float_run_in_float(
    graph: onnx.ModelProto, ranges: Mapping[str, TensorRange], tmp_path: Path
) -> None:
    found = operators_that_run(quantize_for_cpu(graph, ranges, keep_float=["/first/Conv", "/dense/MatMul"]), tmp_path)
    assert found["QLinearConv"] == 2
    assert "MatMulIntegerToFloat" not in found


def test_half_precision_keeps_the_answer_and_the_types_outside(graph: onnx.ModelProto) -> None:
    half = to_half(graph)
    assert {value.type.tensor_type.elem_type for value in half.graph.output} == {onnx.TensorProto.FLOAT}
    weights = {item.data_type for item in half.graph.initializer if len(item.dims) > 1}
    assert weights == {onnx.TensorProto.FLOAT16}
    for image in pictures():
        for wanted, found in zip(run(graph, image), run(half, image), strict=True):
            np.testing.assert_allclose(found, wanted, atol=5e-3)
    assert half.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8


def test_half_precision_keeps_layer_norm_in_float32() -> None:
    model = onnx.shape_inference.infer_shapes(
        onnx.parser.parse_model("""<ir_version: 8, opset_import: ["" : 17]>
        normed (uint8[1,4,4,3] image) => (float[1,4,4,3] out)
        <float[3] gain = {1.0, 1.0, 1.0}> {
            pixels = Cast<to = 1>(image)
            squared = Mul(pixels, pixels)
            first = LayerNormalization(squared, gain)
            second = LayerNormalization(first, gain)
            out = Mul(second, gain)
        }""")
    )
    half = to_half(model)
    made_by = {name: node for node in half.graph.node for name in node.output}
    for norm in (node for node in half.graph.node if node.op_type == "LayerNormalization"):
        assert made_by[norm.input[0]].op_type == "Cast"
        assert [attribute.i for attribute in made_by[norm.input[0]].attribute] == [onnx.TensorProto.FLOAT]
    image = np.random.default_rng(0).integers(0, 200, (1, 4, 4, 3), dtype=np.uint8)
    np.testing.assert_allclose(run(half, image)[0], run(model, image)[0], atol=2e-2)
