"""Work counted by hand and by the graph."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from fundusgate.export.readiness.estimate import RUNTIME_BYTES, USUAL_SHARE, EstimateError, Work, work_of
from fundusgate.export.readiness.graph import GraphView
from fundusgate.export.readiness.power_modes import POWER_MODES, PowerMode
from tests.export.readiness.cases import CASES
from tests.export.readiness.graphs import CHANNELS, SIDE, GraphMaker

MODE = PowerMode("bench", "one", int8_tops=2.0, gigabytes=1.0, memory=8)
"""2 TOPS of INT8, 1 of FP16, a gigabyte a second: milliseconds that can be worked out by hand."""


def work(name: str) -> Work:
    return work_of(GraphView(next(case for case in CASES if case.name == name).model()))


def test_a_quantized_convolution() -> None:
    counted = work("per_channel_weights")
    assert counted.multiplications == CHANNELS * SIDE * SIDE * CHANNELS * 9
    values, weights = CHANNELS * SIDE * SIDE, CHANNELS * CHANNELS * 9
    (product,) = counted.products
    assert (product.int8, product.bytes) == (True, values + weights + 2 * values)
    assert counted.weight_bytes == weights
    by_bytes, by_operations = product.bytes / 1e9, 2 * product.multiplications / 2e12
    assert by_bytes > by_operations
    assert counted.fastest(MODE) == pytest.approx(1000 * by_bytes)
    assert counted.usual(MODE) == pytest.approx(1000 * by_bytes / USUAL_SHARE)


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


def test_a_product_that_operations_decide() -> None:
    maker = GraphMaker()
    weights = maker.constant("w", np.zeros((1024, 1024)), np.float32)
    maker.output(maker.node("MatMul", [maker.image(shape=(1024, 1024)), weights], "product"))
    fast_memory = PowerMode("bench", "two", int8_tops=2.0, gigabytes=1000.0, memory=8)
    assert work_of(GraphView(maker.model())).fastest(fast_memory) == pytest.approx(1000 * 2 * 1024**3 / 1e12)


def test_values_that_are_alive_at_once() -> None:
    """Image, then its double beside it, then the double alone beside its sum."""
    maker = GraphMaker()
    image = maker.image()
    double = maker.node("Concat", [image, image], "double", axis=1)
    maker.output(maker.node("Relu", [double], "relu"))
    one = 2 * CHANNELS * SIDE * SIDE
    counted = work_of(GraphView(maker.model()))
    assert counted.peak_bytes == 4 * one
    assert counted.memory == RUNTIME_BYTES + 4 * one
    assert counted.fits(MODE)
    assert not counted.fits(PowerMode("bench", "tiny", 1.0, 1.0, memory=1))


def test_unknown_shapes_are_named() -> None:
    maker = GraphMaker()
    maker.output(maker.node("Relu", [maker.image()], "relu"))
    model = maker.unchecked()
    shape = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", CHANNELS, SIDE, SIDE])
    model.graph.input[0].CopyFrom(shape)
    with pytest.raises(EstimateError, match="'image'"):
        work_of(GraphView(model))


def test_a_bigger_mode_is_never_slower() -> None:
    counted = work("residual")
    for module in {mode.module for mode in POWER_MODES}:
        times = [counted.fastest(mode) for mode in POWER_MODES if mode.module == module]
        assert times == sorted(times, reverse=True)
