from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from benchmarks.peer.nodes import activation_scales, compared, pairs_by_reader, per_tensor_weights
from fundusgate.export.readiness.graph import GraphView


def quantized_graph(weight_scales: int) -> onnx.ModelProto:
    """Two pairs: x into a product and through a reshape into a sum, y into the sum; weights with their own pair."""
    axis = {"axis": 1} if weight_scales > 1 else {}
    constants = {
        "x_scale": np.float32(0.5),
        "y_scale": np.float32(0.25),
        "zero": np.int8(0),
        "w": np.ones((4, weight_scales), np.float32),
        "w_scale": np.full(weight_scales, 0.1, np.float32) if axis else np.float32(0.1),
        "w_zero": np.zeros(weight_scales, np.int8) if axis else np.int8(0),
        "flat": np.array([8], np.int64),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "x_scale", "zero"], ["x_codes"]),
        helper.make_node("DequantizeLinear", ["x_codes", "x_scale", "zero"], ["x_again"]),
        helper.make_node("QuantizeLinear", ["w", "w_scale", "w_zero"], ["w_codes"], **axis),
        helper.make_node("DequantizeLinear", ["w_codes", "w_scale", "w_zero"], ["w_again"], **axis),
        helper.make_node("MatMul", ["x_again", "w_again"], ["product"]),
        helper.make_node("QuantizeLinear", ["y", "y_scale", "zero"], ["y_codes"]),
        helper.make_node("DequantizeLinear", ["y_codes", "y_scale", "zero"], ["y_again"]),
        helper.make_node("Reshape", ["x_again", "flat"], ["x_flat"]),
        helper.make_node("Add", ["x_flat", "y_again"], ["sum"]),
    ]
    values = {"x": [2, 4], "y": [8], "product": [2, weight_scales], "sum": [8]}
    told = {name: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in values.items()}
    graph = helper.make_graph(
        nodes,
        "pairs",
        [told["x"], told["y"]],
        [told["product"], told["sum"]],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(model, full_check=True)
    return model


def test_pairs_are_counted_for_whoever_reads_the_value_in_the_end() -> None:
    assert pairs_by_reader(GraphView(quantized_graph(3))) == {"Add": 2, "MatMul": 1}


@pytest.mark.parametrize(("scales", "single"), [(1, 1), (3, 0)])
def test_weights_with_a_single_scale_are_counted(scales: int, single: int) -> None:
    assert per_tensor_weights(GraphView(quantized_graph(scales))) == single


def test_scales_are_those_of_activations() -> None:
    assert activation_scales(GraphView(quantized_graph(3))) == {"x": 0.5, "y": 0.25}


def test_ranges_are_compared_over_the_tensors_that_both_quantize() -> None:
    told = compared({"x": 0.5, "y": 0.2, "own": 9.0}, {"x": 0.5, "y": 0.8, "theirs": 1.0})
    assert told == {"tensors": 2, "median": pytest.approx(0.625), "least": pytest.approx(0.25), "clipped": 0.5}


def test_nothing_in_common_is_said_so() -> None:
    assert compared({"x": 0.5}, {"y": 0.5}) == {"tensors": 0}
