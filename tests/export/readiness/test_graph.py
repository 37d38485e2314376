"""What a graph answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest

from fundusgate.export.readiness import audit
from fundusgate.export.readiness.check import check
from fundusgate.export.readiness.graph import GraphError, GraphView
from fundusgate.export.readiness.jetpacks import JETPACKS, Target
from tests.export.readiness.cases import CASES
from tests.export.readiness.graphs import CHANNELS, GraphMaker

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A graph whose weights and scales lie in a file of their own."""
    path = tmp_path / "graph.onnx"
    model = next(case for case in CASES if case.name == "weights_by_input_channel").model()
    onnx.save_model(model, path, save_as_external_data=True, location="graph.data", size_threshold=0)
    return path


def stopping(view: GraphView) -> list[tuple[str, str]]:
    findings = check(view, Target(JETPACKS["6.2"])).findings
    return [(finding.rule, finding.node) for finding in findings if finding.severity.stops]


def test_weights_in_another_file(beside: Path) -> None:
    view = GraphView.read(beside)
    assert all(not item.raw_data for item in view.model.graph.initializer)
    assert stopping(view) == [("weight-axis", "conv")]


@pytest.mark.skipif(not audit.available(), reason="TensorRT-RTX is not installed: `make test` installs it on x86-64")
def test_weights_in_another_file_reach_the_real_parser(beside: Path) -> None:
    assert [finding.node for finding in audit.audit(beside, GraphView.read(beside)).findings] == ["conv"]


@pytest.mark.parametrize("damage", ["missing", "short"])
def test_weights_that_cannot_be_read(damage: str, beside: Path) -> None:
    data = beside.with_name("graph.data")
    if damage == "missing":
        data.unlink()
    else:
        data.write_bytes(b"")
    with pytest.raises(GraphError, match="export the graph again"):
        stopping(GraphView.read(beside))


def test_constants_from_nodes_count() -> None:
    maker = GraphMaker()
    scale = maker.node("Constant", [], "scale", value=onnx.numpy_helper.from_array(np.float32(0.0)))
    zero = maker.constant("zero", 0, np.int8)
    stored = maker.node("QuantizeLinear", [maker.image(), scale, zero], "q")
    maker.output(maker.node("DequantizeLinear", [stored, scale, zero], "dq"))
    assert stopping(GraphView(maker.model())) == [("scale", "q"), ("scale", "dq")]


def test_nodes_without_a_name_are_called_by_their_output() -> None:
    model = next(case for case in CASES if case.name == "float_weights").model()
    for node in model.graph.node:
        node.name = ""
    assert stopping(GraphView(model)) == [("half-quantized", "conv_out")]


@pytest.mark.skipif(not audit.available(), reason="TensorRT-RTX is not installed: `make test` installs it on x86-64")
def test_nodes_without_a_name_are_found_in_the_engine(tmp_path: Path) -> None:
    model = next(case for case in CASES if case.name == "residual").model()
    for node in model.graph.node:
        node.name = ""
    path = tmp_path / "graph.onnx"
    onnx.save(model, path)
    products = audit.audit(path, GraphView.read(path)).products
    assert [(product.node, product.int8) for product in products] == [("conv_out", True), ("conv2_out", True)]


def test_names_that_repeat_are_refused_by_the_rules() -> None:
    assert stopping(GraphView(repeated())) == [("name", "act_q")]


@pytest.mark.skipif(not audit.available(), reason="TensorRT-RTX is not installed: `make test` installs it on x86-64")
def test_names_that_repeat_are_refused_by_the_parser(tmp_path: Path) -> None:
    path = tmp_path / "graph.onnx"
    onnx.save(repeated(), path)
    refusals = audit.audit(path, GraphView.read(path)).refusals
    assert len(refusals) == 1
    assert "already in use" in refusals[0].reason


def repeated() -> onnx.ModelProto:
    model = next(case for case in CASES if case.name == "residual").model()
    next(node for node in model.graph.node if node.name == "joined_q").name = "act_q"
    return model


def test_axes_are_followed_through_transposes() -> None:
    maker = GraphMaker()
    values = maker.quantized(maker.image(shape=(1, 64, CHANNELS)), "act")
    turned = maker.node("Transpose", [maker.weights("w", (64, CHANNELS), axis=1)], "turned", perm=[1, 0])
    maker.output(maker.node("MatMul", [values, turned], "product"))
    assert stopping(GraphView(maker.model())) == [("weight-axis", "product")]


def test_a_file_without_nodes(tmp_path: Path) -> None:
    (tmp_path / "empty.onnx").write_bytes(b"")
    with pytest.raises(GraphError, match="holds no ONNX graph"):
        GraphView.read(tmp_path / "empty.onnx")
