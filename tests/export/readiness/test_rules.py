"""Rules that hang on the JetPack or the board."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto

from fundusgate.export.readiness.check import check
from fundusgate.export.readiness.graph import GraphView
from fundusgate.export.readiness.jetpacks import BOARDS, JETPACKS, Target
from tests.export.readiness.cases import CASES
from tests.export.readiness.graphs import CHANNELS, SIDE, GraphMaker


def rules(view: GraphView, jetpack: str, board: str | None = None, *, dla: bool = False) -> dict[str, str]:
    """Severity by rule."""
    target = Target(JETPACKS[jetpack], None if board is None else BOARDS[board], dla)
    return {finding.rule: finding.severity.value for finding in check(view, target).findings}


def case(name: str) -> GraphView:
    return GraphView(next(case for case in CASES if case.name == name).model())


def one_node(kind: str, opset: int = 17, **attributes: object) -> GraphView:
    maker = GraphMaker(opset)
    maker.output(maker.node(kind, [maker.image()], "node", **attributes))
    return GraphView(maker.model())


@pytest.mark.parametrize(("jetpack", "refused"), [("4.6", True), ("6.0", True), ("6.1", False), ("7.0", False)])
def test_opset_20(jetpack: str, refused: bool) -> None:
    assert ("opset" in rules(one_node("Relu", 20), jetpack)) is refused


@pytest.mark.parametrize(("jetpack", "refused"), [("5.0", True), ("5.1", True), ("6.0", False), ("6.2", False)])
def test_layer_normalization(jetpack: str, refused: bool) -> None:
    maker = GraphMaker()
    scale = maker.constant("scale", np.ones(SIDE), np.float32)
    maker.output(maker.node("LayerNormalization", [maker.image(), scale], "norm", axis=-1))
    assert ("operator" in rules(GraphView(maker.model()), jetpack)) is refused


def test_unknown_and_foreign_operators() -> None:
    assert rules(one_node("Det"), "6.2")["operator"] == "refused"
    maker = GraphMaker()
    maker.output(maker.node("Gelu", [maker.image()], "node", domain="com.microsoft"))
    assert rules(GraphView(maker.unchecked()), "6.2")["operator"] == "refused"


@pytest.mark.parametrize(("jetpack", "refused"), [("5.0", True), ("5.1", False)])
def test_bytes_as_input(jetpack: str, refused: bool) -> None:
    assert ("uint8-input" in rules(case("bytes_cast_first"), jetpack)) is refused


@pytest.mark.parametrize(("jetpack", "refused"), [("6.1", True), ("7.0", False)])
def test_computed_weights_need_a_kernel_shape(jetpack: str, refused: bool) -> None:
    assert ("computed-kernel" in rules(case("computed_weights"), jetpack)) is refused


def test_computed_weights_with_a_kernel_shape() -> None:
    maker = GraphMaker()
    weights = maker.quantized(maker.image("kernel", (CHANNELS, CHANNELS, 1, 1)), "kernel_act")
    values = maker.quantized(maker.image(), "act")
    maker.output(maker.node("Conv", [values, weights], "conv", kernel_shape=[1, 1]))
    assert rules(GraphView(maker.model()), "5.1").keys() == {"python"}


@pytest.mark.parametrize(("jetpack", "severity"), [("5.1", "refused"), ("6.0", "note"), ("6.2", "note")])
def test_a_dequantizer_without_a_zero_point(jetpack: str, severity: str) -> None:
    maker = GraphMaker()
    constants = [maker.constant("scale", 0.05, np.float32), maker.constant("zero", 0, np.int8)]
    stored = maker.node("QuantizeLinear", [maker.image(), *constants], "q")
    maker.output(maker.node("DequantizeLinear", [stored, constants[0]], "dq"))
    assert rules(GraphView(maker.model()), jetpack)["zero-point"] == severity


def test_half_scales_before_opset_19() -> None:
    maker = GraphMaker(17)
    half = maker.node("Cast", [maker.image()], "cast", to=TensorProto.FLOAT16)
    constants = [maker.constant("scale", 0.05, np.float16), maker.constant("zero", 0, np.int8)]
    maker.output(maker.node("QuantizeLinear", [half, *constants], "q"), TensorProto.INT8)
    assert rules(GraphView(maker.unchecked()), "6.2")["scale-type"] == "refused"


def test_computed_scales() -> None:
    maker = GraphMaker()
    scale = maker.node("ReduceMax", [maker.image()], "largest", keepdims=0)
    zero = maker.constant("zero", 0, np.int8)
    maker.output(maker.node("QuantizeLinear", ["image", scale, zero], "q"), TensorProto.INT8)
    assert rules(GraphView(maker.model()), "6.2")["scale"] == "refused"


def test_small_products_are_noted() -> None:
    maker = GraphMaker()
    values = maker.quantized(maker.image(shape=(1, 64, CHANNELS)), "act")
    maker.output(maker.node("MatMul", [values, maker.weights("w", (CHANNELS, 8), axis=1)], "product"))
    assert rules(GraphView(maker.model()), "6.2") == {"small-product": "note"}


def test_types_where_no_flag_lowers_them() -> None:
    assert rules(case("residual"), "7.2.2")["typing"] == "note"
    assert "typing" not in rules(case("half_precision"), "7.2.2")
    assert "typing" not in rules(case("residual"), "6.2")


def test_half_precision_with_pairs_on_orin() -> None:
    assert rules(case("half_precision"), "7.2", "orin-nano")["half-qdq"] == "note"
    assert "half-qdq" not in rules(case("half_precision"), "7.2", "thor")


def test_boards_without_int8() -> None:
    quantized = case("float_weights_with_a_pair")
    assert rules(quantized, "4.6", "tx2")["int8-hardware"] == "not_int8"
    assert rules(quantized, "4.6")["int8-hardware"] == "note"
    assert "int8-hardware" not in rules(quantized, "4.6", "xavier-nx")
    assert "int8-hardware" not in rules(one_node("Relu"), "4.6", "tx2")


def test_the_accelerator_takes_no_products_of_computed_tensors() -> None:
    assert "dla" not in rules(case("attention_product"), "6.2", "orin-nx")
    assert rules(case("attention_product"), "6.2", "orin-nx", dla=True)["dla"] == "note"
    assert rules(one_node("Relu"), "6.2", "orin-nx", dla=True) == {}
    assert rules(one_node("Erf"), "6.2", "orin-nx", dla=True) == {"dla": "note"}
    assert rules(one_node("Relu"), "7.2", "orin-nx", dla=True)["dla"] == "refused"
