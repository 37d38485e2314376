"""Work counted by hand and by the graph."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from fundusgate.export.readiness.estimate import EstimateError, work_of
from fundusgate.export.readiness.graph import GraphView
from fundusgate.export.readiness.roofline import Floats, NodeWork, Work
from tests.export.readiness.cases import CASES
from tests.export.readiness.graphs import CHANNELS, SIDE, GraphMaker


def work(name: str) -> Work:
    return work_of(GraphView(next(case for case in CASES if case.name == name).model()))


def test_a_quantized_convolution() -> None:
    counted = work("per_channel_weights")
    assert counted.multiplications == CHANNELS * SIDE * SIDE * CHANNELS * 9
    values, weights = CHANNELS * SIDE * SIDE, CHANNELS * CHANNELS * 9 + CHANNELS
    (product,) = (node for node in counted.nodes if node.multiplications)
    assert product == NodeWork(product.multiplications, values, weights, values, int8=True)
    assert NodeWork(0, values, 0, values, int8=True, pointwise=True) in counted.nodes
    assert counted.weight_bytes == weights
    assert counted.outside == 2 * values


def test_float_costs_twice_the_weights() -> None:
    assert work("float_weights").weight_bytes == 2 * work("per_channel_weights").weight_bytes


@pytest.mark.parametrize(
    ("name", "multiplications"),
    [
        ("depthwise", CHANNELS * SIDE * SIDE * 49),
        ("grouped", CHANNELS * SIDE * SIDE * (CHANNELS // 4) * 9),
        ("transposed_convolution", CHANNELS * SIDE * SIDE * CHANNELS * 4),
        ("product_by_column", 64 * 64 * CHANNELS),
        ("gemm_with_transposed_weights", 64 * 64 * CHANNELS),
        ("attention_product", 4 * 64 * 64 * CHANNELS),
        ("residual", 2 * CHANNELS * SIDE * SIDE * CHANNELS * 9),
    ],
)
def test_other_products(name: str, multiplications: int) -> None:
    assert work(name).multiplications == multiplications


def test_products_named_as_int8_are_counted_as_such() -> None:
    maker = GraphMaker()
    weights = maker.constant("w", np.zeros((64, 32)), np.float32)
    maker.output(maker.node("MatMul", [maker.image(shape=(16, 64)), weights], "product"))
    view = GraphView(maker.model())
    (name,) = (node.name or node.output[0] for node in view.heavy())
    product = NodeWork(16 * 64 * 32, 16 * 64, 64 * 32, 16 * 32)
    assert work_of(view).nodes == (product,)
    rounding = NodeWork(0, 16 * 64, 0, 16 * 64, int8=True, pointwise=True)
    in_int8 = NodeWork(16 * 64 * 32, 16 * 64, 64 * 32, 16 * 32, int8=True)
    assert work_of(view, in_int8=[name]).nodes == (rounding, in_int8)


def test_what_only_reshapes_costs_nothing_and_a_slice_reads_what_it_keeps() -> None:
    maker = GraphMaker()
    shape = maker.constant("shape", np.array([CHANNELS * SIDE * SIDE]), np.int64)
    starts, ends = maker.constant("starts", np.array([0]), np.int64), maker.constant("ends", np.array([10]), np.int64)
    flat = maker.node("Reshape", [maker.image(), shape], "flat")
    maker.output(maker.node("Slice", [flat, starts, ends], "first"))
    assert work_of(GraphView(maker.model())).nodes == (NodeWork(0, 10, 0, 10),)


def test_values_that_are_alive_at_once() -> None:
    """Image, then its double beside it, then the double alone beside its sum."""
    maker = GraphMaker()
    image = maker.image()
    double = maker.node("Concat", [image, image], "double", axis=1)
    maker.output(maker.node("Relu", [double], "relu"))
    one = CHANNELS * SIDE * SIDE
    counted = work_of(GraphView(maker.model()))
    assert counted.alive == 4 * one
    assert counted.peak_bytes == 2 * 4 * one
    assert work_of(GraphView(maker.model()), Floats.FP32).peak_bytes == 4 * 4 * one


def test_unknown_shapes_are_named() -> None:
    maker = GraphMaker()
    maker.output(maker.node("Relu", [maker.image()], "relu"))
    model = maker.unchecked()
    shape = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", CHANNELS, SIDE, SIDE])
    model.graph.input[0].CopyFrom(shape)
    with pytest.raises(EstimateError, match="'image'"):
        work_of(GraphView(model))
