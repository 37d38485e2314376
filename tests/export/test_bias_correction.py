"""A constant more on one output, and nothing else in the graph."""

from __future__ import annotations

import numpy as np
import onnx
import onnx.parser
import onnxruntime as ort
import pytest

from fundusgate.export.quantization.bias_correction import shifted

HYPERNETWORK = """left = MatMul(x, weight)
 right = Gemm(x, other, bias)
 up = Unsqueeze(right, at)
 down = Squeeze(up, at)
 out = Add(left, down)"""
HEADS = {
    "dense": "out = Gemm(x, weight, bias)",
    "computed weights and bias, as FTHNet's": HYPERNETWORK,
    "a sum with a constant": "left = MatMul(x, weight)\n out = Add(left, bias)",
    "a bias that two layers share": "out = Gemm(x, weight, bias)\n second = Gemm(x, other, bias)\n y = Sigmoid(second)",
}
WITHOUT = {
    "no bias": "out = MatMul(x, weight)",
    "an activation": "hidden = Gemm(x, weight, bias)\n out = Sigmoid(hidden)",
    "half of the bias": "out = Gemm <beta = 0.5> (x, weight, bias)",
}


def graph(body: str) -> onnx.ModelProto:
    rest = ", float[1, 1] y" if " y = " in body else ""
    return onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 17]>\n'
        f"head (float[1, 3] x) => (float[1] score{rest})\n"
        "<float[3, 1] weight = {1, 2, 3}, float[3, 1] other = {-1, 0.5, 0}, float[1] bias = {0.25}, int64[1] at = {0},"
        " int64[1] flat = {1}>\n"
        f"{{ {body}\n score = Reshape(out, flat) }}"
    )


def answers(model: onnx.ModelProto) -> list[np.ndarray]:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: list[np.ndarray] = session.run(None, {"x": np.array([[0.5, -1, 2]], np.float32)})
    return found


@pytest.mark.parametrize("body", HEADS.values(), ids=HEADS)
def test_the_output_alone_moves_by_the_constant(body: str) -> None:
    model = graph(body)
    before = model.SerializeToString(deterministic=True)
    moved = shifted(model, "score", 0.006)
    assert moved is not None
    assert model.SerializeToString(deterministic=True) == before
    onnx.checker.check_model(moved, full_check=True)
    score, *rest = answers(model)
    found, *others = answers(moved)
    np.testing.assert_allclose(found, score + np.float32(0.006), rtol=1e-6)
    assert [value.tobytes() for value in others] == [value.tobytes() for value in rest]
    assert [node.op_type for node in moved.graph.node] == [node.op_type for node in model.graph.node]
    assert len(moved.graph.initializer) == len(model.graph.initializer) + bool(rest)


@pytest.mark.parametrize("body", WITHOUT.values(), ids=WITHOUT)
def test_where_no_bias_reaches_the_output_by_sums_alone_nothing_is_done(body: str) -> None:
    assert shifted(graph(body), "score", 0.006) is None
