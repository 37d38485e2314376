"""What the audit says of products whose layer does not state their type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from fundusgate.export.readiness import audit
from fundusgate.export.readiness.assess import judge
from fundusgate.export.readiness.findings import Severity
from fundusgate.export.readiness.graph import GraphView
from fundusgate.export.readiness.jetpacks import targets
from fundusgate.export.readiness.subjects import Subject

if TYPE_CHECKING:
    from pathlib import Path

TOKENS, WIDTH = 144, 32
HEADS = [1, 6, TOKENS, WIDTH]

needs_rtx = pytest.mark.skipif(
    not audit.available(), reason="TensorRT-RTX is not installed: `make test` installs it on x86-64 Linux"
)


def attention(*, quantized: bool) -> onnx.ModelProto:
    """Two products with a constant bias and a softmax between them, in half precision, as a window of Swin has them."""
    nodes = []
    constants = {
        "scale": np.float16(0.05), "zero": np.int8(0), "bias": np.zeros((1, 6, TOKENS, TOKENS), np.float16)
    }  # fmt: skip

    def rounded(name: str) -> str:
        if not quantized:
            return name
        nodes.append(helper.make_node("QuantizeLinear", [name, "scale", "zero"], [f"{name}_q"], f"{name}_q"))
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}_q", "scale", "zero"], [f"{name}_dq"], f"{name}_dq"))
        return f"{name}_dq"

    for name in ("query", "key", "value"):
        nodes.append(helper.make_node("Cast", [name], [f"{name}_half"], f"{name}_cast", to=TensorProto.FLOAT16))
    nodes.append(helper.make_node("Transpose", [rounded("key_half")], ["turned"], "turn", perm=[0, 1, 3, 2]))
    nodes.append(helper.make_node("MatMul", [rounded("query_half"), "turned"], ["scores"], "scores"))
    nodes.append(helper.make_node("Add", ["scores", "bias"], ["biased"], "biased"))
    nodes.append(helper.make_node("Softmax", ["biased"], ["shares"], "shares", axis=-1))
    nodes.append(helper.make_node("MatMul", [rounded("shares"), rounded("value_half")], ["mixed"], "mixed"))
    nodes.append(helper.make_node("Cast", [rounded("mixed")], ["out"], "out", to=TensorProto.FLOAT))
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, HEADS) for name in ("query", "key", "value")]
    output = helper.make_tensor_value_info("out", TensorProto.FLOAT, HEADS)
    held = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "attention", inputs, [output], held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return onnx.shape_inference.infer_shapes(model)


def audited(model: onnx.ModelProto, folder: Path) -> audit.Audit:
    path = folder / "attention.onnx"
    onnx.save(model, path)
    return audit.audit(path, GraphView.read(path))


@needs_rtx
def test_quantized_products_in_one_fused_layer_are_not_stated(tmp_path: Path) -> None:
    said = audited(attention(quantized=True), tmp_path)
    assert {product.node: product.runs for product in said.products} == dict.fromkeys(
        ("scores", "mixed"), audit.Runs.NOT_STATED
    )
    assert len({product.layer for product in said.products}) == 1
    assert [finding.severity for finding in said.findings] == [Severity.NOTE] * 2
    assert all("does not state" in finding.reason for finding in said.findings)
    told = said.to_json_object()
    assert (told["int8"], told["in_float"], told["not_stated"]) == (0, [], ["scores", "mixed"])


@needs_rtx
def test_they_do_not_stop_a_graph(tmp_path: Path) -> None:
    path = tmp_path / "attention.onnx"
    onnx.save(attention(quantized=True), path)
    assert judge(Subject("attention", path, None), targets(["7.2.2"])).ready


@needs_rtx
def test_products_that_nobody_quantized_are_in_float(tmp_path: Path) -> None:
    said = audited(attention(quantized=False), tmp_path)
    assert {product.runs for product in said.products} == {audit.Runs.FLOAT}
    assert said.findings == ()
