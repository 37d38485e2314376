"""What half precision cannot hold is found in the float graph, where ONNX Runtime would hide it."""

from __future__ import annotations

import numpy as np
import onnx.parser
import pytest
from onnx import shape_inference

from fundusgate.export.accuracy.half_range import beyond_half, half_violations
from fundusgate.export.quantization.half import to_half
from tests.export.residual import pictures, residual_graph, run

BRIGHT = """
    <ir_version: 8, opset_import: ["" : 17]>
    network (uint8[1, 4, 4, 3] image) => (float[1, 4, 4, 3] score)
    <float gain = {FACTOR}, float undo = {0.001}> {
        bytes = Cast<to = 1>(image)
        raised = Mul(bytes, gain)
        score = Mul(raised, undo)
    }
"""


def bright(factor: float) -> onnx.ModelProto:
    model = onnx.parser.parse_model(BRIGHT.replace("FACTOR", str(factor)))
    return shape_inference.infer_shapes(model)


WHITE = np.full((4, 4, 3), 255, np.uint8)


def test_onnx_runtime_shows_no_overflow_in_a_half_precision_graph() -> None:
    """Were it to, this measure would be idle."""
    (score,) = run(to_half(bright(1000.0)), WHITE[None])
    assert np.isfinite(score).all()


@pytest.mark.parametrize(("factor", "beyond"), [(100.0, False), (200.0, True), (1000.0, True)])
def test_a_tensor_near_the_end_of_half_precision_is_named(factor: float, beyond: bool) -> None:
    found = beyond_half(bright(factor), [np.zeros_like(WHITE), WHITE])
    assert found == ({"raised": 255 * factor} if beyond else {})


def test_the_violation_says_which_and_how_far() -> None:
    assert half_violations({}) == []
    (said,) = half_violations({"a": 70_000.0, "b": 40_000.0})
    assert said.startswith("a and 1 more tensors reaches 70,000: half precision ends at 65,504")


def test_what_is_not_a_number_counts() -> None:
    model = bright(1000.0)
    model.graph.node.append(onnx.helper.make_node("Log", ["rest"], ["lost"]))
    model.graph.node.insert(1, onnx.helper.make_node("Neg", ["bytes"], ["rest"]))
    model = shape_inference.infer_shapes(model)
    assert {"raised", "lost"} == set(beyond_half(model, [WHITE]))


def test_a_usual_network_fits() -> None:
    assert beyond_half(residual_graph(), [picture[0] for picture in pictures(2)]) == {}
