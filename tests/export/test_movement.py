from __future__ import annotations

import numpy as np
import onnx
import onnx.parser
import onnx_ir as ir
import onnxruntime as ort
import pytest

from fundusgate.export.quantization.movement import end, origin, shape_of, whole_rows

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
ROLL = """rolled (float[1,6,4,5] x) => (float[1,6,4,5] out) <int64[2] cut = {2, 4}> {
    doubled = Add(x, x)
    first, rest = Split<axis = 1>(doubled, cut)
    moved = Concat<axis = 1>(rest, first)
    out = Identity(moved)
}"""
WINDOWS = """cut (float[1,6,4,5] x) => (float[2,3,1,2,2,1,5] out) <int64[6] split = {3, 2, 2, 2, 5, 1}> {
    doubled = Add(x, x)
    apart = Reshape(doubled, split)
    turned = Transpose<perm = [2, 0, 1, 3, 5, 4]>(apart)
    axes = Constant<value = int64[1] {2}>()
    out = Unsqueeze(turned, axes)
}"""
JOINED = """joined (float[2,3] x, float[2,3] y) => (float[4,3] out) {
    doubled = Add(x, x)
    out = Concat<axis = 0>(doubled, y)
}"""
TWO_ENDS = """ends (float[2,3] x) => (float[3,2] out, float[2,3] other) {
    doubled = Add(x, x)
    out = Transpose<perm = [1, 0]>(doubled)
    other = Relu(doubled)
}"""


def parsed(text: str) -> tuple[onnx.ModelProto, ir.Graph]:
    model = onnx.shape_inference.infer_shapes(onnx.parser.parse_model(HEAD + text), data_prop=True)
    return model, ir.from_proto(model).graph


def value_named(graph: ir.Graph, name: str) -> ir.Value:
    return next(value for node in graph for value in node.outputs if value.name == name)


@pytest.mark.parametrize("text", [ROLL, WINDOWS], ids=["roll", "windows"])
def test_positions_are_those_that_the_graph_itself_moves(text: str) -> None:
    model, graph = parsed(text)
    source, places = origin(graph.outputs[0])
    assert source.name == "doubled"
    x = np.arange(120, dtype=np.float32).reshape(1, 6, 4, 5)
    (moved,) = ort.InferenceSession(model.SerializeToString()).run(None, {"x": x})
    assert shape_of(graph.outputs[0]) == moved.shape
    np.testing.assert_array_equal((2 * x).ravel()[places], moved)


def test_whole_rows_are_told_from_rows_that_were_taken_apart() -> None:
    _, rolled = parsed(ROLL)
    rows = whole_rows(origin(rolled.outputs[0])[1])
    assert rows is not None
    np.testing.assert_array_equal(rows, [*range(8, 24), *range(8)])
    _, cut = parsed(WINDOWS)
    assert whole_rows(origin(value_named(cut, "turned"))[1].reshape(-1, 4)) is None
    assert whole_rows(np.arange(12).reshape(4, 3)[:, ::-1]) is None


def test_what_joins_two_values_is_an_origin_itself() -> None:
    _, graph = parsed(JOINED)
    source, places = origin(graph.outputs[0])
    assert source is graph.outputs[0]
    np.testing.assert_array_equal(places, np.arange(12).reshape(4, 3))


def test_the_end_is_where_it_is_computed_with_again() -> None:
    _, rolled = parsed(ROLL)
    assert end(value_named(rolled, "doubled")) is rolled.outputs[0]
    _, several = parsed(TWO_ENDS)
    assert end(value_named(several, "doubled")) is None


def test_a_shape_that_depends_on_the_input_is_refused() -> None:
    with pytest.raises(ValueError, match="loose has no fixed shape"):
        shape_of(ir.Value(name="loose", shape=ir.Shape(["n", 3])))
