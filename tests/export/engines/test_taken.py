"""The form in which each release of TensorRT is given a bundle's graph."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.parser
import onnxruntime as ort
import pytest

from fundusgate.export.engines.taken import graph_taken_by
from fundusgate.runtime.engines.api import EngineError
from tests.runtime.engines.surfaces import VERSIONS, release

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runtime.engines.fake_cuda import FakeCuda

STORED = """<ir_version: 8, opset_import: ["" : 17]>
stored (float[1, 3] x) => (float[1, 2] y)
<int8[3, 2] codes = {127, -3, 5, 127, 0, 64}, float[2] scale = {0.1, 0.03}, int8[2] zero = {0, 0}, int32[2] at = {1, 0},
 float[1, 2] table = {0.5, 0.25}>
{
    weight = DequantizeLinear <axis = 1> (codes, scale, zero)
    bias = Gather <axis = 1> (table, at)
    product = MatMul(x, weight)
    y = Add(product, bias)
}"""


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "net.int8-trt.onnx"
    onnx.save(onnx.parser.parse_model(STORED), path)
    return path


def answer(model: onnx.ModelProto) -> np.ndarray:
    x = np.array([[1, -2, 0.7]], np.float32)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: np.ndarray = session.run(None, {"x": x})[0]
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_constants_are_worked_out_and_weights_widened_where_they_must_be(
    version: str, graph: Path, cuda: FakeCuda
) -> None:
    with graph_taken_by(release(version, cuda), graph, quantized=True) as taken:
        model = onnx.load(taken)
    assert not taken.exists()
    kinds = [node.op_type for node in model.graph.node]
    assert "Gather" not in kinds
    assert kinds.count("QuantizeLinear") == (1 if version.startswith("8.") else 0)
    assert kinds.count("DequantizeLinear") == 1
    np.testing.assert_array_equal(answer(model), answer(onnx.load(graph)))


def test_a_graph_that_needs_nothing_is_taken_as_it_is(graph: Path, cuda: FakeCuda) -> None:
    lines = [line for line in STORED.replace("product, bias", "product, table").splitlines() if "Gather" not in line]
    model = onnx.parser.parse_model("\n".join(lines))
    onnx.save(model, graph)
    with graph_taken_by(release("10.3.0", cuda), graph, quantized=True) as taken:
        assert taken == graph


def test_without_what_writes_graphs(graph: Path, cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "onnx_ir" else found(name))
    with graph_taken_by(release("10.3.0", cuda), graph, quantized=True) as taken:
        assert taken == graph
    old = release(next(version for version in VERSIONS if version.startswith("8.")), cuda)
    with graph_taken_by(old, graph, quantized=False) as taken:
        assert taken == graph
    with (
        pytest.raises(EngineError, match=r"onnx_ir.*pip install 'fundusgate\[jetson\]'.*--jetpack 6.0"),
        graph_taken_by(old, graph, quantized=True),
    ):
        pass
